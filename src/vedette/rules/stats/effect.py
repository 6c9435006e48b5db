"""How large a difference is, apart from how sure it is: with enough values the smallest difference is sure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from vedette.rules.stats.rank_test import u_statistic
from vedette.rules.stats.ttest import moments
from vedette.values.comparison import Effect

_CLIFF_WORDS = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
"""Below which |delta| a difference is called so: Romano, Kromrey, Coraggio and Skowronek (2006)."""


def effect(first: ArrayLike, second: ArrayLike) -> Effect:
    """Cohen's d, Hedges' g and Cliff's delta of two samples.

    d is the difference of the means over the pooled standard deviation (Cohen 1988); g is d times the exact gamma
    correction for n1 + n2 - 2 degrees of freedom (Hedges 1981); delta is P(first > second) - P(first < second)
    (Cliff 1993).

    Raises:
        InvalidError: fewer than two values in one of them, or no numbers.
    """
    one, other = moments(first), moments(second)
    df = one.count + other.count - 2
    pooled = ((one.count - 1) * one.variance + (other.count - 1) * other.variance) / df
    d = (one.mean - other.mean) / math.sqrt(pooled) if pooled > 0 else None
    g = None if d is None else d * small_sample_correction(df)
    u, _ = u_statistic(np.asarray(first, np.float64), np.asarray(second, np.float64))
    return Effect(d, g, 2 * u / (one.count * other.count) - 1)


def small_sample_correction(df: float) -> float:
    """Hedges' J: gamma(df/2) / (sqrt(df/2) gamma((df-1)/2)); 0 for one degree of freedom, where d has no mean."""
    if df <= 1:
        return 0.0
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def cliff_word(delta: float) -> str:
    """What a Cliff's delta of that size is called."""
    return next((word for limit, word in _CLIFF_WORDS if abs(delta) < limit), "large")
