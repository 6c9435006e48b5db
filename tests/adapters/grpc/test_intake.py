"""Messages on their way in: how many at once, for how long, and who makes room."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from vedette.adapters.grpc.intake import Intake
from vedette.errors import DeadlineError, OverloadedError


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 30))


async def at_once() -> bytes:
    return b"message"


async def never() -> bytes:
    return await asyncio.get_running_loop().create_future()


class Held:
    """A message that is let come; says when somebody reads it."""

    def __init__(self) -> None:
        self.read, self.let = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> bytes:
        self.read.set()
        await self.let.wait()
        return b"held"


def test_no_more_are_read_than_there_are_places() -> None:
    """The next one is begun when a place is free, and nothing is lost of those before."""

    async def check() -> None:
        intake, held = Intake(2, 20, 20), [Held() for _ in range(3)]
        reading = [asyncio.create_task(intake.read(one)) for one in held]
        await held[0].read.wait()
        await held[1].read.wait()
        for _ in range(5):
            await asyncio.sleep(0)

        assert not held[2].read.is_set()
        held[1].let.set()
        await held[2].read.wait()
        held[0].let.set()
        held[2].let.set()
        assert await asyncio.gather(*reading) == [b"held"] * 3

    run(check())


def test_the_oldest_makes_room_for_who_waits() -> None:
    """It has had its turn; the others go on, because one place is enough."""

    async def check() -> None:
        intake, held = Intake(2, 0.4, 20), [Held() for _ in range(2)]
        reading = []
        for one in held:
            reading.append(asyncio.create_task(intake.read(one)))
            await one.read.wait()
        found = await intake.read(at_once)

        assert found == b"message"
        with pytest.raises(OverloadedError, match=r"0\.2 s, and others wait"):
            await reading[0]
        assert not reading[1].done()
        held[1].let.set()
        assert await reading[1] == b"held"

    run(check())


def test_alone_a_message_has_all_of_its_time() -> None:
    """Longer than a turn, and not for ever."""

    async def check() -> None:
        intake = Intake(1, 0.001, 0.2)
        with pytest.raises(DeadlineError, match=r"did not arrive within 0\.2 s"):
            await intake.read(never)

        assert await intake.read(at_once) == b"message"

    run(check())


def test_who_gets_no_place_in_time_is_refused() -> None:
    """Where more wait than can have their turn; the place that becomes free later is taken again."""

    async def check() -> None:
        intake = Intake(1, 0.1, 0.3)
        found = await asyncio.gather(*(intake.read(never) for _ in range(8)), return_exceptions=True)

        assert sum("too many messages" in str(one) for one in found) >= 5
        assert await intake.read(at_once) == b"message"

    run(check())


def test_who_leaves_gives_back_its_place() -> None:
    """Whether it read or waited."""

    async def check() -> None:
        intake, held = Intake(1, 20, 20), Held()
        reading = asyncio.create_task(intake.read(held))
        await held.read.wait()
        waiting = asyncio.create_task(intake.read(never))
        await asyncio.sleep(0)
        waiting.cancel()
        reading.cancel()
        await asyncio.gather(reading, waiting, return_exceptions=True)

        assert await intake.read(at_once) == b"message"

    run(check())
