"""Time that jumps: an event loop that never waits, and a clock that reads it.

    timer due in 30 s -> nothing else is ready -> the loop moves its clock on by 30 s -> the timer runs, at once

Instants are whole nanoseconds, so that a schedule comes out exactly. There are no sockets and no threads in it: what
waits for them would wait for ever, and is an error.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FUZZ_NS = 0.1


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop that moves its own time on to the next timer whenever nothing is ready."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 0
        self._selector = self
        self._clock_resolution = 0.5e-9

    def time(self) -> float:
        return self.now_ns / 1e9

    def select(self, timeout: float | None) -> list[Any]:
        """What a selector does; it is called with the seconds until the next timer, None where there is none."""
        if timeout is None:
            raise RuntimeError("everything waits, and no timer is set: in virtual time nothing can happen any more")
        self.now_ns += max(0, math.ceil(timeout * 1e9 - _FUZZ_NS))
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no sockets, so nothing comes from them."""

    def _write_to_self(self) -> None:
        """Nothing sleeps that would have to be woken."""


class VirtualClock:
    """The port `Clock` on the virtual time of the loop that runs."""

    def now_ns(self) -> int:
        return _loop().now_ns

    def wall(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.now_ns() // 1000)

    def busy(self, length_ns: int) -> None:
        """Let time pass while nothing else runs, as work does that keeps the only thread of a loop."""
        _loop().now_ns += length_ns

    async def sleep_until(self, instant_ns: int) -> None:
        loop = _loop()
        if instant_ns <= loop.now_ns:
            await asyncio.sleep(0)
            return
        woken = loop.create_future()
        timer = loop.call_at(instant_ns / 1e9, _wake, woken)
        try:
            await woken
        finally:
            timer.cancel()


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, run in virtual time from 0 on; it takes no time but that of its own steps."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


def _loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop), "a virtual clock works in virtual_time.run() only"
    return loop
