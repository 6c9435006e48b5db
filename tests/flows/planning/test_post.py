"""Devices at their posts."""

from __future__ import annotations

import pytest
from timed_devices import EXECUTION, TimedDevices, Timing
from virtual_time import run

from vedette.errors import UnavailableError
from vedette.flows.bench.device import DeviceOrder
from vedette.flows.planning.post import Post, attempt, attempt_all, close_all, not_enforced
from vedette.values.device import DeviceKind

GONE = UnavailableError("gone", help="-")


def posts(**timings: Timing) -> list[Post]:
    devices = TimedDevices(timings)
    orders = [DeviceOrder(DeviceKind(name, 1.0), (0,), "m", "1", EXECUTION, ("a.jpg",)) for name in timings]
    return [Post(devices.make(order), 4, 12) for order in orders]


def test_what_came_of_each_step_is_kept() -> None:
    """Loading, and the work on so many images in such mini-batches."""
    (one,) = posts(a=Timing(2.0, 0.5, 0.1, not_enforced=("memory",)))

    async def both() -> None:
        await attempt(one, Post.load)
        await attempt(one, Post.do)

    run(both())

    assert one.loading is not None
    assert one.work is not None
    assert (one.loading.load_s, one.work.images, len(one.work.batches_ns)) == (2.0, 12, 3)
    assert not_enforced([one, one]) == ("memory",)


def test_a_failure_is_kept_and_no_further_step_is_tried() -> None:
    """The others take theirs."""
    dead, alive = posts(a=Timing(fails=GONE, fails_at="load"), b=Timing())

    async def both() -> None:
        await attempt_all([dead, alive], Post.load)
        await attempt_all([dead, alive], Post.do)

    run(both())

    assert (dead.failed, dead.loading, dead.work) == ("gone", None, None)
    assert (alive.failed, alive.work is not None) == ("", True)


def test_what_cannot_be_ended_is_told_and_the_others_are_ended() -> None:
    """What is no error of a device is a mistake of ours, and is not hidden."""
    stuck, other = posts(a=Timing(fails=GONE, fails_at="close"), b=Timing())

    run(close_all([stuck, other]))

    assert (stuck.left, other.left) == ("gone", "")
    assert other.device.closed == 1  # type: ignore[attr-defined]

    wrong = posts(a=Timing(fails=ZeroDivisionError(), fails_at="close"))  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        run(close_all(wrong))
