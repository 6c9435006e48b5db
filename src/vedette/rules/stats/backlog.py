"""Whether requests pile up: the growth of the number under way over time.

    scheduled, done -> mean number under way in 20 blocks of equal time -> least squares -> requests a second, interval

A target that cannot hold the rate has a queue without end; its latencies then tell how long one measured, not how fast
it is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from vedette.rules.stats.under_way import mean_under_way
from vedette.values.evidence import Estimate

BLOCKS = 20
FEWEST_REQUESTS = 100
"""Five a block."""

_TREND_OF_A_WALK = 6 / 5
_MEANS_OF_A_WALK = 3 / 2


def backlog_slope(begin_s: ArrayLike, end_s: ArrayLike, counts: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Growth of the number under way, in requests a second, by least squares from the first to the last due time.

    A queue near its limit wanders: neighbouring blocks are alike, and the textbook error of a regression would call
    the wandering a trend. The error is therefore that of a line through a random walk, 6/5 of the variance of a step
    over the number of steps (Durlauf and Phillips 1988, Trends versus random walks in time series analysis,
    Econometrica 56), with Student's distribution. Blocks are averages over time, whose steps show two thirds of the
    variance and a correlation of 1/4 (Working 1960), hence another 3/2. For a queue that is stable the interval is
    wider than it need be, never narrower: stable queues are called growing more rarely than 1 - confidence.

    Args:
        begin_s: when each request was due, seconds, shape (n,).
        end_s: when each was done, seconds, shape (n,).
        counts: between the due times of which growth is looked for, bool, shape (n,); the others are under way too.
        confidence: 0..1.
    """
    begin, end = np.asarray(begin_s, np.float64), np.asarray(end_s, np.float64)
    due = begin[np.asarray(counts, np.bool_)]
    if len(due) < FEWEST_REQUESTS:
        reason = f"{len(due)} requests are too few to see a backlog grow: it takes {FEWEST_REQUESTS}"
        return Estimate(None, confidence=confidence, reason=reason)
    first, last = float(due.min()), float(due.max())
    if first == last:
        return Estimate(None, confidence=confidence, reason="all requests were due at the same instant")
    from scipy.special import stdtrit

    height = mean_under_way(begin - first, end - first, np.linspace(0, last - first, BLOCKS + 1))
    place = np.arange(BLOCKS) - (BLOCKS - 1) / 2
    block_s = (last - first) / BLOCKS
    slope = float(place @ height / (place @ place)) / block_s
    step = float(np.diff(height).var(ddof=1))
    error = math.sqrt(_TREND_OF_A_WALK * _MEANS_OF_A_WALK * step / (BLOCKS - 1)) / block_s
    half = float(stdtrit(BLOCKS - 2, (1 + confidence) / 2)) * error
    return Estimate(slope, slope - half, slope + half, confidence)
