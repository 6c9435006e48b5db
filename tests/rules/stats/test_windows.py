"""Readings and requests brought together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import made_run

from vedette.errors import InvalidError, UsageError
from vedette.rules.stats.correlation import correlate
from vedette.rules.stats.counted import counted
from vedette.rules.stats.windows import Row, first_requests, table
from vedette.values.comparison import Metric
from vedette.values.reading import Feature, Pace, Reckoning, Samples
from vedette.values.run import RunData

GAUGE = Feature("g", "1", "made", "a gauge", Pace.FAST, Reckoning.GAUGE)
COUNTER = Feature("c", "1", "made", "a counter", Pace.FAST, Reckoning.COUNTER)


def with_samples(data: RunData, at_ns: np.ndarray, gauge: np.ndarray, counter: np.ndarray) -> RunData:
    samples = Samples(at_ns, np.zeros(len(at_ns)), {"g": gauge, "c": counter}, (GAUGE, COUNTER), (), {}, 0.0)
    return replace(data, samples=samples)


def sampled(data: RunData, hz: float = 20.0) -> RunData:
    """A gauge that follows the service time of the request before, and a counter that grows by 3 a second."""
    rows = data.requests
    at_ns = np.arange(rows.sent.min() - 10**9, rows.done.max() + 10**9, int(1e9 / hz))
    place = np.maximum(np.searchsorted(rows.sent, at_ns, side="right") - 1, 0)
    return with_samples(data, at_ns, 2 * rows.service_ms[place], (at_ns - at_ns[0]) * 3e-9)


def test_windows_hold_means_of_times_and_of_readings() -> None:
    """Brute force over one repeat; the run's own means are taken away."""
    data = sampled(made_run(repeats=1, count=400))
    assert data.samples is not None
    found = table([data], Row.WINDOW, Metric.SERVICE, 0.5)
    (rows,) = counted(data)
    begin = rows.scheduled.min()

    expected, gauge = [], []
    for start in range(begin, int(rows.scheduled.max()) + 1, 500_000_000):
        due = (rows.scheduled >= start) & (rows.scheduled < start + 500_000_000)
        read = (data.samples.at_ns >= start) & (data.samples.at_ns < start + 500_000_000)
        expected.append(rows.service_ms[due].mean())
        gauge.append(data.samples.columns["g"][read].mean())

    assert found.target == pytest.approx(np.array(expected) - np.mean(expected))
    assert found.features["g"] == pytest.approx(np.array(gauge) - np.mean(gauge))
    assert found.features["c"] == pytest.approx(np.zeros(len(expected)), abs=1e-6)


def test_a_feature_that_follows_the_times_is_found() -> None:
    """Spearman near 1 over windows of both runs."""
    runs = [sampled(made_run(id=name, repeats=1, count=400, seed=seed), hz=200.0) for seed, name in enumerate("ab")]
    found = table(runs, Row.WINDOW, Metric.SERVICE, 0.25)

    best = correlate(found.features, found.target, serial=True, groups=found.groups)[0]

    assert best.name == "g"
    assert (best.spearman or 0) > 0.8
    assert (best.spearman_corrected or 1) < 0.001
    assert found.groups == 2


def test_by_request_each_has_the_last_reading_before_it_was_sent() -> None:
    """A request that no reading precedes has none."""
    data = made_run(repeats=1, count=100)
    (rows,) = counted(data)
    at_ns = np.array([rows.sent[10], rows.sent[20], rows.sent[30]])
    data = with_samples(data, at_ns, np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 2.0]))

    gauge = table([data], Row.REQUEST).features["g"]

    assert np.isnan(gauge[:10]).all()
    assert np.diff(gauge[[10, 19, 20, 29, 30, 94]]).tolist() == [0, 1, 0, 2, 0]


def test_by_run_each_gives_one_row() -> None:
    """Means while its requests counted, as they are."""
    runs = [sampled(made_run(id=str(n), repeats=2, count=80, mean_ms=10.0 + n, seed=n)) for n in range(6)]
    found = table(runs, Row.RUN, Metric.SERVICE)

    assert found.groups == 1
    assert found.target == pytest.approx(
        [np.concatenate([rows.service_ms for rows in counted(data)]).mean() for data in runs]
    )
    assert found.features["c"] == pytest.approx(np.full(6, 3.0), rel=1e-6)


def test_a_feature_that_one_run_lacks_is_a_gap_there() -> None:
    """The other run's values stay in their rows."""
    here, there = sampled(made_run(id="a", repeats=1, count=80)), made_run(id="b", repeats=1, count=80)
    found = table([here, there], Row.RUN)

    assert np.isfinite(found.features["g"]).tolist() == [True, False]
    assert np.isfinite(found.features["system.cpu.busy"]).tolist() == [False, True]


def test_what_gives_no_table_is_refused() -> None:
    """A run without a monitor, without a right answer, a metric that is no time of a request."""
    data = made_run(repeats=1, count=40)

    with pytest.raises(InvalidError, match="not monitored"):
        table([replace(data, samples=None)], Row.WINDOW)
    with pytest.raises(InvalidError, match="no request"):
        table([made_run(repeats=1, count=40, failed=40)], Row.WINDOW)
    with pytest.raises(UsageError, match="no time of a request"):
        table([data], Row.WINDOW, Metric.THROUGHPUT)


def test_the_first_request_is_held_against_the_readings_around_it() -> None:
    """From the last one before it was sent to the first after its answer; a counter by its growth per second."""
    data = made_run(repeats=1, count=50)
    rows = data.requests
    sent, done = int(rows.sent[0]), int(rows.done[0])
    at_ns = np.array([sent - 9_000_000, sent - 1_000_000, done + 1_000_000, done + 50_000_000])
    data = with_samples(data, at_ns, np.array([100.0, 1.0, 3.0, 100.0]), np.array([0.0, 1.0, 6.0, 90.0]))

    found = first_requests([data])

    assert found.target.tolist() == [rows.service_ms[0]]
    assert found.features["g"].tolist() == [2.0]
    assert found.features["c"].tolist() == pytest.approx([5.0 / ((at_ns[2] - at_ns[1]) / 1e9)])


def test_a_first_request_that_failed_gives_no_row() -> None:
    """Nor does a run without readings."""
    good = made_run(id="a", repeats=1, count=50)
    failed = made_run(id="b", repeats=1, count=50, failed=50)

    assert len(first_requests([good, failed, replace(good, samples=None)]).target) == 1
    assert len(first_requests([failed]).target) == 0
