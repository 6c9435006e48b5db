"""The queue between two stages."""

from __future__ import annotations

import asyncio

import pytest

from vedette.flows.inference.channel import Channel


def channel(items: int = 2, max_bytes: int = 100) -> Channel[bytes]:
    return Channel(items, len, max_bytes)


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_items_come_out_in_the_order_in_which_they_went_in() -> None:
    """First in, first out."""

    async def scenario() -> list[bytes]:
        queue = channel(3)
        for item in (b"a", b"b", b"c"):
            await queue.put(item)
        queue.close()
        return [item for _ in range(3) for item in await queue.take()]

    assert asyncio.run(scenario()) == [b"a", b"b", b"c"]


def test_a_channel_full_of_items_holds_its_writer_until_one_is_taken() -> None:
    """Back-pressure by number."""

    async def scenario() -> None:
        queue = channel(2)
        await queue.put(b"a")
        await queue.put(b"b")
        writer = asyncio.create_task(queue.put(b"c"))
        await settle()
        assert not writer.done()

        await queue.take()
        await settle()
        assert writer.done()
        assert len(queue) == 2

    asyncio.run(scenario())


def test_a_channel_full_of_bytes_holds_its_writer() -> None:
    """Back-pressure by size."""

    async def scenario() -> None:
        queue = channel(10, max_bytes=10)
        await queue.put(b"12345678")
        writer = asyncio.create_task(queue.put(b"abc"))
        await settle()
        assert not writer.done()
        assert queue.waiting_bytes == 8

        await queue.take()
        await writer
        assert queue.waiting_bytes == 3

    asyncio.run(scenario())


def test_an_item_larger_than_the_limit_passes_alone() -> None:
    """A limit never blocks for ever."""

    async def scenario() -> None:
        queue = channel(10, max_bytes=4)
        await queue.put(b"much too large")
        assert await queue.take() == [b"much too large"]

    asyncio.run(scenario())


def test_a_reader_takes_what_is_there_and_does_not_wait_for_more() -> None:
    """Up to the number it asks for."""

    async def scenario() -> None:
        queue = channel(8)
        reader = asyncio.create_task(queue.take(3))
        await settle()
        assert not reader.done()

        for item in (b"a", b"b", b"c", b"d"):
            await queue.put(item)
        assert await reader == [b"a", b"b", b"c"]
        assert await queue.take(3) == [b"d"]

    asyncio.run(scenario())


def test_a_closed_channel_gives_its_rest_and_then_nothing() -> None:
    """Readers that wait learn of it too."""

    async def scenario() -> None:
        queue = channel(8)
        await queue.put(b"a")
        queue.close()
        assert await queue.take(3) == [b"a"]
        assert await queue.take(3) == []

        other = channel(8)
        reader = asyncio.create_task(other.take())
        await settle()
        other.close()
        assert await reader == []

    asyncio.run(scenario())


def test_many_writers_and_readers_lose_and_double_nothing() -> None:
    """Every item arrives once."""

    async def scenario() -> list[int]:
        queue: Channel[int] = Channel(3, lambda _: 1)
        seen: list[int] = []

        async def write(first: int) -> None:
            for number in range(first, first + 100):
                await queue.put(number)

        async def read() -> None:
            while part := await queue.take(2):
                seen.extend(part)

        readers = [asyncio.create_task(read()) for _ in range(3)]
        await asyncio.gather(*(write(100 * number) for number in range(4)))
        queue.close()
        await asyncio.gather(*readers)
        return seen

    assert sorted(asyncio.run(asyncio.wait_for(scenario(), 10))) == list(range(400))


def test_a_reader_that_is_cancelled_passes_its_wake_up_on() -> None:
    """A cancelled task does not take another's item with it."""

    async def scenario() -> None:
        queue = channel()
        first, second = asyncio.create_task(queue.take()), asyncio.create_task(queue.take())
        await settle()
        await queue.put(b"a")
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first

        assert await asyncio.wait_for(second, 2) == [b"a"]

    asyncio.run(scenario())
