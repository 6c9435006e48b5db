"""When requests are due."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vedette.errors import UsageError
from vedette.rules.load.arrivals import schedule
from vedette.values.workload import Load, LoadKind

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)

LOADS = {
    LoadKind.CONSTANT: Load(LoadKind.CONSTANT, rate=50.0),
    LoadKind.POISSON: Load(LoadKind.POISSON, rate=50.0),
    LoadKind.BURST: Load(LoadKind.BURST, rate=50.0, burst=7),
    LoadKind.RAMP: Load(LoadKind.RAMP, rate=10.0, rate_to=90.0),
    LoadKind.TRACE: Load(LoadKind.TRACE, trace="gate.txt"),
}
TRACE = np.cumsum(np.full(5000, 0.02))


def due(load: Load, seed: int = 1) -> np.ndarray:
    return schedule(load, np.random.default_rng(seed), TRACE if load.kind is LoadKind.TRACE else None)


@prove
@given(st.sampled_from(list(LOADS)), st.none() | st.integers(1, 300), st.none() | st.floats(0.1, 20), st.integers(0, 9))
def test_a_schedule_ascends_and_ends(kind: LoadKind, requests: int | None, duration_s: float | None, seed: int) -> None:
    """Of every kind it is whole nanoseconds from 0 on in order, with no more requests and no longer than was asked."""
    if requests is None and duration_s is None:
        duration_s = 3.0

    times = due(replace(LOADS[kind], requests=requests, duration_s=duration_s), seed)

    assert times.dtype == np.int64
    assert np.all(np.diff(times) >= 0)
    assert np.all(times >= 0)
    assert requests is None or len(times) <= requests
    assert duration_s is None or np.all(times <= duration_s * 1e9)


@prove
@given(st.sampled_from(list(LOADS)), st.integers(1, 400))
def test_a_number_alone_is_met(kind: LoadKind, requests: int) -> None:
    """Without a duration exactly the number that was asked is due."""
    assert len(due(replace(LOADS[kind], requests=requests))) == requests


@pytest.mark.parametrize("kind", LOADS)
def test_whichever_end_comes_first_counts(kind: LoadKind) -> None:
    """Both ends given, the schedule is that of the duration, cut at the number."""
    by_duration = due(replace(LOADS[kind], duration_s=4.0))

    assert due(replace(LOADS[kind], duration_s=4.0, requests=9)).tolist() == by_duration[:9].tolist()
    assert due(replace(LOADS[kind], duration_s=4.0, requests=9999)).tolist() == by_duration.tolist()


@pytest.mark.parametrize("kind", LOADS)
def test_the_seed_decides(kind: LoadKind) -> None:
    """The same seed gives the same schedule, another seed another one where chance is in it."""
    load = replace(LOADS[kind], requests=500)
    random = kind in {LoadKind.POISSON, LoadKind.RAMP}

    assert due(load, 3).tolist() == due(load, 3).tolist()
    assert (due(load, 3).tolist() != due(load, 4).tolist()) == random


def test_constant_arrivals_are_evenly_spaced() -> None:
    """Request k is due at k / rate: rounding errors do not add up, and the end itself is not in."""
    times = due(Load(LoadKind.CONSTANT, rate=3.0, duration_s=1000.0))

    assert len(times) == 3000
    assert times[:4].tolist() == [0, 333_333_333, 666_666_667, 1_000_000_000]
    assert times[2997] == 999_000_000_000


def test_bursts_are_due_at_once() -> None:
    """Bursts of 4 at 8 requests a second come every half second; the number cuts the last one."""
    times = due(Load(LoadKind.BURST, rate=8.0, burst=4, requests=10))

    assert times.tolist() == [0] * 4 + [500_000_000] * 4 + [1_000_000_000] * 2


def test_bursts_keep_the_mean_rate() -> None:
    """Over a whole number of bursts as many requests are due as the rate says."""
    assert len(due(Load(LoadKind.BURST, rate=8.0, burst=4, duration_s=10.0))) == 80


def test_gaps_of_a_poisson_process_are_exponential() -> None:
    """20 000 gaps pass the Kolmogorov-Smirnov test of scipy against an exponential distribution of that rate."""
    gaps = np.diff(due(Load(LoadKind.POISSON, rate=200.0, requests=20_001))) / 1e9

    assert stats.kstest(gaps, stats.expon(scale=1 / 200).cdf).pvalue > 0.01
    assert abs(np.corrcoef(gaps[:-1], gaps[1:])[0, 1]) < 0.02


def test_counts_of_a_poisson_process_scatter_as_they_should() -> None:
    """Over 400 seeds the number within a duration has the mean and the variance of a Poisson distribution."""
    counts = [len(due(Load(LoadKind.POISSON, rate=40.0, duration_s=5.0), seed)) for seed in range(400)]

    assert np.mean(counts) == pytest.approx(200, abs=3 * np.sqrt(200 / 400))
    assert np.var(counts) == pytest.approx(200, rel=3 * np.sqrt(2 / 399))


def test_a_longer_poisson_schedule_starts_with_the_shorter() -> None:
    """It holds across the size of the pieces in which numbers are drawn, up to the rounding of their sums."""
    load = Load(LoadKind.POISSON, rate=1000.0)
    long, short = (due(replace(load, requests=requests)) for requests in (70_000, 5))

    assert len(long) == 70_000
    assert long[:5].tolist() == short.tolist()
    assert due(replace(load, duration_s=69.0)).tolist() == long[long < 69e9].tolist()


@pytest.mark.parametrize(("rate", "rate_to"), [(10.0, 190.0), (190.0, 10.0), (100.0, 100.0)])
@pytest.mark.parametrize("end", [{"duration_s": 200.0}, {"requests": 20_000}])
def test_a_ramp_follows_its_line(rate: float, rate_to: float, end: dict) -> None:
    """Arrivals within 200 s lie as the line of the rate says (Kolmogorov-Smirnov against its integral), up and down."""
    times = due(Load(LoadKind.RAMP, rate=rate, rate_to=rate_to, **end)) / 1e9

    def cumulated(at: np.ndarray) -> np.ndarray:
        return (rate * at + (rate_to - rate) * at**2 / 400) / 20_000

    assert len(times) == pytest.approx(20_000, abs=4 * np.sqrt(20_000))
    assert times[-1] < 200
    assert stats.kstest(times, cumulated).pvalue > 0.01


def test_the_tenths_of_a_ramp_hold_independent_counts() -> None:
    """Over 300 seeds the count of each tenth has the mean of the line and a variance as large as its mean."""
    load = Load(LoadKind.RAMP, rate=10.0, rate_to=110.0, duration_s=10.0)
    counts = np.array([np.histogram(due(load, seed) / 1e9, bins=10, range=(0, 10))[0] for seed in range(300)])
    expected = 15 + 10 * np.arange(10)

    assert np.all(np.abs(counts.mean(axis=0) - expected) < 4 * np.sqrt(expected / 300))
    assert (counts.var(axis=0) / expected).mean() == pytest.approx(1, abs=0.1)


def test_a_trace_is_walked_as_it_is() -> None:
    """Its times become nanoseconds; without an end of its own the load ends with the trace."""
    times = schedule(LOADS[LoadKind.TRACE], np.random.default_rng(0), np.array([0.0, 0.25, 0.25, 1.000000001]))

    assert times.tolist() == [0, 250_000_000, 250_000_000, 1_000_000_001]


def test_a_trace_without_a_request_in_time_is_refused() -> None:
    """Where the first due time lies after the duration, the message names the file and both figures."""
    load = replace(LOADS[LoadKind.TRACE], duration_s=5.0)

    with pytest.raises(UsageError, match=r"gate\.txt has no request that is due before --duration 5 s"):
        schedule(load, np.random.default_rng(0), np.array([9.0]))


def test_too_short_a_time_may_hold_no_request() -> None:
    """Nothing arrives within a microsecond at one request a second, and that is an answer."""
    assert due(Load(LoadKind.POISSON, rate=1.0, duration_s=1e-6)).tolist() == []


def test_the_step_of_a_search_may_carry_its_limit() -> None:
    """A Poisson load that was made from a peak load keeps the limit that it is judged by."""
    assert len(due(Load(LoadKind.POISSON, rate=5.0, limit_ms=50.0, requests=3))) == 3


@pytest.mark.parametrize("kind", [kind for kind in LoadKind if not kind.is_open])
def test_closed_loops_have_no_schedule(kind: LoadKind) -> None:
    """To ask for one is a mistake in the code."""
    with pytest.raises(ValueError, match="no schedule"):
        due(Load(kind, rate=1.0, limit_ms=1.0, requests=1))


def test_a_trace_needs_its_due_times() -> None:
    """To leave them out is a mistake in the code."""
    with pytest.raises(ValueError, match="no schedule for trace"):
        schedule(LOADS[LoadKind.TRACE], np.random.default_rng(0))
