"""Correlations equal scipy, and two series that have nothing in common are seldom said to go together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from vedette.rules.stats.correlation import chance, coefficient, correlate, effective_pairs
from vedette.rules.stats.holm import holm


def wave(seed: int, count: int = 400, memory: float = 0.9) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, count + 200)
    return np.asarray(lfilter([1.0], [1.0, -memory], noise)[200:])


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**32), st.integers(4, 200), st.booleans())
def test_independent_values_give_what_scipy_gives(seed: int, count: int, tied: bool) -> None:  # noqa: FBT001
    """Both coefficients and both chances."""
    rng = np.random.default_rng(seed)
    target = rng.normal(0, 1, count)
    feature = 0.3 * target + rng.exponential(1, count)
    if tied:
        feature = np.round(feature, 0)
    if np.ptp(feature) == 0:
        return

    (one,) = correlate({"f": feature}, target, serial=False)
    pearson, spearman = stats.pearsonr(feature, target), stats.spearmanr(feature, target)

    assert one.pearson == pytest.approx(pearson.statistic, abs=1e-12)
    assert one.pearson_p == pytest.approx(pearson.pvalue, rel=1e-7, abs=1e-12)
    assert one.spearman == pytest.approx(spearman.statistic, abs=1e-12)
    assert one.spearman_p == pytest.approx(spearman.pvalue, rel=1e-7, abs=1e-12)


def test_waves_that_have_nothing_in_common_seldom_go_together() -> None:
    """200 pairs of AR(1) series: 20 at most at 5 %, where taking them as independent says so of most."""
    naive = counted = 0
    for seed in range(200):
        pair = {"f": wave(2 * seed)}, wave(2 * seed + 1)
        naive += (correlate(*pair, serial=False)[0].pearson_p or 0) < 0.05
        counted += (correlate(*pair, serial=True)[0].pearson_p or 0) < 0.05

    assert naive > 60
    assert counted <= 20


def test_the_worth_of_ar1_series_is_bartletts() -> None:
    """(1 - r r') / (1 + r r') of the pairs for long series, here 0.5 and 0.8: 0.43."""
    worth = [effective_pairs(wave(seed, 20_000, 0.5), wave(seed + 1000, 20_000, 0.8)) / 20_000 for seed in range(8)]

    assert np.mean(worth) == pytest.approx((1 - 0.4) / (1 + 0.4), rel=0.1)


def test_chances_are_corrected_over_all_features() -> None:
    """Holm's correction of each kind, and the strongest come first."""
    rng = np.random.default_rng(1)
    target = rng.normal(0, 1, 60)
    features = {f"f{n}": rng.normal(0, 1, 60) + n / 4 * target for n in range(4)}

    found = correlate(features, target, serial=False)

    assert found[0].name == "f3"
    assert [one.pearson_corrected for one in found] == pytest.approx(list(holm([one.pearson_p for one in found])))
    assert [one.spearman_corrected for one in found] == pytest.approx(list(holm([one.spearman_p for one in found])))


def test_a_constant_feature_has_no_coefficient_and_costs_nothing() -> None:
    """None, and the other's chance is not doubled for it."""
    target = np.arange(20.0)
    found = {one.name: one for one in correlate({"flat": np.full(20, 3.3), "f": target**2}, target, serial=False)}

    assert found["flat"].pearson is None
    assert found["flat"].spearman_corrected is None
    assert found["f"].spearman == pytest.approx(1.0)
    assert found["f"].pearson_corrected == found["f"].pearson_p
    assert coefficient(np.full(3, 1.0), np.arange(3.0)) is None


def test_gaps_are_left_out_in_pairs() -> None:
    """A slow feature that was read each fifth time is held against the times of these."""
    target = np.arange(50.0)
    slow = np.where(np.arange(50) % 5 == 0, -target, np.nan)

    (one,) = correlate({"slow": slow}, target, serial=False)

    assert one.count == 10
    assert one.pearson == pytest.approx(-1.0)


def test_three_pairs_say_nothing() -> None:
    """Too few for any chance."""
    (one,) = correlate({"f": np.array([1.0, 2.0, 3.0])}, np.array([1.0, 2.0, 4.0]), serial=False)

    assert one.pearson is None
    assert chance(0.9, 2) is None


def test_runs_cost_degrees_of_freedom() -> None:
    """Their means were taken away: five runs leave four pairs fewer."""
    rng = np.random.default_rng(2)
    target = rng.normal(0, 1, 30)
    feature = target + rng.normal(0, 2, 30)
    one, five = (correlate({"f": feature}, target, serial=False, groups=groups)[0] for groups in (1, 5))

    assert five.pearson == one.pearson
    assert five.pearson_p == pytest.approx(chance(one.pearson or 0, 26))
    assert math.isclose(chance(1.0, 10) or 0, 0.0)
