"""Quantiles of a sample with intervals that assume no shape; refused where the sample is too small.

    values in order of time -> rank ceil(share n) of the sorted values          -> the figure
                            -> inefficiency of 1(x <= figure) -> ranks around it -> the interval

A quantile is the value at its nearest rank, so that it is always one that was measured. The interval lies between two
order statistics, because the number of values below the true quantile is binomial whatever the distribution is
(Conover 1999, Practical nonparametric statistics, section 3.2). Where values depend on each other, that number varies
more: the binomial is then taken over the effective count of the indicator, and its ranks are scaled to the sample
(Woodruff 1952 for the inversion; Heidelberger and Lewis 1984 for quantiles of dependent sequences).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.rules.stats.autocorrelation import inefficiency
from vedette.values.evidence import Estimate

_MISTAKE = 0.01
_MEDIAN = 0.5


@lru_cache(maxsize=256)
def minimum_count(share: float) -> int:
    """Fewest values that support the quantile at `share`: 662 for 0.99, 6636 for 0.999; 1 for the median.

    It is the smallest n of which at most one lies beyond the quantile with a probability of 1 % at most. This is the
    condition of early stopping in the MLPerf Inference rules with one allowed overlatency.

    Raises:
        ValueError: `share` does not lie between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {share}")
    if share == _MEDIAN:
        return 1
    beyond = min(share, 1 - share)
    high = 2
    while _at_most_one(high, beyond) > _MISTAKE:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _at_most_one(middle, beyond) > _MISTAKE else (low, middle)
    return high


def _at_most_one(count: int, share: float) -> float:
    """P(Binomial(count, share) <= 1); falls with `count`."""
    return (1 - share) ** (count - 1) * (1 - share + count * share)


def nearest_rank(values: ArrayLike, share: float) -> float:
    """The smallest value with at least `share` (0..1) of all values at or below it, that is rank ceil(share n).

    Raises:
        ValueError: there is no value, or `share` does not lie between 0 and 1.
    """
    numbers = np.asarray(values, np.float64)
    if not len(numbers) or not 0 <= share <= 1:
        raise ValueError(f"no quantile at {share} of {len(numbers)} values")
    place = _rank(len(numbers), share) - 1
    return float(np.partition(numbers, place)[place])


def quantile_estimate(values: ArrayLike, share: float, confidence: float = 0.95) -> Estimate:
    """The quantile at `share` with a distribution-free interval; refused below `minimum_count(share)` values.

    Args:
        values: in order of time, because autocorrelation widens the interval; shape (n,).
        share: 0..1.
        confidence: 0..1.

    Raises:
        ValueError: `share` does not lie between 0 and 1.
    """
    series = np.asarray(values, np.float64)
    count, needed = len(series), minimum_count(share)
    if count < needed:
        reason = f"{count} values are too few for the {_name(share)}: it takes {needed}"
        return Estimate(None, confidence=confidence, reason=reason)
    ordered = np.sort(series)
    value = float(ordered[_rank(count, share) - 1])
    worth = count / inefficiency(series <= value)
    ranks = interval_ranks(count, worth, share, confidence)
    if ranks is None:
        return Estimate(value, confidence=confidence, reason=_no_interval(count, worth, share))
    return Estimate(value, float(ordered[ranks[0] - 1]), float(ordered[ranks[1] - 1]), confidence)


def interval_ranks(count: int, worth: float, share: float, confidence: float) -> tuple[int, int] | None:
    """Ranks, from 1, of the values between which the quantile lies; None where the sample does not reach so far.

    Args:
        count: values.
        worth: independent values that they are worth; rounded down.
        share: 0..1.
        confidence: 0..1; the ranks hold it at least, half of the mistake on either side.
    """
    independent = max(1, math.floor(worth + 1e-9))
    tail = (1 - confidence) / 2
    low = _binomial_quantile(tail, independent, share)
    high = _binomial_quantile(1 - tail, independent, share) + 1
    if low < 1 or high > independent:
        return None
    return max(1, low * count // independent), -(-high * count // independent)


def _binomial_quantile(probability: float, count: int, share: float) -> int:
    """The smallest k with P(Binomial(count, share) <= k) >= probability."""
    from scipy.special import bdtr

    spread = math.sqrt(count * share * (1 - share))
    first = max(0, math.floor(count * share - 8 * spread) - 8)
    last = min(count, math.ceil(count * share + 8 * spread) + 8)
    reached: NDArray[np.float64] = bdtr(np.arange(first, last + 1, dtype=np.float64), count, share)
    return first + int(np.searchsorted(reached, probability))


def _rank(count: int, share: float) -> int:
    """ceil(share n), as `numpy.quantile(method="inverted_cdf")` takes it; 1 at least."""
    return max(1, math.ceil(share * count))


def _name(share: float) -> str:
    return "median" if share == _MEDIAN else f"quantile at {share * 100:.10g} %"


def _no_interval(count: int, worth: float, share: float) -> str:
    if worth < count:
        return (
            f"{count} values that depend on each other are worth {worth:.0f} independent ones: "
            f"too few for an interval of the {_name(share)}"
        )
    return f"{count} values are too few for an interval of the {_name(share)}"
