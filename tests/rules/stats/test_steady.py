"""Warm-up and stationarity, against formulas written out and series that are steady or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_series import ar1, queue, sojourns

from vedette.rules.stats.steady import LARGEST_STATISTIC, kpss_statistic, mser_statistic, stationarity, steady_part

prove = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@prove
@given(st.lists(st.floats(0, 1e4), min_size=30, max_size=200))
def test_the_statistic_is_whites_formula(values: list[float]) -> None:
    """Batch means of 5; squares around the mean of those left, over their number squared; the last 5 batches stay."""
    batches = [sum(values[at : at + 5]) / 5 for at in range(0, len(values) - 4, 5)]
    brute = []
    for cut in range(len(batches) - 5):
        left = batches[cut:]
        mean = sum(left) / len(left)
        brute.append(sum((each - mean) ** 2 for each in left) / len(left) ** 2)

    assert mser_statistic(values) == pytest.approx(brute, rel=1e-6, abs=1e-6)


def test_a_warm_up_that_fades_is_cut() -> None:
    """500 latencies of 10 ms, the first 60 up to five times as slow: most of those are left out, little else."""
    rng = np.random.default_rng(1)
    slow = 40 * np.exp(-np.arange(500) / 15)

    found = steady_part(rng.normal(10, 1, 500) + slow)

    assert 40 <= found.skipped <= 90
    assert found.reason == ""


def test_a_fixed_time_needs_no_cut() -> None:
    """Nothing is steadier than the whole."""
    assert steady_part(np.full(200, 0.1)).skipped == 0


def test_a_first_request_that_is_slow_is_cut_with_its_batch() -> None:
    """One cold answer, then 10 ms: five requests go."""
    assert steady_part([200.0, *[10.0] * 199]).skipped == 5


def test_a_level_that_falls_late_is_no_steady_state() -> None:
    """Six tenths at 100 ms, then 10: the steady part would begin in the second half."""
    values = np.random.default_rng(2).normal(np.where(np.arange(1000) < 600, 100, 10), 1)

    found = steady_part(values)

    assert found.skipped == 0
    assert found.reason == "no steady state found: latency still moves in the second half"


def test_a_growing_queue_is_no_steady_state() -> None:
    """Latency that only rises has no steady part."""
    begin, end = queue(np.random.default_rng(3), 2000, 1.3)

    assert steady_part(end - begin).reason.startswith("no steady state")


def test_rare_slow_answers_are_no_warm_up() -> None:
    """One answer in a hundred takes 110 ms: of 50 steady runs, none is said to have no steady state."""
    reasons = {steady_part(10 + 100.0 * (np.random.default_rng(seed).random(1000) < 0.01)).reason for seed in range(50)}

    assert reasons == {""}


@pytest.mark.parametrize("spread", [0.0, 0.05, 3.0])
@pytest.mark.parametrize("at", [120, 400, 700])
def test_a_stall_is_no_warm_up(spread: float, at: int) -> None:
    """Twenty answers of a second among a thousand of 10 ms: they stay, wherever in the run, however even the others."""
    values = np.random.default_rng(at).normal(10, spread, 1000)
    values[at : at + 20] = np.linspace(1000, 50, 20)

    assert steady_part(values).skipped < at


def test_a_cold_start_before_a_stall_is_cut_alone() -> None:
    """MSER-5 itself would cut all up to the end of the stall at 300; twenty cold answers are what is cut."""
    values = np.random.default_rng(6).normal(10, 1, 1000)
    values[:20] += 80
    values[300:320] = 1000

    assert int(np.argmin(mser_statistic(values))) * 5 >= 320
    assert 20 <= steady_part(values).skipped <= 60


def test_few_answers_are_not_cut() -> None:
    """Fewer than fifty: ten batches are not there."""
    assert steady_part([100.0, *[1.0] * 48]).reason == "49 right answers are too few to find a warm-up: it takes 50"


def test_the_level_statistic_is_that_of_another_implementation() -> None:
    """`statsmodels.tsa.stattools.kpss` 0.15 with 0, 1 and 3 lags."""
    values = np.random.default_rng(7).normal(size=40).cumsum() * 0.1 + np.random.default_rng(8).normal(size=40)

    found = [kpss_statistic(values, lags) for lags in (0, 1, 3)]

    assert found == pytest.approx([0.944977940958162, 0.7042702902487195, 0.5013723953835375], rel=1e-12)


def test_the_largest_statistic_is_the_99th_percentile_of_twenty_windows() -> None:
    """Simulated again, with another seed."""
    rng = np.random.default_rng(99)

    found = [kpss_statistic(row, 1) for row in rng.normal(size=(8000, 20))]

    assert np.quantile(found, 0.99) == pytest.approx(LARGEST_STATISTIC, abs=0.02)


STEADY = {
    "independent": lambda rng: rng.exponential(1, 400),
    "a=0.5": lambda rng: ar1(rng, 1000, 0.5),
    "a=0.9": lambda rng: ar1(rng, 2000, 0.9),
    "a=0.99": lambda rng: ar1(rng, 5000, 0.99),
    "queue": lambda rng: sojourns(rng, 3000, 0.7),
}


@pytest.mark.parametrize("name", STEADY)
def test_a_steady_series_is_not_called_unsteady(name: str) -> None:
    """The level is 1 %: at most 6 of 200, however autocorrelated."""
    told = [stationarity(STEADY[name](np.random.default_rng(seed))) for seed in range(200)]

    assert told.count(False) <= 6


@pytest.mark.parametrize("name", ["independent", "a=0.5", "a=0.9", "queue"])
def test_most_steady_series_are_called_steady(name: str) -> None:
    """It is no refusal to tell: of 200, more than half are called steady."""
    told = [stationarity(STEADY[name](np.random.default_rng(seed))) for seed in range(200)]

    assert told.count(True) > 100


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("a drift of a third", np.linspace(1, 1.33, 3000)),
        ("a step of a tenth", np.where(np.arange(3000) < 1500, 1.0, 1.1)),
        ("a fall at the end", np.where(np.arange(3000) < 2200, 1.2, 1.0)),
    ],
)
def test_a_level_that_moves_is_found(name: str, factor: np.ndarray) -> None:
    """In 95 of 100 runs of gamma-shaped latencies (a spread of a third of the mean)."""
    found = [stationarity(np.random.default_rng(seed).gamma(9, 1, 3000) * factor) for seed in range(100)]

    assert found.count(False) >= 95


def test_too_few_values_cannot_tell() -> None:
    """99 values make windows of four; strongly dependent values need far more."""
    assert stationarity(np.arange(99.0)) is None
    assert stationarity(ar1(np.random.default_rng(0), 200, 0.98)) is None


def test_a_fixed_time_is_steady() -> None:
    """Nothing moves."""
    assert stationarity(np.full(100, 3.0)) is True
    assert kpss_statistic(np.full(20, 3.0), 1) == 0.0
