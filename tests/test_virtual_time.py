"""The event loop whose time jumps."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from virtual_time import VirtualClock, run

from vedette.clock import Clock

HOUR_NS = 3_600_000_000_000


def test_a_sleep_ends_at_its_instant_exactly() -> None:
    """Instants that no float holds are met to the nanosecond, hours ahead too, and the wall clock goes with them."""

    async def naps() -> list[int]:
        clock: Clock = VirtualClock()
        begun, read = clock.wall(), [clock.now_ns()]
        for instant in (1, 333_333_333, HOUR_NS + 7, 240 * HOUR_NS + 1):
            await clock.sleep_until(instant)
            read.append(clock.now_ns())
        assert clock.wall() - begun == timedelta(hours=240)
        return read

    assert run(naps()) == [0, 1, 333_333_333, HOUR_NS + 7, 240 * HOUR_NS + 1]


def test_sleepers_wake_in_the_order_of_their_instants() -> None:
    """A nanosecond apart is enough; those of the same instant wake in the order in which they went to sleep."""

    async def all_of_them() -> list[str]:
        woken = []

        async def sleeper(name: str, instant: int) -> None:
            await VirtualClock().sleep_until(instant)
            woken.append(name)

        instants = {"last": 10_000_000_001, "first": 10_000_000_000, "second": 10_000_000_000}
        await asyncio.gather(*(sleeper(name, instant) for name, instant in instants.items()))
        return woken

    assert run(all_of_them()) == ["first", "second", "last"]


def test_what_has_passed_is_not_waited_for() -> None:
    """A sleep into the past lets others run once, and costs no time."""

    async def late() -> int:
        clock = VirtualClock()
        await clock.sleep_until(500)
        await clock.sleep_until(20)
        return clock.now_ns()

    assert run(late()) == 500


def test_who_is_busy_makes_others_late() -> None:
    """Sleepers whose instant passes while somebody works wake right after."""

    async def two() -> list[int]:
        clock, woken = VirtualClock(), []

        async def sleeper(instant: int) -> None:
            await clock.sleep_until(instant)
            woken.append(clock.now_ns())
            clock.busy(100)

        await asyncio.gather(sleeper(10), sleeper(20), sleeper(300))
        return woken

    assert run(two()) == [10, 110, 300]


def test_time_limits_are_virtual_too() -> None:
    """The time limit of asyncio ends a sleep when its own time has come."""

    async def limited() -> int:
        clock = VirtualClock()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await clock.sleep_until(HOUR_NS)
        return clock.now_ns()

    assert run(limited()) == 2_500_000_000


def test_nothing_left_to_wait_for_is_an_error() -> None:
    """Where all wait and no timer is set, a test fails and does not hang."""

    async def stuck() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="everything waits"):
        run(stuck())
