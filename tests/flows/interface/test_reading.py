"""An input is read image by image."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from fakes import ListSource, StepClock

from vedette.flows.inference.acquire import identity
from vedette.flows.interface.reading import Reading
from vedette.values.frame import Frame, Reject

FRAMES = [Frame("a", b"1"), Reject("b", "invalid", "no", "help"), Frame("c", b"3", 1)]


def test_each_image_with_its_id_and_time() -> None:
    """One after the other, nothing ahead of who asks, with the ids that every run gives."""

    async def check() -> None:
        source = ListSource(FRAMES)
        with Reading(source, StepClock()) as reading:
            first = await reading.following()
            taken_after_one = source.taken
            rest = [await reading.following() for _ in range(3)]

        assert taken_after_one == 1
        assert [one.item if one else None for one in (first, *rest)] == [*FRAMES, None]
        assert first.id == identity(0, "a", 0)
        assert first.span.end_ns > first.span.start_ns

    asyncio.run(check())


def test_a_source_that_breaks() -> None:
    """Its error reaches who asks."""

    async def check() -> None:
        with (
            Reading(ListSource([ValueError("broken")]), StepClock()) as reading,
            pytest.raises(ValueError, match="broken"),
        ):
            await reading.following()

    asyncio.run(check())


def test_a_source_is_closed_where_it_was_read() -> None:
    """One that is left before its end gives back what it holds, in the thread that read it."""
    closed = threading.Event()
    threads: list[str] = []

    class Held:
        def frames(self) -> Iterator[Frame]:
            try:
                yield Frame("a", b"1")
                yield Frame("b", b"2")
            finally:
                threads.append(threading.current_thread().name)
                closed.set()

    async def check() -> None:
        with Reading(Held(), StepClock()) as reading:
            await reading.following()
        assert await asyncio.to_thread(closed.wait, 30)

    asyncio.run(check())
    assert threads[0].startswith("vedette-acquire")
