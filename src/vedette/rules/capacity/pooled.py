"""Values of several trials as one Moment, and how much trials of one column differ from each other.

values of a trial -> Moment -> pooled over the trials: mean of means, deviation within, deviation between
means of a trial and of the devices beside it meanwhile -> pooled over the trials: deviation apart
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from vedette.values.moment import Moment

CONFIDENCE = 0.95
"""Of every interval that is told of a profile."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Deviation of trials of one point, relative to their mean, pooled over points.

    Attributes:
        relative: deviation over mean.
        freedom: degrees of freedom, 1 or more.
    """

    relative: float
    freedom: int

    def half_width(self, trials: float) -> float:
        """Half the width of Student's interval of a mean over so many trials, relative to the mean."""
        return student(self.freedom) * self.relative / math.sqrt(trials)


def student(freedom: int, confidence: float = CONFIDENCE) -> float:
    """The quantile of Student's distribution that bounds an interval with two tails."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2))


def moment_of(values: Sequence[float]) -> Moment:
    """The values of one trial, 1 or more."""
    return Moment(fmean(values), stdev(values) if len(values) > 1 else 0.0, None, len(values), 1)


def pooled(trials: Sequence[Moment], groups: Iterable[Sequence[float]] = ()) -> Moment:
    """Trials as one: each counts the same, however many values it has.

    `within` is the root of the pooled variance, weighted by degrees of freedom; `between` the deviation of the trials'
    means, which holds the part of `within` that a mean over one trial still has; so does `apart`, `deviation_apart` of
    the groups.
    """
    means = [one.mean for one in trials]
    freedom = sum(one.count - 1 for one in trials)
    squares = sum((one.count - 1) * one.within**2 for one in trials)
    within = math.sqrt(squares / freedom) if freedom else 0.0
    between = stdev(means) if len(means) > 1 else None
    count = sum(one.count for one in trials)
    return Moment(fmean(means), within, between, count, len(trials), deviation_apart(groups))


def deviation_apart(groups: Iterable[Sequence[float]]) -> float | None:
    """How devices differ that work at the same time: the root of the sum of squares in the groups over their freedom.

    It is the residual of a one-way analysis of variance: what all devices of a group have in common is not in it.

    Args:
        groups: means of the devices that worked together, a group for each time; one of a single device tells nothing.
    """
    told = [means for means in groups if len(means) > 1]
    freedom = sum(len(means) - 1 for means in told)
    if not freedom:
        return None
    return math.sqrt(sum((len(means) - 1) * stdev(means) ** 2 for means in told) / freedom)


def spread_of(points: Iterable[Sequence[float]]) -> Spread | None:
    """How trials differ, pooled over points; None where no point has two trials.

    Args:
        points: means of the trials of each point, above 0.
    """
    repeated = [means for means in points if len(means) > 1]
    freedom = sum(len(means) - 1 for means in repeated)
    if not freedom:
        return None
    squares = sum((len(means) - 1) * (stdev(means) / fmean(means)) ** 2 for means in repeated)
    return Spread(math.sqrt(squares / freedom), freedom)


def interval(moment: Moment) -> float | None:
    """Half the width of the 95 % interval of the mean, in its unit: trials are independent of each other.

    None where one trial does not show how trials differ.
    """
    if moment.between is None:
        return None
    return student(moment.trials - 1) * moment.between / math.sqrt(moment.trials)
