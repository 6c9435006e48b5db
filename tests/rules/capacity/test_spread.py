"""How the time of one device is distributed: against simulated processes and the inverse of its quantiles."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from deadline_cases import option, varying
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vedette.rules.capacity.capability import Option
from vedette.rules.capacity.spread import Spread, bisected, margins, met, spread
from vedette.values.moment import Moment

VARIES = Option(4, Moment(1.0, 0.2, 0.05, 5, 5), Moment(0.1, 0.02, 0.004, 500, 5), 1.5, 0.2)


def test_the_mean_is_that_of_the_first_and_t_later_ones() -> None:
    """W + t L."""
    assert spread(VARIES, 0).mean == 1.0
    assert spread(VARIES, 90).mean == pytest.approx(10.0)


def test_deviations_are_those_of_simulated_processes() -> None:
    """20,000 processes of 31 mini-batches, each with a slowness of its own; the mean is taken as known."""
    rng = np.random.default_rng(5)
    slow = rng.standard_normal(20_000)
    first = 1.0 + 0.05 * slow + 0.2 * rng.standard_normal(20_000)
    later = 0.1 + 0.004 * slow[:, None] + 0.02 * rng.standard_normal((20_000, 30))
    took = first + later.sum(axis=1)

    known = spread(VARIES, 30)

    assert known.between is not None
    assert math.hypot(known.within, known.between / math.sqrt(1 + 1 / 5)) == pytest.approx(took.std(), rel=0.02)


@settings(deadline=None, max_examples=60)
@given(one=varying(), later=st.integers(0, 500), probability=st.floats(0.02, 0.98))
def test_probability_is_the_inverse_of_the_quantile(one: Option, later: int, probability: float) -> None:
    """The time that is met with p is met with p."""
    known = spread(one, later)
    limit = known.quantile_s(probability)

    assert limit is None or known.probability(limit) == pytest.approx(probability, abs=1e-6)


def test_a_smaller_last_mini_batch_counts_with_its_own_times() -> None:
    """W(4) + 2 L(4) + L(1)."""
    known = spread(option(4, 1.0, 0.4), 3, option(1, 0.7, 0.1))

    assert known.mean == pytest.approx(1.0 + 2 * 0.4 + 0.1)


def test_margins_are_students_and_normal() -> None:
    """z(0.975) = 1.95996; t(0.975; 2) = 4.30265 (tables), times sqrt(1 + 1/3) for one more of three."""
    assert margins(0.975, 3) == pytest.approx((1.95996, 4.30265 * math.sqrt(4 / 3)), rel=1e-5)
    assert margins(0.2, 3) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_rounding_decides_nothing() -> None:
    """0.1 + 0.2 is within 0.3; a billionth more is not. Bisection finds the root of two."""
    assert met(0.1 + 0.2, 0.3)
    assert not met(0.3 * (1 + 1e-9), 0.3)
    assert bisected(lambda x: x * x >= 2, 0, 2) == pytest.approx(math.sqrt(2), rel=1e-9)


def test_devices_at_work_together_differ_by_what_they_do_not_share() -> None:
    """0.002 of each of 30 later uses; W was measured alone, so that all its 0.05 count as the device's own."""
    side_by_side = replace(VARIES, later_s=replace(VARIES.later_s, apart=0.002))

    assert spread(side_by_side, 30).apart == pytest.approx(0.05 + 30 * 0.002)
    assert spread(side_by_side, 0).apart is None
    assert spread(VARIES, 30).apart is None


@pytest.mark.parametrize("trials", [2, 3, 10])
def test_a_deviation_is_as_often_too_small_as_too_large(trials: int) -> None:
    """Divided by the median of its ratio to the true one, that of chi over the root of its degrees of freedom."""
    between = Spread(9.0, 0.0, 0.3 * math.sqrt(1 + 1 / trials), trials)
    apart = replace(between, apart=0.2)

    assert between.deviation == pytest.approx(0.3 / median_ratio(trials - 1), rel=0.02)
    assert apart.deviation == pytest.approx(0.2 / median_ratio(trials), rel=0.01)
    assert replace(apart, within=0.1).deviation == pytest.approx(math.hypot(0.1, apart.deviation))


def median_ratio(freedom: int) -> float:
    return float(stats.chi.median(freedom)) / math.sqrt(freedom)


@settings(deadline=None, max_examples=60)
@given(one=varying(), later=st.integers(0, 500), probability=st.floats(0.02, 0.98))
def test_what_devices_share_changes_no_quantile_and_no_probability(one: Option, later: int, probability: float) -> None:
    """They hold whatever devices have in common."""
    known = spread(one, later)
    alone = replace(known, apart=None)

    assert known.quantile_s(probability) == alone.quantile_s(probability)
    assert known.probability(known.mean * 1.1) == alone.probability(known.mean * 1.1)
