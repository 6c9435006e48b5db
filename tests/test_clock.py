"""The clock of this machine."""

from __future__ import annotations

import asyncio
import builtins
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from vedette.clock import Clock, SystemClock, since_process_start_s

MS = 1_000_000
TOLERANCE_NS = 1_000
"""An event loop counts in floats: it may wake some nanoseconds early."""


def test_now_never_goes_back() -> None:
    """A thousand readings are whole numbers in order."""
    clock: Clock = SystemClock()

    readings = [clock.now_ns() for _ in range(1000)]

    assert readings == sorted(readings)
    assert all(type(reading) is int for reading in readings)


def test_now_counts_nanoseconds() -> None:
    """20 ms of sleep are at least 20 million steps."""
    clock = SystemClock()
    started = clock.now_ns()

    time.sleep(0.02)

    assert 20 * MS <= clock.now_ns() - started < 10_000 * MS


def test_wall_is_the_time_in_utc() -> None:
    """The label carries its zone and is now."""
    before = datetime.now(UTC)

    wall = SystemClock().wall()

    assert wall.utcoffset() == timedelta(0)
    assert before <= wall <= datetime.now(UTC)


def test_sleep_ends_at_the_instant_and_not_before() -> None:
    """30 ms ahead is slept for 30 ms, counted on the same clock."""
    clock = SystemClock()

    async def late_ns() -> int:
        instant = clock.now_ns() + 30 * MS
        await clock.sleep_until(instant)
        return clock.now_ns() - instant

    assert -TOLERANCE_NS <= asyncio.run(late_ns()) < 5_000 * MS


@pytest.mark.parametrize("ago_ns", [0, 1, 10**12])
def test_an_instant_that_has_passed_is_not_slept_for(ago_ns: int) -> None:
    """Sleeping until the past returns at once."""
    clock = SystemClock()

    async def slept_ns() -> int:
        started = clock.now_ns()
        await clock.sleep_until(started - ago_ns)
        return clock.now_ns() - started

    assert asyncio.run(slept_ns()) < 1_000 * MS


def test_sleep_lets_others_work() -> None:
    """Even an instant that has passed gives the event loop a turn."""
    clock = SystemClock()
    seen: list[str] = []

    async def both() -> None:
        other = asyncio.create_task(note())
        await clock.sleep_until(0)
        seen.append("sleeper")
        await other

    async def note() -> None:
        seen.append("other")

    asyncio.run(both())

    assert seen == ["other", "sleeper"]


def test_a_process_knows_how_long_it_has_been_running() -> None:
    """A child that waits 0.2 s sees at least that, and no more than its parent saw."""
    code = "import time; time.sleep(0.2); from vedette.clock import since_process_start_s as s; print(s())"
    started = time.monotonic()

    told = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    assert 0.19 <= told <= time.monotonic() - started + 0.02


def test_a_system_that_does_not_tell_gives_minus_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc the answer is -1.0."""

    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError("/proc/self/stat")

    monkeypatch.setattr(builtins, "open", refuse)
    seconds = since_process_start_s()
    monkeypatch.undo()

    assert seconds == -1.0
