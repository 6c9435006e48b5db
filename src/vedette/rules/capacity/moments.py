"""What is done with measured amounts: pooled, added up, interpolated, and bounded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce

from vedette.values.moment import Moment


def level(moments: Sequence[Moment]) -> Moment:
    """An amount that does not depend on the batch, as the load time: all trials of all points are one sample.

    The mean is that of all trials, and `between` their sample deviation: the sums of squares within the points and
    between them are added up (decomposition of the variance). None where there is one trial altogether, or where a
    point of several does not tell. `apart` is the root of the mean square, each trial counting the same.
    """
    trials = sum(moment.trials for moment in moments)
    mean = sum(moment.trials * moment.mean for moment in moments) / trials
    total = sum(squares(moment) + moment.trials * (moment.mean - mean) ** 2 for moment in moments)
    told = trials > 1 and all(moment.trials == 1 or moment.between is not None for moment in moments)
    within = math.sqrt(sum(moment.trials * moment.within**2 for moment in moments) / trials)
    count = sum(moment.count for moment in moments)
    between = math.sqrt(total / (trials - 1)) if told else None
    return Moment(mean, within, between, count, trials, _level_apart(moments))


def together(moments: Sequence[Moment]) -> Moment:
    """One amount after the other in the same process: means add up, and so does what is common to the process."""
    return reduce(_sum, moments)


def mixed(low: Moment, high: Moment, share: float) -> Moment:
    """The amount `share` of the way between two; of counts and trials the smaller, of one end nothing is changed."""
    if share == 0 or low is high:
        return low
    if share == 1:
        return high
    return Moment(
        part(low.mean, high.mean, share),
        part(low.within, high.within, share),
        _part_known(low.between, high.between, share),
        min(low.count, high.count),
        min(low.trials, high.trials),
        _part_known(low.apart, high.apart, share),
    )


def largest_seen(moment: Moment) -> float:
    """No value behind a Moment was larger than this.

    Of n values with sample deviation s none lies more than s (n - 1) / sqrt(n) above their mean (P. A. Samuelson, "How
    deviant can you be?", Journal of the American Statistical Association 63, 1968); it is applied to the means of the
    trials, and to the values of one trial.
    """
    values = math.ceil(moment.count / moment.trials)
    return moment.mean + _furthest(moment.between or 0.0, moment.trials) + _furthest(moment.within, values)


def squares(moment: Moment) -> float:
    """Sum of the squared distances of the trials' means from their mean."""
    return (moment.trials - 1) * (moment.between or 0.0) ** 2


def part(low: float, high: float, share: float) -> float:
    """The number `share` of the way from one to another."""
    return low + share * (high - low)


def _furthest(deviation: float, count: int) -> float:
    return deviation * (count - 1) / math.sqrt(count)


def _level_apart(moments: Sequence[Moment]) -> float | None:
    known = [(moment.trials, moment.apart) for moment in moments if moment.apart is not None]
    if len(known) < len(moments):
        return None
    return math.sqrt(sum(trials * apart**2 for trials, apart in known) / sum(trials for trials, _ in known))


def _part_known(low: float | None, high: float | None, share: float) -> float | None:
    return None if low is None or high is None else part(low, high, share)


def _sum(first: Moment, second: Moment) -> Moment:
    return Moment(
        first.mean + second.mean,
        math.hypot(first.within, second.within),
        _sum_known(first.between, second.between),
        min(first.count, second.count),
        min(first.trials, second.trials),
        _sum_known(first.apart, second.apart),
    )


def _sum_known(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second
