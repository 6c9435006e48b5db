"""Amounts are pooled as if all values lay side by side, and bounded by what was seen."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.moments import largest_seen, level, mixed, together
from vedette.values.moment import Moment

VALUES = st.lists(st.floats(0.01, 100), min_size=1, max_size=6)


def of_trials(values: list[float]) -> Moment:
    """One value from each trial."""
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Moment(statistics.fmean(values), 0.0, deviation, len(values), len(values))


@given(st.lists(VALUES, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_level_of_several_points_is_that_of_all_their_values(points: list[list[float]]) -> None:
    """Mean and sample deviation by the statistics of Python."""
    found = level([of_trials(values) for values in points])
    everything = [value for values in points for value in values]

    assert found.mean == pytest.approx(statistics.fmean(everything))
    assert found.trials == found.count == len(everything)
    if len(everything) == 1:
        assert found.between is None
    else:
        assert found.between == pytest.approx(statistics.stdev(everything), rel=1e-6, abs=1e-6)


def test_a_level_does_not_guess_the_deviation_of_a_point_that_does_not_tell_it() -> None:
    """Two trials whose deviation is not known leave that of all unknown."""
    assert level([Moment(1.0, 0.0, None, 2, 2), Moment(1.5)]).between is None


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_no_value_lies_above_the_bound(values: list[float]) -> None:
    """Samuelson's inequality."""
    assert largest_seen(of_trials(values)) >= max(values) - 1e-9


def test_the_bound_is_reached_by_one_value_apart_from_the_others() -> None:
    """It cannot be made smaller."""
    assert largest_seen(of_trials([1.0, 1.0, 1.0, 5.0])) == pytest.approx(5.0)


def test_the_bound_holds_for_single_values_within_trials() -> None:
    """One trial of four values: their deviation counts."""
    values = [1.0, 1.0, 1.0, 5.0]
    moment = Moment(statistics.fmean(values), statistics.stdev(values), None, 4, 1)

    assert largest_seen(moment) == pytest.approx(5.0)


def test_load_and_warm_up_of_one_process_add_up() -> None:
    """What is common to the process adds up whole, single values in squares."""
    found = together((Moment(1.0, 0.3, 0.1, 3, 3), Moment(2.0, 0.4, 0.2, 30, 5)))

    assert (found.mean, found.within, found.between) == (3.0, pytest.approx(0.5), pytest.approx(0.3))
    assert (found.count, found.trials) == (3, 3)
    assert together((Moment(1.0), Moment(2.0, 0.0, 0.2, 3, 3))).between is None


def test_half_way_is_half_of_everything_and_the_ends_are_themselves() -> None:
    """Of counts the smaller one."""
    low, high = Moment(1.0, 0.1, 0.2, 30, 3), Moment(3.0, 0.3, 0.6, 20, 5)

    half = mixed(low, high, 0.5)
    assert (half.mean, half.within, half.between) == (2.0, pytest.approx(0.2), pytest.approx(0.4))
    assert (half.count, half.trials) == (20, 3)
    assert mixed(low, high, 0.0) is low
    assert mixed(low, high, 1.0) is high
    assert mixed(low, Moment(3.0), 0.5).between is None


def test_what_devices_do_not_share_adds_up_and_is_interpolated_as_what_differs_between_trials() -> None:
    """Where one of two does not know it, neither does what is made of both."""
    low, high = Moment(1.0, apart=0.1, count=3, trials=3), Moment(3.0, apart=0.4, count=3, trials=3)

    assert together((low, high)).apart == pytest.approx(0.5)
    assert mixed(low, high, 0.25).apart == pytest.approx(0.175)
    assert together((low, Moment(3.0))).apart is None
    assert mixed(low, Moment(3.0), 0.25).apart is None


def test_a_level_takes_what_devices_do_not_share_of_every_trial_alike() -> None:
    """The root of the mean square: one trial at 0.1, three at 0.3."""
    found = level([Moment(1.0, apart=0.1), Moment(1.0, count=3, trials=3, apart=0.3)])

    assert found.apart == pytest.approx(math.sqrt((0.01 + 3 * 0.09) / 4))
    assert level([Moment(1.0, apart=0.1), Moment(1.0)]).apart is None


@pytest.mark.parametrize("apart", [-0.1, math.nan, math.inf])
def test_no_deviation_is_below_0_or_beyond_all_numbers(apart: float) -> None:
    """Of devices at work together as of any others."""
    with pytest.raises(ValueError, match="finite and 0 or more"):
        Moment(1.0, apart=apart)
