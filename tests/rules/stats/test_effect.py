"""Sizes of effects are what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln

from vedette.rules.stats.effect import cliff_word, effect, small_sample_correction


def test_cohens_d_is_the_difference_in_deviations() -> None:
    """Two samples with variance 2.5 whose means are 1 apart."""
    found = effect([1, 2, 3, 4, 5], [2, 3, 4, 5, 6])

    assert found.cohens_d == pytest.approx(-1 / 2.5**0.5, rel=1e-12)


def test_hedges_g_shrinks_it_by_the_published_factor() -> None:
    """For 8 degrees of freedom 0.9027 (Hedges 1981, table 1), near to 1 - 3 / (4 df - 1)."""
    found = effect([1, 2, 3, 4, 5], [2, 3, 4, 5, 6])

    assert found.hedges_g == pytest.approx((found.cohens_d or 0) * 0.9027, rel=1e-4)
    assert small_sample_correction(8) == pytest.approx(1 - 3 / 31, rel=1e-3)
    assert small_sample_correction(50) == pytest.approx(np.exp(gammaln(25) - gammaln(24.5)) / 5, rel=1e-12)


def test_cliffs_delta_is_counted_over_all_pairs() -> None:
    """Brute force, and the ends for samples that do not overlap."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 9, 40).astype(float), rng.integers(2, 11, 30).astype(float)
    expected = np.mean([np.sign(a - b) for a in first for b in second])

    assert effect(first, second).cliffs_delta == pytest.approx(expected, abs=1e-12)
    assert effect([1, 2], [3, 4]).cliffs_delta == -1
    assert effect([3, 4], [1, 2]).cliffs_delta == 1


def test_without_deviation_there_is_no_d() -> None:
    """Constant samples: None, and not infinite."""
    found = effect([1, 1], [2, 2])

    assert found.cohens_d is None
    assert found.hedges_g is None
    assert found.cliffs_delta == -1


@pytest.mark.parametrize(
    ("delta", "word"), [(0.0, "negligible"), (-0.2, "small"), (0.4, "medium"), (-0.474, "large"), (1.0, "large")]
)
def test_words_follow_the_published_limits(delta: float, word: str) -> None:
    """0.147, 0.33 and 0.474, whichever the sign."""
    assert cliff_word(delta) == word
