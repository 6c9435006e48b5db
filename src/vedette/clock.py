"""The only module that reads time or sleeps.

`Clock` is the port that every other floor names; `SystemClock` is the real one. Durations are monotonic nanoseconds;
the wall clock is for labels only and is never subtracted.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Monotonic nanoseconds, the wall time for labels, and sleep until an absolute instant."""

    def now_ns(self) -> int:
        """Nanoseconds of a clock that never goes back; its zero has no meaning."""

    def wall(self) -> datetime:
        """The date and time in UTC, for labels."""

    async def sleep_until(self, instant_ns: int) -> None:
        """Return at `instant_ns` of `now_ns`, at once if it has passed."""


class SystemClock:
    """The clock of this machine."""

    def now_ns(self) -> int:
        """See `Clock.now_ns`."""
        return time.perf_counter_ns()

    def wall(self) -> datetime:
        """See `Clock.wall`."""
        return datetime.now(UTC)

    async def sleep_until(self, instant_ns: int) -> None:
        """See `Clock.sleep_until`."""
        await asyncio.sleep(max(0, instant_ns - self.now_ns()) / 1e9)


def cpu_ns() -> int:
    """CPU time that this process has used, all its threads, user and system, in nanoseconds."""
    return time.process_time_ns()


def since_process_start_s() -> float:
    """Seconds since the operating system started this process, to 10 ms; -1.0 where the system does not tell."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as stat:  # noqa: PTH123
            ticks = int(stat.read().rpartition(")")[2].split()[19])
    except OSError:
        return -1.0
    import os

    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
