"""A profile at the speed that its machine has now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_profiles import failed_point, made_point, made_profile, profile_of

from vedette.errors import UsageError
from vedette.rules.capacity.capable import capability
from vedette.rules.capacity.refreshed import Present, checked_look_s, refreshed, watched_batch
from vedette.values.demand import Start
from vedette.values.moment import Moment
from vedette.values.profile import AfterIdle, Profile


def at(profile: Profile, ratio: float) -> Profile:
    return refreshed(profile, Present("now", "2026-01-02T04:00:00+00:00", ratio, "a look"))


@given(ratio=st.floats(0.1, 10.0), start=st.sampled_from(list(Start)))
def test_every_time_of_a_plan_is_that_many_times_as_long(ratio: float, start: Start) -> None:
    """First and later mini-batches with their deviations, loading, and the longest ones; memory stays."""
    profile = made_profile({1: 20.0, 4: 60.0, 8: 110.0}, peak_mb=300.0)

    before, after = (capability(one, None, start).options for one in (profile, at(profile, ratio)))

    for old, new in zip(before, after, strict=True):
        for was, now in ((old.first_s, new.first_s), (old.later_s, new.later_s)):
            assert (now.mean, now.within) == pytest.approx((was.mean * ratio, was.within * ratio))
            assert now.between == pytest.approx((was.between or 0.0) * ratio)
            assert (now.count, now.trials) == (was.count, was.trials)
        assert new.longest_first_s == pytest.approx(old.longest_first_s * ratio)
        assert new.longest_later_s == pytest.approx(old.longest_later_s * ratio)
        assert (new.batch, new.peak_bytes) == (old.batch, old.peak_bytes)


def test_energy_failures_and_what_was_profiled_stay() -> None:
    """Only times drift with the machine: what a request takes besides its image is one, what idleness costs a share."""
    profile = replace(
        profile_of(made_point(1, 20.0, energy_j=3.0), failed_point(2)),
        request_s=Moment(0.002, 0.001, 0.0005, 9, 3),
        after_idle=(AfterIdle(0.1, 1.2),),
    )

    found = at(profile, 2.0)

    assert found.points[0].energy_j == profile.points[0].energy_j
    assert found.points[1] == profile.points[1]
    assert found.request_s == Moment(0.004, 0.002, 0.001, 9, 3)
    assert found.after_idle == profile.after_idle
    assert (found.profiled, found.environment) == (profile.profiled, profile.environment)


def test_what_devices_differ_by_while_they_work_together_is_a_time_too() -> None:
    """Where it is known."""
    point = made_point(1, 20.0)
    assert point.latency_s is not None

    found = at(profile_of(replace(point, latency_s=replace(point.latency_s, apart=0.001))), 3.0).points[0]

    assert found.latency_s is not None
    assert found.latency_s.apart == pytest.approx(0.003)


def test_the_measured_profile_behind_it_is_known() -> None:
    """Also of one that is refreshed again: it is always the one that was measured."""
    once = at(made_profile({1: 20.0}), 2.0)
    again = refreshed(once, Present("later", "2026-01-02T05:00:00+00:00", 0.5, "a look"))

    assert (once.id, once.refreshed_from) == ("now", "20260102-030405-0a1b2c3d")
    assert (again.id, again.refreshed_from) == ("later", "20260102-030405-0a1b2c3d")
    assert again.points[0].latency_s == pytest.approx(made_profile({1: 20.0}).points[0].latency_s)


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("nan")])
def test_a_ratio_that_is_none_is_a_mistake(ratio: float) -> None:
    """Of the caller."""
    with pytest.raises(ValueError, match="above 0"):
        at(made_profile({1: 20.0}), ratio)


def test_most_images_a_second_are_looked_at() -> None:
    """Of the mini-batches that come eight times in the time of the look; else the smallest."""
    profile = made_profile({1: 20.0, 4: 60.0, 8: 110.0, 64: 800.0})

    assert [watched_batch(profile, None, seconds)[0] for seconds in (10.0, 5.0, 0.5, 0.1)] == [64, 8, 4, 1]
    assert watched_batch(profile, None, 10.0)[1] == pytest.approx(0.8, rel=0.05)


@pytest.mark.parametrize("seconds", [0.0, 0.99, 601.0, float("nan")])
def test_a_look_that_is_too_short_or_too_long_is_refused(seconds: float) -> None:
    """Below a second little is seen; after ten minutes the machine is another one."""
    with pytest.raises(UsageError, match="no time to look"):
        checked_look_s(seconds)
    assert (checked_look_s(1.0), checked_look_s(600.0)) == (1.0, 600.0)
