"""Quantiles in bounded memory, against NumPy and a full sort."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.stats.histogram import LogHistogram

HALF_A_BIN = 0.005
ROUNDING = 1e-9
SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)
values = st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=200)


def filled(numbers: list[float] | np.ndarray) -> LogHistogram:
    histogram = LogHistogram()
    for number in numbers:
        histogram.add(float(number))
    return histogram


@pytest.mark.parametrize("name", ["lognormal", "exponential", "uniform", "gamma", "two peaks"])
def test_quantiles_are_numpys_to_half_a_percent(name: str) -> None:
    """Of 20,000 values of any shape, from the first percentile to the last thousandth."""
    generator = np.random.default_rng(11)
    numbers = {
        "lognormal": generator.lognormal(1, 2, 20_000),
        "exponential": generator.exponential(8, 20_000),
        "uniform": generator.uniform(3, 5, 20_000),
        "gamma": generator.gamma(2, 0.01, 20_000),
        "two peaks": np.concatenate([generator.normal(2, 0.1, 15_000), generator.normal(200, 5, 5_000)]),
    }[name]
    histogram = filled(numbers)

    for share in SHARES:
        exact = np.quantile(numbers, share, method="inverted_cdf")
        assert histogram.quantile(share) == pytest.approx(exact, rel=HALF_A_BIN + ROUNDING)


@prove
@given(values, st.floats(0, 1))
def test_a_quantile_is_the_value_of_its_rank(numbers: list[float], share: float) -> None:
    """Of a few values too: the one at rank ceil(share * count) of a full sort, to half a percent."""
    rank = max(1, math.ceil(share * len(numbers)))

    assert filled(numbers).quantile(share) == pytest.approx(sorted(numbers)[rank - 1], rel=HALF_A_BIN + ROUNDING)


@prove
@given(values)
def test_count_mean_and_maximum_are_exact(numbers: list[float]) -> None:
    """They do not depend on bins."""
    histogram = filled(numbers)

    assert histogram.count == len(numbers)
    assert histogram.mean == pytest.approx(math.fsum(numbers) / len(numbers), rel=1e-12)
    assert histogram.maximum == max(numbers)


@prove
@given(values)
def test_quantiles_grow_with_their_share_and_end_at_the_maximum(numbers: list[float]) -> None:
    """No quantile is above the largest value."""
    histogram = filled(numbers)

    found = [histogram.quantile(share) for share in (0.0, *SHARES, 1.0)]

    assert found == sorted(found)
    assert found[-1] <= histogram.maximum


@prove
@given(values, st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_matter(numbers: list[float], generator: object) -> None:
    """Shuffled values have the same quantiles."""
    shuffled = numbers.copy()
    generator.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = filled(numbers), filled(shuffled)

    assert [one.quantile(share) for share in SHARES] == [other.quantile(share) for share in SHARES]


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    """200,000 values over eighteen decades fill no more bins than the decades have."""
    histogram = filled(10 ** np.random.default_rng(2).uniform(-6, 12, 200_000))

    assert len(histogram._bins) <= 18 * math.log(10) / math.log(1.01) + 1
    assert histogram.count == 200_000


def test_nothing_has_no_figures() -> None:
    """Without values the mean, the maximum and every quantile are 0."""
    histogram = LogHistogram()

    assert (histogram.count, histogram.mean, histogram.maximum) == (0, 0.0, 0.0)
    assert [histogram.quantile(share) for share in (0.0, 0.5, 1.0)] == [0.0, 0.0, 0.0]


def test_one_value_is_every_quantile() -> None:
    """Half a percent at most from 12.5 ms."""
    histogram = filled([12.5])

    assert all(histogram.quantile(share) == pytest.approx(12.5, rel=HALF_A_BIN) for share in (0.0, *SHARES, 1.0))


def test_the_smallest_values_count_as_a_millionth() -> None:
    """0 and 1e-9 have no logarithm to speak of; they are counted and the larger ones keep their ranks."""
    histogram = filled([0.0, 1e-9, 5.0, 7.0])

    assert histogram.quantile(0.5) == pytest.approx(1e-6, rel=HALF_A_BIN)
    assert histogram.quantile(0.75) == pytest.approx(5.0, rel=HALF_A_BIN)
    assert histogram.mean == pytest.approx(3.0)


def test_two_histograms_share_nothing() -> None:
    """What one counts the other does not see."""
    one, other = filled([1.0]), LogHistogram()

    assert (one.count, other.count, other.quantile(0.5)) == (1, 0, 0.0)
