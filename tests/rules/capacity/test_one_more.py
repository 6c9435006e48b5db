"""What decides a plan of fewest devices, in words whose figures are those of plans solved again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deadline_cases import affine, capability, demand

from vedette.rules.capacity.deadline import fewest_devices
from vedette.rules.capacity.one_more import exact_text, grown
from vedette.values.deadline import DeadlineClass

FAST = affine("fast", 0.5, 0.2, 0.1, most=4)


def test_what_one_more_second_device_or_image_buys() -> None:
    """A mini-batch of 4 takes 1.1 s first and 0.6 s later: 12 images in 2.3 s a device; 20 images on one take 3.5 s."""
    found = fewest_devices(demand([(FAST, 3)], 20, 2.3), [FAST])

    assert [(one.limit, one.one_more) for one in found.binding] == [
        ("within", "one second more: these 2 devices would do 8 images more; with 3.5 s 1 device would be enough"),
        ("devices", "one more device: done in 1.7 s instead of 2.3 s"),
        ("images", "4 images more would fit on these 2 devices; one beyond them takes 3 devices"),
    ]


def test_a_device_beyond_the_fleet_is_told_as_one() -> None:
    """Every device of the fleet is in use."""
    found = fewest_devices(demand([(FAST, 2)], 20, 2.3), [FAST])

    assert found.binding[1].one_more == "one more device fast beyond the fleet: done in 1.7 s instead of 2.3 s"
    assert found.binding[2].one_more.endswith("no fleet of this size does more")


def test_ends_that_differ_little_look_different() -> None:
    """One device ends after 99.993 s and two after 99.9915 s, which three figures would both call 100 s."""
    slow = capability("slow", [(1, 99.99, 0.0001)])
    found = fewest_devices(demand([(slow, 2)], 31, 100.0), [slow])

    assert found.binding[1].one_more == "one more device: done in 99.992 s instead of 99.993 s"


@pytest.mark.parametrize(
    ("kind", "told"), [(DeadlineClass.HARD, ", as the deadline counts"), (DeadlineClass.RELAXED, "instead of 2.3 s")]
)
def test_times_that_are_not_the_expected_ones_are_told_as_such(kind: DeadlineClass, told: str) -> None:
    """A soft or hard deadline counts with longer times than the makespan that the plan expects."""
    asked = replace(demand([(FAST, 3)], 20, 2.3), deadline=kind)

    assert fewest_devices(asked, [FAST]).binding[1].one_more.endswith(told)


def test_limits_that_hold_devices_back_are_named() -> None:
    """Two later uses, mini-batches of three: one more of each does more images in 9 s."""
    found = fewest_devices(demand([(FAST, 1)], 9, 9.0, uses=2, batch=3), [FAST])

    assert [(one.limit, one.one_more) for one in found.binding[3:]] == [
        ("uses", "one use more: this device would do 3 images more"),
        ("batch", "one image a mini-batch more: this device would do 3 images more"),
    ]


def test_times_are_rounded_up_to_a_millisecond() -> None:
    """A time that is named as enough is enough."""
    assert exact_text(2.9000000001) == "2.9 s"
    assert exact_text(2.9001) == "2.901 s"
    assert exact_text(0.060000000001) == "60 ms"
    assert exact_text(0.0600001) == "60.001 ms"
    assert exact_text(12345.6781) == "12,345.679 s"


def test_a_fleet_grows_by_one_kind() -> None:
    """Others stay."""
    fleet = demand([(FAST, 2), (affine("slow", 1, 1, 1), 1)], 1).fleet

    assert [stock.count for stock in grown(fleet, "slow", 4).stocks] == [2, 5]
