"""Means and their intervals, against closed forms, SciPy and a published implementation."""

from __future__ import annotations

import numpy as np
import pytest
from known_series import ar1, sojourns
from scipy import stats

from vedette.rules.stats.intervals import automatic_length, block_length, mean_estimate, repeats_estimate


def test_independent_values_get_the_interval_of_the_normal_distribution() -> None:
    """Ends lie 1.96 s / sqrt(n) from the mean, to a tenth of that."""
    values = np.random.default_rng(1).normal(50, 5, 4000)

    estimate = mean_estimate(values)

    half = 1.96 * values.std(ddof=1) / np.sqrt(4000)
    assert estimate.value == pytest.approx(values.mean(), rel=1e-12)
    assert [estimate.low, estimate.high] == pytest.approx([values.mean() - half, values.mean() + half], abs=half / 10)


def test_independent_values_get_scipys_bootstrap_interval() -> None:
    """Skewed times, percentile bootstrap: the same ends to a tenth of the width."""
    values = np.random.default_rng(2).exponential(8, 2000)

    estimate = mean_estimate(values)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(0)).confidence_interval

    assert [estimate.low, estimate.high] == pytest.approx(list(theirs), abs=(theirs.high - theirs.low) / 10)


def test_an_autoregression_gets_the_interval_of_theory() -> None:
    """The mean of AR(1) has a standard error of 1 / ((1 - a) sqrt(n)): ten times the naive one here, met to a fifth."""
    widths = []
    for seed in range(10):
        estimate = mean_estimate(ar1(np.random.default_rng(seed), 20_000, 0.9))
        widths.append(estimate.high - estimate.low)

    assert np.mean(widths) == pytest.approx(2 * 1.96 / (0.1 * np.sqrt(20_000)), rel=0.2)


@pytest.mark.parametrize(
    ("name", "at_least"), [("twenty", 165), ("exponential", 180), ("autoregression", 175), ("queue", 175)]
)
def test_the_interval_of_the_mean_holds_the_truth(name: str, at_least: int) -> None:
    """Of 200 seeded runs; 20 values are few, and those it gives no interval count as missed."""
    draw, truth = {
        "twenty": (lambda rng: rng.normal(0, 1, 20), 0.0),
        "exponential": (lambda rng: rng.exponential(1, 300), 1.0),
        "autoregression": (lambda rng: ar1(rng, 3000, 0.9), 0.0),
        "queue": (lambda rng: sojourns(rng, 10_000, 0.6), 2.5),
    }[name]
    held = 0
    for seed in range(200):
        estimate = mean_estimate(draw(np.random.default_rng(seed)), seed=seed)
        held += estimate.low is not None and estimate.low <= truth <= estimate.high

    assert held >= at_least


@pytest.mark.parametrize(
    ("seed", "coefficient", "count", "length"),
    [(0, 0.0, 500, 1.1263582324667067), (4, 0.95, 5000, 117.26054822586002), (6, 0.3, 100, 2.609977115510535)],
)
def test_the_block_length_is_that_of_another_implementation(
    seed: int, coefficient: float, count: int, length: float
) -> None:
    """`optimal_block_length` of arch 8.0, circular; series in which both see the same last significant lag."""
    from scipy.signal import lfilter

    values = lfilter([1.0], [1.0, -coefficient], np.random.default_rng(seed).normal(size=count))

    assert automatic_length(values) == pytest.approx(length, rel=1e-9)


def test_blocks_are_no_shorter_than_the_cube_root() -> None:
    """1000 independent values: blocks of 10."""
    assert block_length(np.random.default_rng(0).normal(size=1000)) == 10


def test_the_same_seed_gives_the_same_interval() -> None:
    """Draws are not left to chance, and another seed moves the ends a little."""
    values = np.random.default_rng(5).exponential(1, 500)

    assert mean_estimate(values, seed=3) == mean_estimate(values, seed=3)
    assert mean_estimate(values, seed=3).low != mean_estimate(values, seed=4).low


def test_few_values_have_a_mean_without_an_interval() -> None:
    """And the reason says so."""
    estimate = mean_estimate([1.0, 2.0, 6.0])

    assert (estimate.value, estimate.low, estimate.high) == (3.0, None, None)
    assert estimate.reason == "3 values are too few for an interval of the mean"


def test_a_drift_has_a_mean_without_an_interval() -> None:
    """Forty values on a line are not forty facts about its mean."""
    estimate = mean_estimate(np.arange(40.0))

    assert estimate.value == 19.5
    assert estimate.low is None
    assert "depend on each other" in estimate.reason


def test_no_value_has_no_mean() -> None:
    """None with a reason, never 0."""
    assert mean_estimate([]).value is None
    assert mean_estimate([]).reason == "there is no value"


def test_a_fixed_time_is_its_own_interval() -> None:
    """Nothing varies."""
    estimate = mean_estimate(np.full(100, 0.1))

    assert (estimate.low, estimate.high) == (estimate.value, estimate.value)


def test_repeats_get_students_interval() -> None:
    """As SciPy's t distribution has it."""
    figures = [101.0, 98.5, 103.2, 99.9, 100.4]

    estimate = repeats_estimate(figures)

    low, high = stats.t.interval(0.95, 4, loc=np.mean(figures), scale=stats.sem(figures))
    assert [estimate.value, estimate.low, estimate.high] == pytest.approx([np.mean(figures), low, high], rel=1e-12)


def test_one_repeat_has_no_interval_and_none_no_figure() -> None:
    """How repeats differ takes two."""
    assert repeats_estimate([5.0]).value == 5.0
    assert repeats_estimate([5.0]).low is None
    assert repeats_estimate([]).value is None


def test_a_long_series_is_drawn_in_pieces() -> None:
    """A million values: the interval is there, and within theory's to a fifth."""
    values = np.random.default_rng(9).exponential(1, 1_000_000)

    estimate = mean_estimate(values)

    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 / 1000, rel=0.2)
