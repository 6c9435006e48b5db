"""Mann and Whitney's test equals scipy, and holds its level on autocorrelated values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from vedette.errors import InvalidError
from vedette.rules.stats.autocorrelation import effective_count
from vedette.rules.stats.rank_test import joint_ranks, rank_test, u_statistic

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)


@prove
@given(st.integers(0, 2**32), st.integers(9, 120), st.integers(9, 120), st.booleans())
def test_it_is_scipys_without_continuity_correction(seed: int, n1: int, n2: int, tied: bool) -> None:  # noqa: FBT001
    """U and chance, with ties and without."""
    rng = np.random.default_rng(seed)
    first, second = rng.exponential(1.0, n1), rng.exponential(1.3, n2)
    if tied:
        first, second = np.round(first, 1), np.round(second, 1)

    ours = rank_test(first, second)
    theirs = stats.mannwhitneyu(first, second, use_continuity=False, method="asymptotic")

    assert ours.u == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-12)


@prove
@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(1, 20))
def test_few_values_have_their_exact_chance(seed: int, n1: int, n2: int) -> None:
    """As scipy counts it over all orders."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(0, 1, n1), rng.normal(0.5, 1, n2)

    ours = rank_test(first, second)

    assert ours.p == pytest.approx(stats.mannwhitneyu(first, second, method="exact").pvalue, rel=1e-12)
    assert ours.z is None


def test_u_counts_pairs() -> None:
    """Brute force over all pairs, ties a half."""
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 6, 30).astype(float), rng.integers(0, 6, 25).astype(float)

    pairs = [(a > b) + 0.5 * (a == b) for a in first for b in second]

    assert u_statistic(first, second) == (sum(pairs), True)
    assert joint_ranks(first, second).sum() == 55 * 56 / 2


def test_all_values_equal_say_nothing() -> None:
    """There is no order, so the chance is 1."""
    assert rank_test(np.ones(20), np.ones(20)).p == 1


def test_autocorrelated_values_of_one_server_are_seldom_called_different() -> None:
    """At 5 %, 200 pairs of AR(1) series: the naive test cries wolf in most, the counted one in 20 at most."""
    rng = np.random.default_rng(11)
    naive = counted = 0
    for _ in range(200):
        first, second = (lfilter([1.0], [1.0, -0.8], rng.normal(0, 1, 1200))[200:] for _ in range(2))
        ranks = joint_ranks(first, second)
        worth = effective_count(ranks[:1000]), effective_count(ranks[1000:])
        naive += rank_test(first, second).p < 0.05
        counted += rank_test(first, second, worth).p < 0.05

    assert naive > 60
    assert counted <= 20


@pytest.mark.parametrize("wrong", [[], [1.0, float("nan")]])
def test_no_numbers_are_refused(wrong: list[float]) -> None:
    """On either side."""
    with pytest.raises(InvalidError):
        rank_test(wrong, [1.0, 2.0])
    with pytest.raises(InvalidError):
        rank_test([1.0, 2.0], wrong)
