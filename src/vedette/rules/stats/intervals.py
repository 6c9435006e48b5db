"""The mean of a series with an interval that stays honest where values depend on each other.

    values in order of time -> blocks of neighbours, drawn with replacement -> means of the draws -> their quantiles

Blocks keep what depends on each other together (Künsch 1989). They wrap around at the end, so that each value is drawn
equally often (Politis and Romano 1992, the circular block bootstrap). Repeats of a run are independent of each other:
their means get Student's interval.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.rules.stats.autocorrelation import autocovariance
from vedette.values.evidence import Estimate

FEWEST_BLOCKS = 5
"""Fewer blocks than that show nothing of how means vary."""

_MOST_DRAWS, _FEWEST_DRAWS = 2000, 500
_BLOCKS_DRAWN = 2_000_000
_SIGNIFICANT = 2.0


def mean_estimate(values: ArrayLike, confidence: float = 0.95, seed: int = 0) -> Estimate:
    """The mean with the interval of a circular block bootstrap.

    The number of draws is 2000, fewer for long series (2,000,000 blocks in all, at least 500 draws). With few blocks
    the plain quantiles of a bootstrap are too narrow, because Student's distribution is wider than the normal one:
    they are moved outwards as Hesterberg does (2015, What teachers should know about the bootstrap, The American
    Statistician 69, the expanded percentile interval), with blocks in the place of values.

    Args:
        values: in order of time, shape (n,).
        confidence: 0..1.
        seed: of the draws; the same seed gives the same interval.
    """
    series = np.asarray(values, np.float64)
    count = len(series)
    if not count:
        return Estimate(None, confidence=confidence, reason="there is no value")
    mean = float(series.mean())
    if count > 1 and np.ptp(series) == 0:
        return Estimate(mean, mean, mean, confidence)
    length = block_length(series)
    blocks = count // length
    if blocks < FEWEST_BLOCKS:
        return Estimate(mean, confidence=confidence, reason=_too_few(count, length))
    drawn = _means_of_draws(series - mean, length, np.random.default_rng(seed))
    tail = _expanded_tail((1 - confidence) / 2, blocks)
    low, high = np.quantile(drawn, (tail, 1 - tail)).tolist()
    return Estimate(mean, mean + low, mean + high, confidence)


def block_length(values: ArrayLike) -> int:
    """Values a block: n^(1/3), the order that is best for a variance (Künsch 1989), or more where they depend on more.

    How much more is the automatic choice of Politis and White (2004, Econometric Reviews 23), as corrected by Patton,
    Politis and White (2009), for circular blocks.
    """
    series = np.asarray(values, np.float64)
    count = len(series)
    least = max(1, math.ceil(math.cbrt(count)))
    if count < FEWEST_BLOCKS or np.ptp(series) == 0:
        return least
    return max(least, math.ceil(automatic_length(series)))


def automatic_length(values: ArrayLike) -> float:
    """The block length of Politis and White for circular blocks, not rounded.

    Autocorrelations are believed up to twice the lag after which K of them in a row stay below 2 sqrt(log10(n) / n),
    weighted by a flat-top window (1 up to half way, then falling to 0); (2 G^2 / D)^(1/3) n^(1/3) with D = 4/3 g(0)^2,
    at most min(3 sqrt(n), n / 3).
    """
    series = np.asarray(values, np.float64)
    count = len(series)
    covariance = autocovariance(series)
    in_a_row = max(5, round(math.sqrt(math.log10(count))))
    farthest = min(math.ceil(math.sqrt(count)) + in_a_row, count - 1)
    limit = _SIGNIFICANT * math.sqrt(math.log10(count) / count)
    lag = _last_significant(np.abs(covariance[1 : farthest + 1] / covariance[0]) >= limit, in_a_row)
    reach = min(2 * max(lag, 1), farthest)
    lags = np.arange(1, reach + 1)
    weights = np.minimum(1.0, 2 * (1 - lags / reach))
    believed = weights * covariance[1 : reach + 1]
    slope = 2 * float((lags * believed).sum())
    density = float(covariance[0]) + 2 * float(believed.sum())
    most = math.ceil(min(3 * math.sqrt(count), count / 3))
    if density == 0:
        return float(most)
    return min(float(most), math.cbrt(1.5 * slope**2 / density**2 * count))


def _last_significant(significant: NDArray[np.bool_], in_a_row: int) -> int:
    """The last lag before the first `in_a_row` lags that are all not significant; the last significant one of all."""
    quiet = 0
    for lag, loud in enumerate(significant.tolist(), start=1):
        quiet = 0 if loud else quiet + 1
        if quiet == in_a_row:
            return lag - in_a_row
    found = np.flatnonzero(significant)
    return int(found[-1]) + 1 if len(found) else 0


def repeats_estimate(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """The mean of independent repeats with Student's interval; one repeat has no interval."""
    figures = np.asarray(values, np.float64)
    count = len(figures)
    if not count:
        return Estimate(None, confidence=confidence, reason="there is no repeat with a figure")
    mean = float(figures.mean())
    if count == 1:
        return Estimate(mean, confidence=confidence, reason="one repeat does not show how repeats differ")
    from scipy.special import stdtrit

    half = float(stdtrit(count - 1, (1 + confidence) / 2) * figures.std(ddof=1) / math.sqrt(count))
    return Estimate(mean, mean - half, mean + half, confidence)


def _means_of_draws(centred: NDArray[np.float64], length: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Means of as many whole blocks as the series has, drawn at random; shape (draws,)."""
    count = len(centred)
    blocks = count // length
    draws = min(_MOST_DRAWS, max(_FEWEST_DRAWS, _BLOCKS_DRAWN // blocks))
    sums = np.concatenate([[0.0], np.cumsum(np.concatenate([centred, centred[: length - 1]]))])
    of_block = sums[length:] - sums[:-length]
    at_once = max(1, _BLOCKS_DRAWN // blocks)
    means = [
        of_block[rng.integers(count, size=(min(at_once, draws - first), blocks), dtype=np.int32)].sum(axis=1)
        for first in range(0, draws, at_once)
    ]
    return np.asarray(np.concatenate(means) / (blocks * length))


def _expanded_tail(tail: float, blocks: int) -> float:
    from scipy.special import ndtr, stdtrit

    return float(ndtr(math.sqrt(blocks / (blocks - 1)) * stdtrit(blocks - 1, tail)))


def _too_few(count: int, length: int) -> str:
    if length > math.ceil(math.cbrt(count)):
        return f"{count} values depend on each other over {length} and more: too few for an interval of the mean"
    return f"{count} values are too few for an interval of the mean"
