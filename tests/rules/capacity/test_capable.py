"""Rows for plans and points for the batcher, out of one profile and with the same times."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made_profiles import KIND, failed_point, made_point, made_profile, profile_of
from vedette.errors import InvalidError
from vedette.rules.capacity.capable import batch_curve, capability
from vedette.values.demand import Limits, Start
from vedette.values.device import DeviceKind
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Failed, Origin, ProfilePoint

TIMES = st.lists(st.floats(0.1, 1e3), min_size=1, max_size=7)


def test_every_batch_from_the_smallest_to_the_largest_has_a_row() -> None:
    """W is the first mini-batch of a loaded process, L a later one; the profile and the quality are named."""
    found = capability(made_profile({1: 10.0, 2: 20.0, 8: 80.0}))

    assert [option.batch for option in found.options] == list(range(1, 9))
    assert [option.later_s.mean for option in found.options] == pytest.approx([0.01 * b for b in range(1, 9)])
    assert [option.first_s.mean for option in found.options] == pytest.approx([0.03 * b for b in range(1, 9)])
    assert (found.model, found.profile, found.device, found.quality) == (
        "lite0",
        "20260102-030405-0a1b2c3d",
        KIND,
        75.1,
    )


def test_no_row_lies_on_a_step_of_a_fixed_batch() -> None:
    """Of four rows at a time: 12 lies between two measured multiples and has one."""
    points = [made_point(batch, 10.0 * -(-batch // 4)) for batch in (1, 4, 8, 16)]

    found = capability(profile_of(*points, fixed_batch=4))

    assert [option.batch for option in found.options] == [1, 4, 8, 12, 16]


@pytest.mark.parametrize(("start", "first"), [(Start.COLD, 0.53), (Start.LOADED, 0.03), (Start.WARM, 0.01)])
def test_the_start_decides_what_the_first_mini_batch_takes(start: Start, first: float) -> None:
    """Cold: load and W. Loaded: W. Warm: L."""
    option = capability(made_profile({1: 10.0}), start=start).options[0]

    assert option.first_s.mean == pytest.approx(first)
    assert option.later_s.mean == pytest.approx(0.01)


def test_what_devices_do_not_share_is_told_of_later_mini_batches() -> None:
    """A share of the mean, at batches and image sizes between those that were profiled; of a warm start's W as well."""
    small, large = (
        [
            replace(point, latency_s=replace(point.latency_s, apart=0.01 * point.latency_s.mean))
            for point in (made_point(batch, each * batch, size=size) for batch in (1, 4))
        ]
        for size, each in ((Size(100, 100), 10.0), (Size(200, 200), 40.0))
    )
    profile = profile_of(*small, *large)

    for start in Start:
        option = capability(profile, Size(100, 200), start).options[1]
        assert option.later_s.apart == pytest.approx(0.01 * option.later_s.mean)
        assert option.first_s.apart == (option.later_s.apart if start is Start.WARM else None)


def test_a_cold_start_needs_a_load_time() -> None:
    """Nothing is made up."""
    profile = profile_of(ProfilePoint(1, None, Moment(0.01), Moment(0.03)))

    with pytest.raises(InvalidError, match="has no load time") as error:
        capability(profile, start=Start.COLD)
    assert "--start loaded" in error.value.help


def test_the_longest_are_those_that_were_seen() -> None:
    """Of later ones the longest is kept; of the first of each trial the deviation bounds it."""
    option = capability(made_profile({1: 10.0}), start=Start.LOADED).options[0]

    assert option.longest_later_s == pytest.approx(0.0125)
    assert option.longest_first_s == pytest.approx(0.03 * (1 + 0.02 * 2 / 3**0.5))
    assert capability(made_profile({1: 10.0}), start=Start.WARM).options[0].longest_first_s == pytest.approx(0.0125)


def test_a_cold_start_takes_the_longest_load_as_well() -> None:
    """Both at their worst."""
    option = capability(made_profile({1: 10.0}), start=Start.COLD).options[0]

    assert option.longest_first_s == pytest.approx((0.03 + 0.5) * (1 + 0.02 * 2 / 3**0.5))


@given(TIMES, st.sampled_from(Start))
@settings(max_examples=60, deadline=None)
def test_the_longest_is_never_shorter_than_the_mean_and_rows_never_fall(times: list[float], start: Start) -> None:
    """Whatever was measured."""
    options = capability(made_profile({2**power: time for power, time in enumerate(times)}), start=start).options

    for option in options:
        assert option.longest_first_s >= option.first_s.mean
        assert option.longest_later_s >= option.later_s.mean
    later = [option.later_s.mean for option in options]
    assert later == pytest.approx(sorted(later))


