"""How many requests are under way, averaged over time: what the backlog and Little's law are reckoned from.

A request is under way from its scheduled time to the end of its answer, whether it could be sent in time or not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mean_under_way(begin: ArrayLike, end: ArrayLike, edges: ArrayLike) -> NDArray[np.float64]:
    """Mean number under way between each two neighbouring edges, shape (m - 1,).

    The area under the number up to t is the sum of min(t, end) - min(t, begin), so no grid in time is needed.

    Args:
        begin: when each request was due, shape (n,), in any unit of time.
        end: when each was done, shape (n,), in the same unit.
        edges: ascending instants in that unit, shape (m,), m >= 2.
    """
    instants = np.asarray(edges, np.float64)
    area = _sum_of_smaller(np.asarray(end, np.float64), instants) - _sum_of_smaller(
        np.asarray(begin, np.float64), instants
    )
    return np.asarray(np.diff(area) / np.diff(instants))


def _sum_of_smaller(times: NDArray[np.float64], instants: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over all times of min(time, instant), for each instant."""
    ordered = np.sort(times)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    passed = np.searchsorted(ordered, instants, side="right")
    return np.asarray(sums[passed] + instants * (len(ordered) - passed))
