"""Which of two runs is faster, from repeats that took turns on one machine.

    a repeat --log of its times--> one figure       a round: the repeats of both that ran side by side
    a round  --difference--> log(time of the second / time of the first)
    rounds   --Student's t--> ratio with its interval, probability, word

A machine drifts (temperature, neighbours, frequency) by more than servers differ, and requests of one repeat share
their luck. So the repeat is the unit, not the request, and only repeats of one round are held against each other
(paired differences: Student 1908; on interleaving: Georges, Buytaert and Eeckhout 2007). Runs that did not take turns
give figures and no verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from vedette.rules.stats.counted import counted
from vedette.rules.stats.holm import holm
from vedette.rules.stats.ttest import LEVEL, standardised
from vedette.values.comparison import Centre, Comparison, Metric, Word
from vedette.values.evidence import Estimate
from vedette.values.requests import Requests
from vedette.values.run import Run, RunData

MINIMUM_ROUNDS = 5
"""Fewer repeats give no verdict: with four, an interval of the mean is more than three of their deviations wide."""

_CONFIDENCE = 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Repeats:
    """What a comparison needs of a run.

    Attributes:
        run: id.
        campaign: what it was interleaved in; None: nothing.
        order: place of each repeat in the campaign.
        log_times: logarithm of the time that stands for each repeat; None for one without a right answer.
    """

    run: str
    campaign: str | None
    order: tuple[int, ...]
    log_times: tuple[float | None, ...]


def compare(
    first: RunData, second: RunData, *, metric: Metric = Metric.LATENCY, centre: Centre = Centre.MEAN
) -> Comparison:
    """Whether the first run is faster than the second, and by how much."""
    return compare_all([first, second], metric=metric, centre=centre)[0]


def compare_all(
    runs: Sequence[RunData], *, metric: Metric = Metric.LATENCY, centre: Centre = Centre.MEAN
) -> tuple[Comparison, ...]:
    """The first run against each other one, the chances corrected for all of them (Holm).

    Args:
        runs: two or more; whether they may be compared at all is not asked here (`rules/bench/comparable`).
        metric: what is compared.
        centre: what stands for the times of a repeat; of no effect on a throughput.
    """
    head, *others = [of_run(data, metric, centre) for data in runs]
    return judged([compare_repeats(head, other, metric=metric, centre=centre) for other in others])


def of_run(data: RunData, metric: Metric, centre: Centre) -> Repeats:
    """One figure a repeat: mean or median of log latency; for a throughput the logarithm of its inverse."""
    run = data.run
    if metric is Metric.THROUGHPUT:
        rates = [repeat.throughput.value for repeat in run.summary.repeats]
        return _repeats(run, [-math.log(rate) if rate else None for rate in rates])
    return _repeats(run, [_log_time(rows, metric, centre) for rows in counted(data)])


def compare_repeats(
    first: Repeats, second: Repeats, *, metric: Metric = Metric.LATENCY, centre: Centre = Centre.MEAN
) -> Comparison:
    """One comparison, not yet corrected for others and without a word: `judged` says it."""
    blank = Comparison(
        first.run,
        second.run,
        metric,
        centre,
        rounds=0,
        first_value=_value(first, metric),
        second_value=_value(second, metric),
        ratio=Estimate(None),
        probability=None,
        t=None,
        df=None,
        p=None,
        p_corrected=None,
        family=1,
        differences=(),
        word=Word.UNDECIDED,
    )
    reason = not_interleaved(first, second)
    if reason:
        return replace(blank, ratio=_unpaired(first, second, reason), reason=reason)
    rounds, notes = _rounds(first, second)
    if len(rounds) < MINIMUM_ROUNDS:
        reason = f"{len(rounds)} repeats of each are too few for a verdict: {MINIMUM_ROUNDS} at least are needed"
        return replace(
            blank,
            rounds=len(rounds),
            ratio=_unpaired(first, second, reason),
            differences=tuple(rounds),
            reason=reason,
            notes=notes,
        )
    return replace(_tested(blank, np.array(rounds)), notes=notes)


def judged(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Comparisons with their corrected chances and the word that these allow."""
    corrected = holm([one.p for one in comparisons])
    return tuple(
        _worded(replace(one, p_corrected=chance, family=len(comparisons)))
        for one, chance in zip(comparisons, corrected, strict=True)
    )


def slower_than(comparisons: Sequence[Comparison], limit: float) -> tuple[bool, ...]:
    """Which second runs are shown slower than the first by more than `limit` (0.05: 5 %).

    For one comparison: the lower end of the two-sided 95 % interval of the ratio of times lies above 1 + limit. That is
    the one-sided test at 2.5 % that the ratio is 1 + limit or less; for several, Holm's correction of these tests.
    A comparison without an interval shows nothing.
    """
    chances = holm([_chance_below(one, limit) for one in comparisons])
    return tuple(chance is not None and chance < LEVEL / 2 for chance in chances)


