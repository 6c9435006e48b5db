"""The interval of a share, held against SciPy's own and against the binomial distribution."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from vedette.rules.stats.proportion import proportion_estimate


@given(st.integers(1, 400).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_interval_is_the_exact_binomial_one(counted: tuple[int, int]) -> None:
    """SciPy's exact test gives the same ends."""
    found = proportion_estimate(*counted)
    truth = binomtest(*counted).proportion_ci(0.95, method="exact")

    assert (found.low, found.high) == pytest.approx((truth.low, truth.high), abs=1e-9)
    assert found.value == counted[0] / counted[1]


@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
def test_interval_covers_the_truth_as_often_as_it_says(share: float) -> None:
    """Over all outcomes of 30 trials it misses the true share with a probability of 5 % at most."""
    missed = 0.0
    for successes in range(31):
        found = proportion_estimate(successes, 30)
        assert found.low is not None
        assert found.high is not None
        if not found.low <= share <= found.high:
            missed += binom.pmf(successes, 30, share)

    assert missed <= 0.05


def test_nothing_counted_gives_no_share() -> None:
    """It is told, and is not 0."""
    found = proportion_estimate(0, 0)

    assert found.value is None
    assert found.reason == "nothing was counted"


def test_figures_of_the_planning_page_are_right() -> None:
    """Of 30 plans 28 held: between 78 % and 99 %."""
    found = proportion_estimate(28, 30)

    assert (round(found.low or 0, 2), round(found.high or 0, 2)) == (0.78, 0.99)


@pytest.mark.parametrize("counted", [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(counted: tuple[int, int]) -> None:
    """There are never more successes than trials."""
    with pytest.raises(ValueError, match="successes"):
        proportion_estimate(*counted)
