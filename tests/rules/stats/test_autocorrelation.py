"""Autocorrelation, against its definition and processes whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from known_series import ar1

from vedette.rules.stats.autocorrelation import autocovariance, effective_count, inefficiency, inefficiency_of


@pytest.mark.parametrize("count", [1, 2, 7, 64, 333])
def test_the_autocovariance_is_its_definition(count: int) -> None:
    """Sums of products of deviations that lie so many values apart, over n."""
    values = np.random.default_rng(count).exponential(3, count)
    deviations = values - values.mean()

    brute = [float(deviations[lag:] @ deviations[: count - lag]) / count for lag in range(count)]

    assert autocovariance(values) == pytest.approx(brute, abs=1e-12)


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.9])
def test_an_autoregression_is_worth_what_theory_says(coefficient: float) -> None:
    """The variance of the mean of AR(1) is (1 + a) / (1 - a) times that of independent values."""
    values = ar1(np.random.default_rng(5), 200_000, coefficient)

    assert inefficiency(values) == pytest.approx((1 + coefficient) / (1 - coefficient), rel=0.1)


def test_values_that_alternate_are_not_worth_more_than_they_are() -> None:
    """One fast, one slow, one fast: n values count as n at most."""
    values = np.tile([1.0, 2.0], 500)

    assert inefficiency(values) == 1.0
    assert effective_count(values) == 1000


def test_the_same_value_over_and_over_is_not_dependence() -> None:
    """A target that always takes 10 ms gives n values, not one."""
    assert effective_count(np.full(500, 10.0)) == 500


def test_a_drift_makes_a_thousand_values_worth_a_few() -> None:
    """A straight line tells about its mean as much as a handful of values."""
    assert effective_count(np.arange(1000.0)) < 5


def test_few_values_are_taken_as_independent() -> None:
    """Below 50 there is no telling: a line of 49 values counts 49, of 50 values far fewer."""
    assert effective_count(np.arange(49.0)) == 49
    assert effective_count(np.arange(50.0)) < 10


def test_nothing_is_worth_nothing() -> None:
    """No value, no count."""
    assert effective_count([]) == 0.0
    assert inefficiency_of(np.zeros(0)) == 1.0


def test_the_sum_ends_where_noise_begins_and_never_rises() -> None:
    """Pairs 1.5, 0.1, 0.8 (taken as 0.1) and -0.1 (the end), whatever follows: 2 * 1.7 - 1."""
    covariance = np.array([1.0, 0.5, 0.1, 0.0, 0.4, 0.4, 0.2, -0.3, 5.0, 5.0])

    assert inefficiency_of(covariance) == pytest.approx(2.4)