def not_interleaved(first: Repeats, second: Repeats) -> str:
    """Why repeats of two runs are no pairs; empty where they took turns."""
    if first.campaign is None or first.campaign != second.campaign:
        return (
            "they were not interleaved: what the machine did in the time between them cannot be told from what the "
            "servers did"
        )
    count = _partnered(first, second)
    rounds = sorted(sorted(pair) for pair in zip(first.order[:count], second.order[:count], strict=True))
    if any(later[0] <= earlier[1] for earlier, later in pairwise(rounds)):
        return "their repeats share a campaign and did not take turns in it"
    return ""


def _repeats(run: Run, log_times: list[float | None]) -> Repeats:
    order = tuple(run.order[one.repeat] for one in run.summary.repeats if one.repeat < len(run.order))
    return Repeats(run.id, run.campaign, order, tuple(log_times))


def _log_time(rows: Requests, metric: Metric, centre: Centre) -> float | None:
    """Times of 0 ms have no logarithm; they count as a nanosecond, the finest that the clock tells."""
    times = rows.latency_ms if metric is Metric.LATENCY else rows.service_ms
    if not len(times):
        return None
    logs = np.log(np.maximum(times, 1e-6))
    return float(logs.mean() if centre is Centre.MEAN else np.median(logs))


def _value(repeats: Repeats, metric: Metric) -> float | None:
    """Geometric mean over the repeats, in the metric's own unit."""
    known = [time for time in repeats.log_times if time is not None]
    if not known:
        return None
    mean = float(np.mean(known))
    return math.exp(-mean if metric is Metric.THROUGHPUT else mean)


def _unpaired(first: Repeats, second: Repeats, reason: str) -> Estimate:
    ours, theirs = _value(first, Metric.LATENCY), _value(second, Metric.LATENCY)
    if ours is None or theirs is None:
        return Estimate(None, reason="a run without a right answer has no time")
    return Estimate(theirs / ours, reason=reason)


def _partnered(first: Repeats, second: Repeats) -> int:
    """How many repeats of the first have one of the second beside them."""
    return min(len(first.order), len(second.order), len(first.log_times), len(second.log_times))


def _rounds(first: Repeats, second: Repeats) -> tuple[list[float], tuple[str, ...]]:
    """Differences of the rounds in which both answered, and what is to be known of them."""
    count = _partnered(first, second)
    pairs = list(zip(first.log_times[:count], second.log_times[:count], strict=True))
    whole = [theirs - ours for ours, theirs in pairs if ours is not None and theirs is not None]
    ahead = [ours < theirs for ours, theirs in zip(first.order[:count], second.order[:count], strict=True)]
    notes = []
    if len(first.log_times) != len(second.log_times):
        notes.append(f"only the first {count} repeats of each have a partner")
    if len(whole) < count:
        notes.append(f"{count - len(whole)} rounds are left out: one of the two gave no right answer")
    if count >= MINIMUM_ROUNDS and (all(ahead) or not any(ahead)):
        notes.append(
            "the same run went first in every round: a steady drift of the machine would count as a difference"
        )
    return whole, tuple(notes)


def _tested(blank: Comparison, differences: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Comparison:
    """Student's t on the differences of logarithms."""
    from scipy.special import stdtr, stdtrit

    n, mean = len(differences), float(differences.mean())
    deviation = float(differences.std(ddof=1)) / math.sqrt(n)
    t = standardised(mean, deviation)
    margin = float(stdtrit(n - 1, 1 - LEVEL / 2)) * deviation
    return replace(
        blank,
        rounds=n,
        ratio=Estimate(math.exp(mean), math.exp(mean - margin), math.exp(mean + margin), _CONFIDENCE),
        probability=float(stdtr(n - 1, t)),
        t=t,
        df=n - 1.0,
        p=float(2 * stdtr(n - 1, -abs(t))),
        differences=tuple(differences.tolist()),
    )


def _worded(one: Comparison) -> Comparison:
    if one.p_corrected is None or one.ratio.value is None:
        return one
    if one.p_corrected < LEVEL:
        return replace(one, word=Word.FASTER if one.ratio.value > 1 else Word.SLOWER)
    by_chance = f"such a difference comes by chance in {one.p_corrected:.0%} of comparisons of equal servers"
    return replace(one, reason=by_chance if one.family == 1 else f"{by_chance} ({one.family} at once)")


def _chance_below(one: Comparison, limit: float) -> float | None:
    """P-value of the hypothesis that the ratio is 1 + limit or less."""
    from scipy.special import stdtr

    if one.df is None or one.ratio.low is None:
        return None
    above = float(np.mean(one.differences)) - math.log1p(limit)
    deviation = float(np.std(one.differences, ddof=1)) / math.sqrt(one.rounds)
    return float(stdtr(one.df, -standardised(above, deviation)))
