"""The target that does nothing."""

from __future__ import annotations

import asyncio

from vedette.adapters.targets.null import NullTarget
from vedette.clock import SystemClock
from vedette.flows.bench.target import Reply
from vedette.values.requests import Status
from vedette.values.trial import Scope


def test_it_answers_at_once() -> None:
    """Without looking at the clock; its scope is the harness."""

    async def go() -> None:
        target = NullTarget(0.0, None)
        assert (await target.open([b"x"])).scope is Scope.HARNESS
        assert await target.send(0) == Reply(Status.OK)
        await target.close()

    asyncio.run(go())


def test_it_answers_after_its_time_and_not_before() -> None:
    """Requests do not wait for each other: fifty of 20 ms end long before a second."""
    clock = SystemClock()

    async def go() -> int:
        target = NullTarget(20.0, clock)
        started = clock.now_ns()
        await asyncio.gather(*(target.send(0) for _ in range(50)))
        return clock.now_ns() - started

    assert 20_000_000 <= asyncio.run(go()) < 1_000_000_000