@given(TIMES)
@settings(max_examples=60, deadline=None)
def test_the_batcher_and_the_plans_reckon_with_the_same_times(times: list[float]) -> None:
    """At every batch, also between those that were measured."""
    profile = made_profile({2**power: time for power, time in enumerate(times)})
    curve = batch_curve(profile)

    for option in capability(profile).options:
        assert curve.latency_ms(option.batch) == pytest.approx(option.later_s.mean * 1e3)
        assert curve.high_ms(option.batch) >= curve.latency_ms(option.batch) * (1 - 1e-12)


def test_points_of_the_batch_curve_hold_all_that_the_profile_tells() -> None:
    """Times, load, memory, energy."""
    point = batch_curve(profile_of(made_point(4, 40.0, peak_mb=300, energy_j=2.0))).points[0]

    assert (point.batch, point.latency_ms, point.high_ms, point.count) == (4, 40.0, 50.0, 60)
    assert point.latency_s.mean == 0.04
    assert point.warm_up_s.mean == pytest.approx(0.12)
    assert point.load_s.mean == 0.5
    assert point.peak_bytes == 300_000_000
    assert point.energy_j.mean == 2.0


@pytest.mark.parametrize(
    ("memory_mb", "largest"), [(99.0, 0), (100.0, 1), (159.9, 3), (160.0, 4), (400.0, 8), (None, 8)]
)
def test_rows_end_where_the_memory_of_the_device_does(memory_mb: float | None, largest: int) -> None:
    """Between measured batches the memory is interpolated: 100 MB at 1, 160 MB at 4."""
    device = DeviceKind("cpu:1", 1.0, None if memory_mb is None else round(memory_mb * 1e6))
    points = (made_point(1, 10.0, peak_mb=100), made_point(4, 40.0, peak_mb=160), made_point(8, 80.0, peak_mb=400))
    found = capability(profile_of(*points), device=device)

    assert [option.batch for option in found.options] == list(range(1, largest + 1))
    assert found.device is device
    assert all(option.peak_bytes <= memory_mb * 1e6 for option in found.options if memory_mb)


@pytest.mark.parametrize(("most", "largest"), [(1, 1), (5, 5), (100, 8)])
def test_rows_end_where_the_demand_says_so(most: int, largest: int) -> None:
    """A larger limit allows no more than was measured."""
    found = capability(made_profile({1: 10.0, 8: 80.0}), limits=Limits(batch=most))

    assert found.options[-1].batch == largest


def test_rows_end_below_a_batch_that_ran_out_of_memory() -> None:
    """Those between the last that went well and the first that did not are not known."""
    found = capability(profile_of(made_point(1, 10.0), made_point(4, 40.0), failed_point(8)))

    assert [option.batch for option in found.options] == [1, 2, 3, 4]


def test_a_refused_batch_has_no_row_and_larger_ones_have() -> None:
    """8 was refused between 4 and 16, 1 and 2 below: 4 and 16 are left, and from 16 to 32 everything."""
    refused = (failed_point(batch, failed=Failed.REFUSED) for batch in (1, 2, 8))
    found = capability(profile_of(*refused, *(made_point(batch, 10.0 * batch) for batch in (4, 16, 20))))

    assert [option.batch for option in found.options] == [4, 16, 17, 18, 19, 20]


def test_a_limit_below_what_was_measured_leaves_no_row() -> None:
    """Batch 2 is not reckoned from batch 4."""
    assert capability(made_profile({4: 40.0, 8: 80.0}), limits=Limits(batch=2)).options == ()


def test_energy_is_measured_or_reckoned_from_watts_or_not_known() -> None:
    """A later mini-batch of 10 ms and 0.2 J draws 20 W, and so does the first one of 30 ms."""
    measured = profile_of(made_point(1, 10.0, energy_j=0.2))
    watts = DeviceKind("cpu:1", 1.0, watts=5.0)

    option = capability(measured, device=watts).options[0]
    assert (option.later_j, option.first_j) == (pytest.approx(0.2), pytest.approx(0.6))
    option = capability(made_profile({1: 10.0}), device=watts).options[0]
    assert (option.later_j, option.first_j) == (pytest.approx(0.05), pytest.approx(0.15))
    option = capability(made_profile({1: 10.0})).options[0]
    assert (option.later_j, option.first_j) == (None, None)


def test_a_given_list_of_times_is_enough() -> None:
    """No interval follows from it, no memory, no energy."""
    points = (ProfilePoint(b, None, Moment(t), Moment(t)) for b, t in ((1, 0.1), (4, 0.3)))
    found = capability(profile_of(*points, origin=Origin.GIVEN))

    assert len(found.options) == 4
    assert found.options[1].later_s == Moment(found.options[1].later_s.mean, 0.0, None, 1, 1)
    assert found.options[1].later_s.mean == pytest.approx(0.1 + 0.2 / 3)
    assert found.options[1].longest_later_s == pytest.approx(0.1 + 0.2 / 3)
    assert found.options[1].peak_bytes is None
