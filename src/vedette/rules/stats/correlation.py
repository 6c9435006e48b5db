"""How features of the machine go together with times: Pearson, Spearman, their chances, corrected for their number.

An association is no cause: a third thing may move both. Series in order of time are autocorrelated, so that two of them
which have nothing in common often go together by chance; their chances count fewer pairs for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vedette.rules.stats.autocorrelation import FEWEST_VALUES, autocovariance
from vedette.rules.stats.holm import holm
from vedette.rules.stats.ttest import standardised
from vedette.values.comparison import Correlation

FEWEST_PAIRS = 4
"""With three pairs a coefficient of 0.99 comes by chance."""

Series = NDArray[np.float64]


def correlate(
    features: Mapping[str, Series], target: Series, *, serial: bool, groups: int = 1
) -> tuple[Correlation, ...]:
    """Every feature against the target, the strongest Spearman coefficient first.

    Args:
        features: by name, each of the shape of the target; NaN where it was not read: such pairs are left out.
        target: shape (n,), finite.
        serial: the values are in order of time, so that autocorrelation is counted.
        groups: runs whose own means were taken away beforehand; each costs a degree of freedom.
    """
    found = [_one(name, values, target, serial=serial, groups=groups) for name, values in features.items()]
    pearson = holm([one.pearson_p for one in found])
    spearman = holm([one.spearman_p for one in found])
    corrected = [
        Correlation(
            one.name,
            one.count,
            one.effective_count,
            one.pearson,
            one.pearson_p,
            by_pearson,
            one.spearman,
            one.spearman_p,
            by_spearman,
        )
        for one, by_pearson, by_spearman in zip(found, pearson, spearman, strict=True)
    ]
    return tuple(sorted(corrected, key=lambda one: -abs(one.spearman or 0.0)))


def coefficient(first: Series, second: Series) -> float | None:
    """Pearson's r; None where one of the series is constant, up to rounding."""
    if _flat(first) or _flat(second):
        return None
    ours, theirs = first - first.mean(), second - second.mean()
    r = float(ours @ theirs) / math.sqrt(float(ours @ ours) * float(theirs @ theirs))
    return max(-1.0, min(1.0, r))


def chance(r: float, pairs: float) -> float | None:
    """Two-tailed chance of a coefficient as far from 0 without any association: t with `pairs` - 2 df (Student 1908).

    None where there is no degree of freedom.
    """
    from scipy.special import stdtr

    df = pairs - 2
    if df <= 0:
        return None
    t = standardised(abs(r) * math.sqrt(df), math.sqrt(1 - r * r))
    return float(2 * stdtr(df, -t))


def effective_pairs(first: Series, second: Series) -> float:
    """Independent pairs that two series in order of time are worth, n at most.

    n / (1 + 2 sum over lags j of (1 - j/n) r1(j) r2(j)), lags to n/5: Pyper and Peterman (1998, Canadian Journal of
    Fisheries and Aquatic Sciences 55), after Bartlett (1935). Below `FEWEST_VALUES` autocorrelations cannot be
    estimated and the pairs are taken as they are.
    """
    count = len(first)
    if count < FEWEST_VALUES or _flat(first) or _flat(second):
        return float(count)
    lags = np.arange(1, count // 5 + 1)
    ours, theirs = autocovariance(first), autocovariance(second)
    products = ours[lags] / ours[0] * (theirs[lags] / theirs[0])
    return count / max(1.0, 1 + 2 * float(((1 - lags / count) * products).sum()))


def _one(name: str, values: Series, target: Series, *, serial: bool, groups: int) -> Correlation:
    from scipy.stats import rankdata

    read = np.isfinite(values)
    first, second = values[read], target[read]
    count = len(first)
    if count < FEWEST_PAIRS or _flat(first) or _flat(second):
        return Correlation(name, count, float(count), None, None, None, None, None, None)
    ranks = np.asarray(rankdata(first), np.float64), np.asarray(rankdata(second), np.float64)
    worth = [effective_pairs(*pair) if serial else float(count) for pair in ((first, second), ranks)]
    r, rho = coefficient(first, second), coefficient(*ranks)
    chances = [
        None if value is None else chance(value, pairs - (groups - 1))
        for value, pairs in zip((r, rho), worth, strict=True)
    ]
    return Correlation(name, count, worth[0], r, chances[0], None, rho, chances[1], None)


def _flat(values: Series) -> bool:
    """Whether values differ by no more than rounding."""
    return len(values) == 0 or float(np.ptp(values)) <= 1e-12 * float(np.abs(values).max())
