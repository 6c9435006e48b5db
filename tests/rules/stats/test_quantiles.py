"""Quantiles and their intervals, against NumPy, SciPy, published counts, and truths that are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_series import sojourns
from scipy.optimize import brentq
from scipy.stats import binom, norm

from vedette.rules.stats.quantiles import interval_ranks, minimum_count, nearest_rank, quantile_estimate

prove = settings(max_examples=200, deadline=None, derandomize=True, database=None)
samples = st.lists(st.floats(0, 1e6), min_size=1, max_size=300)


@pytest.mark.parametrize(("share", "count"), [(0.9, 64), (0.99, 662), (0.999, 6636)])
def test_the_fewest_values_are_those_of_mlperf(share: float, count: int) -> None:
    """MLPerf Inference rules, early stopping: 64 queries for the 90th percentile, 662 for the 99th."""
    assert minimum_count(share) == count


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25, 0.75, 0.8, 0.95, 0.99, 0.995, 0.9999])
def test_one_value_fewer_would_not_do(share: float) -> None:
    """The condition is met at the count and not met just below, by SciPy's binomial distribution."""
    count, beyond = minimum_count(share), min(share, 1 - share)

    assert binom.cdf(1, count, beyond) <= 0.01 < binom.cdf(1, count - 1, beyond)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 99.0])
def test_a_percentile_is_no_share(share: float) -> None:
    """0.99 is meant, not 99."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        minimum_count(share)


@prove
@given(samples, st.floats(0, 1))
def test_the_nearest_rank_is_numpys_inverted_distribution(values: list[float], share: float) -> None:
    """The same value, to the last bit."""
    assert nearest_rank(values, share) == np.quantile(values, share, method="inverted_cdf")


def test_a_quantile_of_nothing_is_refused() -> None:
    """There is no rank to take."""
    with pytest.raises(ValueError, match="0 values"):
        nearest_rank([], 0.5)


@prove
@given(st.integers(1, 4000), st.sampled_from([0.5, 0.9, 0.95, 0.99]), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_ranks_hold_the_quantile_as_often_as_they_promise(count: int, share: float, confidence: float) -> None:
    """P(low <= Binomial <= high - 1) reaches the confidence, and no closer ranks would on either side."""
    ranks = interval_ranks(count, count, share, confidence)
    tail = (1 - confidence) / 2

    if ranks is None:
        assert binom.cdf(0, count, share) > tail or binom.cdf(count - 1, count, share) < 1 - tail
        return
    low, high = ranks
    assert binom.cdf(low - 1, count, share) <= tail < binom.cdf(low, count, share) + 1e-9
    assert binom.cdf(high - 1, count, share) >= 1 - tail - 1e-12 > binom.cdf(high - 2, count, share) - 1e-9


def test_the_interval_of_the_median_begins_at_six_values() -> None:
    """1 - 2 / 2^6 is 97 %; five values hold the median between their ends in 94 % only."""
    six = quantile_estimate([6.0, 1.0, 5.0, 2.0, 4.0, 3.0], 0.5)
    five = quantile_estimate([1.0, 2.0, 3.0, 4.0, 5.0], 0.5)

    assert (six.value, six.low, six.high) == (3.0, 1.0, 6.0)
    assert (five.value, five.low, five.high) == (3.0, None, None)
    assert five.reason == "5 values are too few for an interval of the median"


def test_one_value_is_its_own_median() -> None:
    """A figure without an interval."""
    assert quantile_estimate([7.0], 0.5).value == 7.0


def test_a_percentile_is_refused_one_value_before_it_is_told() -> None:
    """661 latencies have no 99th percentile, whatever it may be; 662 have one with both ends."""
    values = np.random.default_rng(3).exponential(1, 662)

    refused, told = quantile_estimate(values[:661], 0.99), quantile_estimate(values, 0.99)

    assert (refused.value, refused.low, refused.high) == (None, None, None)
    assert refused.reason == "661 values are too few for the quantile at 99 %: it takes 662"
    assert told.low is not None
    assert told.value is not None
    assert told.high is not None
    assert told.low < told.value < told.high


def test_values_out_of_one_full_queue_get_no_interval() -> None:
    """The slowest percent of 1000 values came in one piece: it happened once, and once has no spread."""
    values = np.concatenate([np.random.default_rng(1).normal(10, 1, 990), np.linspace(500, 1000, 10)])

    estimate = quantile_estimate(values, 0.99)
    shuffled = quantile_estimate(np.random.default_rng(2).permutation(values), 0.99)

    assert estimate.value == shuffled.value
    assert estimate.high is None
    assert "depend on each other" in estimate.reason
    assert shuffled.high is not None


def test_autocorrelation_widens_the_interval() -> None:
    """The same values have a wider interval in the order of a queue than shuffled."""
    values = sojourns(np.random.default_rng(4), 20_000, 0.6)

    queued = quantile_estimate(values, 0.9)
    shuffled = quantile_estimate(np.random.default_rng(4).permutation(values), 0.9)

    assert queued.value == shuffled.value
    assert _width(queued) > 2 * _width(shuffled)


def _width(estimate) -> float:
    return estimate.high - estimate.low


def _bimodal(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.where(rng.random(count) < 0.05, rng.normal(100, 10, count), rng.normal(10, 1, count))


P99 = {
    "exponential": (lambda rng: rng.exponential(1, 1000), -np.log(0.01)),
    "bimodal": (
        lambda rng: _bimodal(rng, 2000),
        brentq(lambda x: 0.05 * norm.sf(x, 100, 10) + 0.95 * norm.sf(x, 10, 1) - 0.01, 50, 150),
    ),
    "queue": (lambda rng: sojourns(rng, 20_000, 0.6), -np.log(0.01) / 0.4),
}


@pytest.mark.parametrize("name", P99)
def test_the_interval_of_the_99th_percentile_holds_the_truth(name: str) -> None:
    """In 182 of 200 seeded runs at least: independent times of two shapes, and times in an M/M/1 queue at load 0.6."""
    draw: Callable[[np.random.Generator], np.ndarray]
    draw, truth = P99[name]
    held = 0
    for seed in range(200):
        estimate = quantile_estimate(draw(np.random.default_rng(seed)), 0.99)
        held += estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high

    assert held >= 182


def test_a_fixed_time_is_every_quantile() -> None:
    """No spread: all ends are the same."""
    estimate = quantile_estimate(np.full(1000, 12.5), 0.99)

    assert (estimate.low, estimate.value, estimate.high) == (12.5, 12.5, 12.5)
