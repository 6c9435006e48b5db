"""Two series held against each other, naively and with autocorrelation counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import made_run
from scipy import stats
from scipy.signal import lfilter

from vedette.errors import InvalidError, NotFoundError
from vedette.rules.stats.autocorrelation import effective_count
from vedette.rules.stats.contrast import contrast, readings, times
from vedette.rules.stats.counted import counted, spans
from vedette.values.comparison import Metric


def wave(seed: int, mean: float = 0.0, count: int = 2000) -> np.ndarray:
    """An AR(1) series with a coefficient of 0.9: worth about a nineteenth of its values."""
    noise = np.random.default_rng(seed).normal(0, 1, count + 300)
    return mean + lfilter([1.0], [1.0, -0.9], noise)[300:]


def test_the_naive_tests_are_scipys() -> None:
    """Student, Welch and Mann-Whitney as if all values were independent."""
    first, second = wave(1), wave(2, 0.3)
    tests = contrast(first, second, "latency", "ms")

    assert tests.student.naive.p_two_tail == pytest.approx(stats.ttest_ind(first, second).pvalue, rel=1e-9)
    assert tests.welch.naive.p_two_tail == pytest.approx(
        stats.ttest_ind(first, second, equal_var=False).pvalue, rel=1e-9
    )
    assert tests.rank_naive.p == pytest.approx(stats.mannwhitneyu(first, second, use_continuity=False).pvalue, rel=1e-9)


def test_autocorrelated_values_count_as_fewer() -> None:
    """Same means and variances, fewer observations, a larger chance."""
    tests = contrast(wave(1), wave(2), "latency", "ms")

    assert tests.welch.effective.first.count == effective_count(wave(1))
    assert 60 < tests.welch.effective.first.count < 200
    assert tests.welch.effective.first.mean == tests.welch.naive.first.mean
    assert tests.welch.effective.p_two_tail > tests.welch.naive.p_two_tail


def test_one_server_against_itself_is_seldom_told_apart() -> None:
    """Of 200 pairs the naive t-test calls most different, the counted one 20 at most (5 %, and estimated worth)."""
    pairs = [contrast(wave(2 * seed), wave(2 * seed + 1), "latency", "ms").welch for seed in range(200)]

    assert sum(one.naive.p_two_tail < 0.05 for one in pairs) > 100
    assert sum(one.effective.p_two_tail < 0.05 for one in pairs) <= 20


def test_independent_values_are_tested_as_they_are() -> None:
    """Below 50 values nothing is known of their dependence: both results are one."""
    rng = np.random.default_rng(0)
    tests = contrast(rng.normal(0, 1, 30), rng.normal(0, 1, 40), "throughput", "/s")

    assert tests.welch.effective == tests.welch.naive
    assert "independent ones" not in tests.sentence


def test_a_series_that_is_one_slope_is_worth_next_to_nothing() -> None:
    """3000 values that only rise count as three: a difference that looks sure is not."""
    slope = np.linspace(0, 1, 3000)
    welch = contrast(slope, slope + 0.3, "latency", "ms").welch

    assert welch.naive.p_two_tail < 1e-9
    assert 2 <= welch.effective.first.count < 4
    assert welch.effective.p_two_tail > 0.05


def test_times_are_those_that_count() -> None:
    """In order, all repeats; a throughput is one value a repeat."""
    data = made_run(repeats=3, count=80)

    assert times(data, Metric.LATENCY).tolist() == [ms for rows in counted(data) for ms in rows.latency_ms]
    assert times(data, Metric.SERVICE).tolist() == [ms for rows in counted(data) for ms in rows.service_ms]
    assert times(data, Metric.THROUGHPUT).tolist() == [one.throughput.value for one in data.run.summary.repeats]


def test_readings_are_those_while_requests_counted() -> None:
    """A gauge as it was read, slow ones without their gaps."""
    data = made_run(repeats=2, count=100)
    assert data.samples is not None
    at_ns, columns = data.samples.at_ns, data.samples.columns
    inside = np.any([(at_ns >= begin) & (at_ns <= end) for begin, end in spans(data)], axis=0)

    busy, unit = readings(data, "system.cpu.busy")
    memory, _ = readings(data, "process.server.pss")

    assert unit == "%"
    assert busy.tolist() == columns["system.cpu.busy"][inside].tolist()
    assert 0 < len(memory) < len(busy)
    assert np.isfinite(memory).all()


def test_a_counter_is_read_per_second() -> None:
    """CPU seconds a second: half a core, for it is busy at 40 to 60 %."""
    values, unit = readings(made_run(), "process.server.cpu_time")

    assert unit == "s/s"
    assert values.mean() == pytest.approx(0.5, abs=0.05)


def test_what_was_not_read_is_told() -> None:
    """A wrong name offers the nearest, an absent feature says why, a run without a monitor says so."""
    data = made_run(repeats=1, count=60)

    with pytest.raises(NotFoundError) as wrong:
        readings(data, "system.cpu.bussy")
    assert "system.cpu.busy" in wrong.value.help
    with pytest.raises(NotFoundError, match="powercap"):
        readings(data, "energy.rapl.package-0")
    with pytest.raises(InvalidError, match="not monitored"):
        readings(replace(data, samples=None), "system.cpu.busy")
