"""The times of answers go with the context of a request."""

from __future__ import annotations

import asyncio

from vedette.flows.inference.trail import MOST_RUNS, Run, Trail, begin_trail, current_trail
from vedette.values.timeline import Timeline

_RUN = Run("colour", "1", Timeline())


def test_tasks_of_a_request_share_its_trail_and_others_do_not() -> None:
    """A request finds its own trail in every task that it begins."""

    async def request(runs: int) -> int:
        trail = begin_trail()
        await asyncio.gather(*(work() for _ in range(runs)))
        return len(trail.runs)

    async def work() -> None:
        await asyncio.sleep(0)
        trail = current_trail()
        assert trail is not None
        trail.add(_RUN)

    async def both() -> list[int]:
        return await asyncio.gather(asyncio.create_task(request(2)), asyncio.create_task(request(3)))

    assert asyncio.run(both()) == [2, 3]
    assert current_trail() is None


def test_a_trail_is_bounded() -> None:
    """A stream that lives for weeks does not fill the memory."""
    trail = Trail()

    for _ in range(MOST_RUNS + 5):
        trail.add(_RUN)

    assert len(trail.runs) == MOST_RUNS
