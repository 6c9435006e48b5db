"""Two series held against each other value by value: latencies, or what the monitor read, of two runs.

    two series --effective_count--> worth of each --> Student, Welch, Mann-Whitney, each also as naive tests have it

Values of one run follow each other and are autocorrelated; a t-test that takes 10,000 of them as 10,000 independent
ones finds a difference between a server and itself. So every test counts the independent values that the series is
worth (variance inflation: von Storch and Zwiers 1999, section 6.6), and the naive result stands beside it. Such tests
say whether two runs differ; whether one server is faster than another is for interleaved repeats to say (`compare`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError, NotFoundError
from vedette.rules.monitor.rates import rate, why_absent
from vedette.rules.stats.autocorrelation import effective_count
from vedette.rules.stats.counted import counted, spans
from vedette.rules.stats.effect import effect
from vedette.rules.stats.rank_test import joint_ranks, rank_test
from vedette.rules.stats.ttest import moments, t_test
from vedette.rules.stats.wording import tests_sentence
from vedette.rules.zoo.names import nearest
from vedette.values.comparison import Metric, Moments, SampleTests, TestPair, TTestName
from vedette.values.reading import Reckoning, Samples
from vedette.values.run import RunData

_LEAST = 2.0


def contrast(
    first: NDArray[np.float64], second: NDArray[np.float64], subject: str, unit: str, *, round_df: bool = False
) -> SampleTests:
    """All tests of two series in order of time.

    Args:
        first: shape (n1,).
        second: shape (n2,).
        subject: what the values are.
        unit: of the values.
        round_df: as `t_test` takes it.

    Raises:
        InvalidError: fewer than two values in one of them, or no numbers.
    """
    naive = moments(first), moments(second)
    worth = effective_count(first), effective_count(second)
    pairs = {name: _pair(name, naive, worth, round_df=round_df) for name in TTestName}
    rank, size = rank_test(first, second, _rank_counts(first, second)), effect(first, second)
    welch = pairs[TTestName.WELCH]
    return SampleTests(
        subject,
        unit,
        pairs[TTestName.STUDENT],
        welch,
        rank,
        rank_test(first, second),
        size,
        tests_sentence(subject, unit, welch, rank, size),
    )


def times(data: RunData, metric: Metric) -> NDArray[np.float64]:
    """All values of a metric that count, in order: times in ms of requests, or throughputs of repeats; shape (n,)."""
    if metric is Metric.THROUGHPUT:
        rates = [repeat.throughput.value for repeat in data.run.summary.repeats]
        return np.array([rate for rate in rates if rate is not None], np.float64)
    parts = [rows.latency_ms if metric is Metric.LATENCY else rows.service_ms for rows in counted(data)]
    return np.concatenate([np.empty(0), *parts])


def readings(data: RunData, name: str) -> tuple[NDArray[np.float64], str]:
    """What the monitor read of a feature while requests counted, and its unit; a counter is given per second.

    Raises:
        InvalidError: the run was not monitored.
        NotFoundError: the feature was not read; the message offers the nearest, or why it is absent.
    """
    samples = monitored(data)
    feature = next((one for one in samples.features if one.name == name), None)
    if feature is None or name not in samples.columns:
        raise _unread(samples, name, data.run.id)
    counter = feature.reckoning is Reckoning.COUNTER
    at_ns, values = rate(samples, name) if counter else (samples.at_ns, samples.columns[name])
    inside = np.zeros(len(at_ns), np.bool_)
    for begin, end in spans(data):
        inside |= (at_ns >= begin) & (at_ns <= end)
    kept = np.asarray(values[inside & np.isfinite(values)], np.float64)
    return kept, f"{feature.unit}/s" if counter else feature.unit


def monitored(data: RunData) -> Samples:
    """The readings of a run.

    Raises:
        InvalidError: it was not monitored.
    """
    if data.samples is None:
        raise InvalidError(
            f"run {data.run.id} was not monitored", help="take runs that were made with the monitor (--monitor-hz 10)"
        )
    return data.samples


def _pair(name: TTestName, naive: tuple[Moments, Moments], worth: tuple[float, float], *, round_df: bool) -> TestPair:
    """A test and the same with fewer observations; two are the least that have a variance."""
    first, second = (
        Moments(side.mean, side.variance, max(_LEAST, count)) for side, count in zip(naive, worth, strict=True)
    )
    return TestPair(t_test(*naive, name, round_df=round_df), t_test(first, second, name, round_df=round_df))


def _rank_counts(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float] | None:
    """What the ranks are worth; None where as much as their number, so that few values get their exact chance."""
    ranks = joint_ranks(first, second)
    worth = effective_count(ranks[: len(first)]), effective_count(ranks[len(first) :])
    return None if worth == (len(first), len(second)) else worth


def _unread(samples: Samples, name: str, run: str) -> NotFoundError:
    if any(name == one.name or name.startswith(f"{one.name}.") for one in samples.absences):
        reason = why_absent(samples, name)
        return NotFoundError(f"{name} was not read in run {run}: {reason}", help="take another feature")
    near = nearest(name, samples.columns)
    hint = f"did you mean {', '.join(near)}?" if near else "`vedette bench features` lists what can be read"
    return NotFoundError(f"no feature {name!r} in run {run}", help=hint)
