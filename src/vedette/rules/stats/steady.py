"""Where the steady part of a series begins, and whether it is steady at all.

latencies in order of sending -> batches of 5 -> where the rest is steadiest (MSER-5)  -> values to leave out
                              -> means of 20 windows -> do they drift? (KPSS)          -> steady or not
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.rules.stats.autocorrelation import autocovariance, inefficiency_of

BATCH = 5
FEWEST_FOR_CUT = 50
"""Ten batches: with fewer the least of MSER is found by chance."""

WINDOWS = 20
LARGEST_STATISTIC = 0.598
"""99 % of 20 independent normal means stay below it: simulated, 1,000,000 times.

With ever more windows that would be 0.739 (Kwiatkowski and others 1992, table 1).
"""

_LAST_BATCHES = 5
_IN_A_ROW = 4
_USUAL = (0.05, 0.95)
_MOVES = "latency still moves in the second half"
_UNSURE = "the right answers are too few, or depend too much on each other, to tell where it begins"
_WINDOW_WORTH = 5.0


@dataclass(frozen=True, slots=True)
class SteadyPart:
    """How many values at the start are left out; `reason` says why none, where none could be."""

    skipped: int
    reason: str = ""


def steady_part(values: ArrayLike) -> SteadyPart:
    """The warm-up by MSER-5, with two guards, because the rule looks for the quietest end and not for a warm-up.

    What is steadiest must not begin in the second half. Where it does, the series has not become steady, or a few slow
    answers weigh more than all else (a quiet end is then chance). The two are told apart: the best cut within the first
    half counts if the rest of the series does not drift, and otherwise nothing is cut.

    A cut must not hide an episode. A stall at a third of the run makes all before it look unsteady, though the run
    began as it went on. The cut ends at the first 20 values whose mean is one that the part which stays shows too
    (between its 5th and 95th percentile); a cold start is cut, and a stall after it stays in the figures.

    Args:
        values: latencies in order of sending, shape (n,).
    """
    series = np.asarray(values, np.float64)
    if len(series) < FEWEST_FOR_CUT:
        return SteadyPart(0, f"{len(series)} right answers are too few to find a warm-up: it takes {FEWEST_FOR_CUT}")
    found = mser_statistic(series)
    half = len(series) // BATCH // 2
    best = int(np.argmin(found))
    if best > half:
        best = int(np.argmin(found[: half + 1]))
        steady = stationarity(series[best * BATCH :])
        if not steady:
            return SteadyPart(0, f"no steady state found: {_MOVES if steady is False else _UNSURE}")
    return SteadyPart(_first_as_usual(_batch_means(series), best) * BATCH)


def _first_as_usual(batches: NDArray[np.float64], most: int) -> int:
    """The first batch, `most` at the latest, from which four in a row have a mean as those after `most` have."""
    running = np.convolve(batches, np.full(_IN_A_ROW, 1 / _IN_A_ROW), mode="valid")
    low, high = np.quantile(running[most:], _USUAL)
    rounding = 1e-9 * abs(high)
    usual = (running[:most] >= low - rounding) & (running[:most] <= high + rounding)
    return int(np.argmax(usual)) if usual.any() else most


def _batch_means(series: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(series[: len(series) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1))


def mser_statistic(values: ArrayLike) -> NDArray[np.float64]:
    """The marginal standard error rule over batches of 5, for 0, 1, 2 ... batches left out at the start.

    For d of k batch means Z left out it is the sum of squares of Z[d:] around their mean, over (k - d)^2; the cut is
    where it is least (White 1997, An effective truncation heuristic for bias reduction in simulation output,
    Simulation 69; batches: White, Cobb and Spratt 2000). The last five batches always stay, because the statistic of
    very few values is small by chance (Hoad, Robinson and Davies 2010). Values after the last full batch do not enter.

    Args:
        values: shape (n,), n >= 30.

    Returns:
        float64, shape (n // 5 - 5,).
    """
    series = np.asarray(values, np.float64)
    batches = _batch_means(series)
    count = len(batches)
    candidates = count - _LAST_BATCHES
    assert candidates > 0, "MSER-5 takes 30 values"
    if np.ptp(batches) == 0:
        return np.zeros(candidates)
    centred = batches - batches.mean()
    left = count - np.arange(count)
    sums = np.cumsum(centred[::-1])[::-1]
    squares = np.cumsum((centred**2)[::-1])[::-1]
    return np.asarray(np.maximum(0.0, squares - sums**2 / left) / left**2)[:candidates]


def stationarity(values: ArrayLike) -> bool | None:
    """Whether the level stays the same over 20 windows, at the 1 % level; None where the sample cannot tell.

    The statistic of Kwiatkowski, Phillips, Schmidt and Shin (1992, Journal of Econometrics 54), taken over the means of
    the windows with one lag. Because means of long windows hardly depend on each other, a series that is autocorrelated
    but steady is not called unsteady; a window must hold 5 independent values at least, by its own autocorrelation. It
    finds drifts and steps; an episode that comes and goes moves the highest percentiles, not this test.

    Args:
        values: in order of time, shape (n,).
    """
    series = np.asarray(values, np.float64)
    length = len(series) // WINDOWS
    if length < _WINDOW_WORTH:
        return None
    if np.ptp(series) == 0:
        return True
    windows = series[len(series) - WINDOWS * length :].reshape(WINDOWS, length)
    if length / _inefficiency_within(windows) < _WINDOW_WORTH:
        return None
    return kpss_statistic(windows.mean(axis=1), 1) <= LARGEST_STATISTIC


def kpss_statistic(values: ArrayLike, lags: int) -> float:
    """How far running sums stray from 0: sum of S_t^2 over n^2 times the long-run variance; 0 where all are equal.

    S_t is the sum of the first t deviations from the mean; the long-run variance weighs autocovariances by
    1 - j / (lags + 1) (Newey and West 1987).
    """
    series = np.asarray(values, np.float64)
    if np.ptp(series) == 0:
        return 0.0
    covariance = autocovariance(series)[: lags + 1]
    weights = 2 * (1 - np.arange(lags + 1) / (lags + 1))
    weights[0] = 1.0
    running = np.cumsum(series - series.mean())
    return float(running @ running / len(series) ** 2 / (weights @ covariance))


def _inefficiency_within(windows: NDArray[np.float64]) -> float:
    """`inefficiency` from deviations of the mean of each window, so that a drift does not look like dependence."""
    return inefficiency_of(np.asarray(np.mean([autocovariance(window) for window in windows], axis=0)))
