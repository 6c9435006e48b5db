"""Curves: affine where a line holds, monotone elsewhere, and nothing beyond what was measured."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.curve import AFFINE_WITHIN, Form, between_curves, fitted, number_at
from vedette.values.moment import Moment

MEANS = st.lists(st.floats(1e-3, 1e2), min_size=1, max_size=8)


def points(means: list[float], batches: list[int] | None = None, trials: int = 3) -> list[tuple[int, Moment]]:
    at = batches or [2**power for power in range(len(means))]
    return [
        (batch, Moment(mean, 0.04 * mean, 0.02 * mean if trials > 1 else None, 20 * trials, trials))
        for batch, mean in zip(at, means, strict=True)
    ]


def test_times_on_a_line_make_an_affine_curve_that_is_numpys() -> None:
    """Measured 1 % off the line, each batch is on the line, also between the points."""
    batches, means = [1, 2, 4, 8, 16], [3.03, 4.95, 9.0, 17.1, 32.9]
    curve = fitted(points(means, batches))
    slope, intercept = np.polyfit(batches, means, 1, w=1 / np.array(means))

    assert curve.form is Form.AFFINE
    assert 0 < curve.residual <= AFFINE_WITHIN
    assert [curve.at(b).mean for b in range(1, 17)] == pytest.approx([intercept + slope * b for b in range(1, 17)])


def test_the_deviation_about_a_line_is_added_to_that_between_processes() -> None:
    """In squares, on top of the 2 % that all points have."""
    curve = fitted(points([3.03, 4.95, 9.0, 17.1, 32.9]))
    found = curve.at(4)

    assert curve.line is not None
    assert found.between == pytest.approx(found.mean * math.hypot(0.02, curve.line.deviation), rel=0.02)
    assert found.between > 0.02 * found.mean


def test_a_kink_beyond_three_percent_makes_a_monotone_curve_through_the_points() -> None:
    """Straight between them."""
    curve = fitted(points([1.0, 1.1, 1.2, 8.0]))

    assert curve.form is Form.MONOTONE
    assert [curve.at(b).mean for b in (1, 2, 4, 8)] == [1.0, 1.1, 1.2, 8.0]
    assert curve.at(6).mean == pytest.approx(4.6)
    assert curve.line is None


@given(MEANS)
@settings(max_examples=60, deadline=None)
def test_rising_means_are_gone_through_and_nothing_falls_between_them(means: list[float]) -> None:
    """Within the residual that is told, and 3 % where a line is taken."""
    curve = fitted(points(sorted(means)))
    values = [curve.at(b).mean for b in range(1, curve.batches[-1] + 1)]

    assert all(later >= earlier * (1 - 1e-12) for earlier, later in pairwise(values))
    for batch, moment in curve.points:
        off = abs(curve.at(batch).mean - moment.mean) / moment.mean
        assert off <= curve.residual + 1e-9
        assert off <= (AFFINE_WITHIN if curve.form is Form.AFFINE else 1e-12)


@given(MEANS, st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_any_means_make_a_curve_that_never_falls_and_never_claims_to_be_surer_than_a_point(
    means: list[float], trials: int
) -> None:
    """The deviation of a point is the least that its batch has; without trials to compare there is none."""
    curve = fitted(points(means, trials=trials))
    found = [curve.at(b) for b in curve.batches]

    assert [moment.mean for moment in found] == pytest.approx(sorted(moment.mean for moment in found))
    if trials == 1:
        assert all(moment.between is None for moment in found)
    else:
        assert all(m.between >= p.between * (1 - 1e-9) for m, (_, p) in zip(found, curve.points, strict=True))
        assert all(moment.trials == 1 + len(means) * (trials - 1) for moment in found)


def test_levels_that_replace_falling_times_carry_what_they_were_moved_by() -> None:
    """2 and 1 become 1.5 twice: half a second of doubt."""
    curve = fitted(points([2.0, 1.0]))

    assert [curve.at(b).mean for b in (1, 2)] == [1.5, 1.5]
    assert curve.residual == 0.5
    assert curve.at(1).between >= 0.5


def test_a_point_of_one_trial_has_the_deviation_of_the_others() -> None:
    """As a share of its mean, and the trials that it rests on; a prediction of 1 + 1/trials makes 1 + 1/1 of it."""
    curve = fitted([(1, Moment(1.0, 0.0, 0.1, 30, 3)), (8, Moment(6.0, 0.0, None, 10, 1))])
    found = curve.at(8)

    assert found.trials == 3
    assert found.between**2 * (1 + 1 / 3) == pytest.approx(0.6**2 * (1 + 1 / 1))
    assert curve.at(1).between == pytest.approx(0.1)


def test_trials_whose_deviation_is_not_told_count_for_no_more_than_the_pool() -> None:
    """Nine trials without a deviation, three with one."""
    found = fitted([(1, Moment(1.0, 0.0, 0.1, 30, 3)), (8, Moment(6.0, 0.0, None, 90, 9))]).at(8)

    assert (found.between, found.trials) == (pytest.approx(0.6), 3)


def test_deviations_are_pooled_over_the_points_and_a_restless_one_keeps_its_own() -> None:
    """Root mean square of 1, 1 and 4 %, the degrees of freedom being the same."""
    means, shares = [1.0, 5.0, 6.0], [0.01, 0.01, 0.04]
    moments = [Moment(m, 0.0, s * m, 30, 3) for m, s in zip(means, shares, strict=True)]
    curve = fitted(list(zip([1, 2, 4], moments, strict=True)))
    pooled, more = math.sqrt(0.0018 / 3), math.sqrt((1 + 1 / 3) / (1 + 1 / 7))

    assert curve.form is Form.MONOTONE
    assert curve.at(1).between == pytest.approx(1 * pooled * more)
    assert curve.at(2).between == pytest.approx(5 * pooled * more)
    assert curve.at(4).between == pytest.approx(6 * 0.04 * more)
    assert curve.at(1).trials == 7


def test_what_devices_do_not_share_is_pooled_as_a_share_and_free_of_the_doubt_about_the_curve() -> None:
    """Root mean square of 1 % of three trials and 5 % of one, taken for both and for a point that has none."""
    moments = [
        Moment(2.0, 0.0, 0.2, 30, 3, apart=0.02),
        Moment(1.0, 0.0, None, 10, 1, apart=0.05),
        Moment(9.0, 0.0, 0.9, 30, 3),
    ]
    curve = fitted(list(zip([1, 2, 4], moments, strict=True)))
    share = math.sqrt((3 * 0.01**2 + 0.05**2) / 4)

    assert curve.at(1).mean == curve.at(2).mean == pytest.approx(1.75)
    assert curve.at(1).apart == curve.at(2).apart == pytest.approx(1.75 * share)
    assert curve.at(3).apart == pytest.approx((1.75 + 9) / 2 * share)
    assert curve.at(4).apart == pytest.approx(9 * share)


def test_a_curve_of_points_that_were_measured_alone_does_not_tell_what_devices_share() -> None:
    """Nor does one between two sizes of which one is such."""
    alone, beside = fitted(points([1.0, 2.0])), fitted([(1, Moment(1.0, 0.0, 0.1, 3, 3, 0.1)), (2, Moment(2.0))])

    assert alone.at(1).apart is None
    assert between_curves(alone, beside, 0.5).at(1).apart is None


@pytest.mark.parametrize("batch", [0, 1, 65, 10**9])
def test_beyond_the_measured_batches_there_is_no_answer_but_a_reason(batch: int) -> None:
    """It names the measured range."""
    curve = fitted(points([2.0, 4.0, 60.0], [2, 4, 64]))

    assert curve.at(batch) is None
    assert curve.why_not(batch) == f"mini-batches of {batch} lie beyond those that were measured, 2 to 64"
    assert curve.why_not(3) == ""


def test_one_point_is_a_curve_of_one_batch() -> None:
    """And of no other."""
    curve = fitted(points([2.0], [4]))

    assert curve.at(4).mean == 2.0
    assert curve.at(3) is None
    assert curve.at(5) is None


@pytest.mark.parametrize("wrong", [[], points([1.0, 2.0], [4, 4])])
def test_no_points_or_a_batch_twice_are_no_curve(wrong: list[tuple[int, Moment]]) -> None:
    """That is a mistake of the caller."""
    with pytest.raises(ValueError, match="each batch once"):
        fitted(wrong)


def test_a_curve_between_two_lies_between_them_over_the_batches_that_both_know() -> None:
    """A quarter of the way, at points of either."""
    low, high = fitted(points([1.0, 2.0, 4.0], [1, 2, 4])), fitted(points([6.0, 30.0], [2, 8]))
    found = between_curves(low, high, 0.25)

    assert found.batches == (2, 4)
    assert found.at(2).mean == pytest.approx(3.0)
    assert found.at(4).mean == pytest.approx(0.75 * 4 + 0.25 * 14)
    assert between_curves(low, fitted(points([1.0, 2.0], [5, 6])), 0.5) is None


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=6), st.integers(1, 64))
@settings(max_examples=60, deadline=None)
def test_plain_numbers_lie_on_numpys_straight_lines(values: list[float], batch: int) -> None:
    """numpy.interp, except that nothing is there beyond the ends."""
    known = [(2**power, value) for power, value in enumerate(values)]
    found = number_at(known, batch)

    if batch > known[-1][0]:
        assert found is None
    else:
        assert found == pytest.approx(np.interp(batch, *zip(*known, strict=True)))
