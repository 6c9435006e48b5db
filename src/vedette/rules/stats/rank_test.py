"""Mann and Whitney's test: does one of two samples tend to larger values, whatever their distributions?

    U = pairs in which the value of the first is larger, ties a half;  U / (n1 n2) = chance that it is

Values of one run are autocorrelated. Then U varies more than for independent ones: by Serfling (1968) its variance is
n1^2 n2^2 / 12 (1/m1 + 1/m2) where m1 and m2 count the independent values, which for the test means of their ranks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.errors import InvalidError
from vedette.values.comparison import RankTest

_EXACT = 8
"""Below this many values on one side the chance is exact, as scipy has it, where there are no ties."""


def rank_test(first: ArrayLike, second: ArrayLike, counts: tuple[float, float] | None = None) -> RankTest:
    """Test that neither sample tends to larger values.

    Args:
        first: shape (n1,).
        second: shape (n2,).
        counts: independent values that the ranks of each are worth; None: all of them are independent.

    Raises:
        InvalidError: one is empty or holds no numbers.
    """
    one, other = _numbers(first), _numbers(second)
    u, tied = u_statistic(one, other)
    if counts is None and not tied and min(len(one), len(other)) <= _EXACT:
        return RankTest(u, None, _exact(one, other), len(one), len(other))
    worth = counts or (float(len(one)), float(len(other)))
    z = _score(u, one, other, worth)
    return RankTest(u, z, min(1.0, math.erfc(abs(z) / math.sqrt(2))), *worth)


def u_statistic(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, bool]:
    """Pairs in which the first is larger, ties a half, and whether any value occurs twice."""
    ranks = joint_ranks(first, second)
    n = len(first)
    tied = len(np.unique(np.concatenate([first, second]))) < n + len(second)
    return float(ranks[:n].sum() - n * (n + 1) / 2), tied


def joint_ranks(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1 in both samples together, those of the first first; equal values share their mean rank."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(np.concatenate([first, second])), np.float64)


def _exact(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(first, second, method="exact").pvalue)


def _score(u: float, first: NDArray[np.float64], second: NDArray[np.float64], worth: tuple[float, float]) -> float:
    """How many standard deviations `u` lies above its mean without a difference."""
    n1, n2 = len(first), len(second)
    n = n1 + n2
    _, ties = np.unique(np.concatenate([first, second]), return_counts=True)
    # n1 n2 / 12 (n + 1 - ties / (n (n - 1))) for independent values: Lehmann (1975), appendix, section 2
    variance = n1 * n2 / 12 * (n + 1 - float((ties.astype(np.float64) ** 3 - ties).sum()) / (n * (n - 1)))
    variance *= (1 / worth[0] + 1 / worth[1]) / (1 / n1 + 1 / n2)
    # with all values equal nothing can be said, whichever way
    return (u - n1 * n2 / 2) / math.sqrt(variance) if variance > 0 else 0.0


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    sample = np.asarray(values, np.float64)
    if not len(sample) or not np.isfinite(sample).all():
        raise InvalidError(
            "a rank test needs a finite value or more on each side",
            help="take runs with answers, or a feature that was read in both",
        )
    return sample
