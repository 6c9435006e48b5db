"""Right answers a second, of a repeat and of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vedette.rules.stats.intervals import mean_estimate
from vedette.values.evidence import Estimate


def throughput(begin_s: ArrayLike, end_s: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Answers over the time they span, from the first due time to the last answer.

    The interval is that of the mean time between an answer and the next (`mean_estimate`), carried over in proportion.
    With n answers of c clients the figure is low by c / n at most, because the requests under way at the edges count
    in part.

    Args:
        begin_s: when each request with a right answer was due, seconds, shape (n,).
        end_s: when its answer was whole, shape (n,).
        confidence: 0..1.
    """
    begin, end = np.asarray(begin_s, np.float64), np.asarray(end_s, np.float64)
    if not len(end):
        return Estimate(None, confidence=confidence, reason="no request that counts was answered rightly")
    span = float(end.max() - begin.min())
    if span <= 0:
        return Estimate(None, confidence=confidence, reason="the answers span no time")
    value = len(end) / span
    between = mean_estimate(np.diff(np.sort(end)), confidence)
    if between.value is None or between.low is None or between.high is None or between.low <= 0:
        reason = between.reason or "answers came in bunches: too few for an interval of the throughput"
        return Estimate(value, confidence=confidence, reason=reason)
    return Estimate(value, value * between.value / between.high, value * between.value / between.low, confidence)
