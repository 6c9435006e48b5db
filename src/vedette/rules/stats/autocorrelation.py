"""How much a sample is worth whose values depend on each other.

values in order of time -> autocovariance -> inefficiency -> effective count = count / inefficiency

A request that waits behind a slow one is slow too. A hundred latencies out of one full queue tell about as much as one,
and an interval that takes them for a hundred is too narrow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST_VALUES = 50
"""Below that autocorrelations cannot be estimated (Box and Jenkins 1976) and values are taken as independent."""


def autocovariance(values: ArrayLike) -> NDArray[np.float64]:
    """Autocovariance at lags 0 to n - 1, each divided by n; shape (n,).

    Computed as the inverse Fourier transform of the periodogram (Wiener and Khinchin), in O(n log n).
    """
    series = np.asarray(values, np.float64)
    count = len(series)
    spectrum = np.fft.rfft(series - series.mean(), 1 << (2 * count - 1).bit_length())
    return np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[:count] / count


def inefficiency(values: ArrayLike) -> float:
    """By how many times the variance of the mean exceeds that of as many independent values; 1 at least.

    It is 1 + 2 times the sum of the autocorrelations, cut where noise begins by the initial monotone sequence of
    Geyer (1992, Practical Markov chain Monte Carlo, Statistical Science 7): sums of two adjacent autocovariances,
    up to the first that is not positive, none larger than the one before. Values that alternate would be worth more
    than independent ones; this is not made use of. 1 below `FEWEST_VALUES` and where all are equal.
    """
    series = np.asarray(values, np.float64)
    if len(series) < FEWEST_VALUES or np.ptp(series) == 0:
        return 1.0
    return inefficiency_of(autocovariance(series))


def inefficiency_of(covariance: NDArray[np.float64]) -> float:
    """`inefficiency` from autocovariances at lags 0, 1, 2 ..., shape (m,); 1 where the variance is 0."""
    if len(covariance) == 0 or covariance[0] <= 0:
        return 1.0
    pairs = covariance[: len(covariance) // 2 * 2].reshape(-1, 2).sum(axis=1)
    ended = np.flatnonzero(pairs <= 0)
    positive = pairs[: ended[0]] if len(ended) else pairs
    total = float(np.minimum.accumulate(positive).sum()) if len(positive) else 0.0
    return max(1.0, 2 * total / float(covariance[0]) - 1)


def effective_count(values: ArrayLike) -> float:
    """How many independent values would tell as much about the mean; between 1 and n, 0 without values."""
    count = np.size(np.asarray(values))
    return max(1.0, count / inefficiency(values)) if count else 0.0
