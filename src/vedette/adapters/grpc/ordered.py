"""Messages of a stream that are worked on at the same time and answered in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from vedette.adapters.grpc.method import Call, Stream

_AHEAD = 16
"""Messages of one stream that are under way at the same time; the next is not read before an answer was written."""


async def answered_in_order(stream: Stream, answer: Callable[[bytes, Call], Awaitable[bytes]]) -> None:
    """Answer each message of a stream; when the stream breaks off, what is under way is cancelled.

    Args:
        stream: of messages.
        answer: makes the answer of one message; it raises nothing but for the end of the call.

    Raises:
        OverloadedError: the server shuts down; what was read by then has been answered.
    """
    begun: asyncio.Queue[asyncio.Future[bytes] | None] = asyncio.Queue()
    room = asyncio.Semaphore(_AHEAD)
    under_way: set[asyncio.Future[bytes]] = set()

    async def read() -> None:
        try:
            await room.acquire()
            async for message, call in stream.messages():
                task = asyncio.ensure_future(answer(message, call))
                under_way.add(task)
                begun.put_nowait(task)
                await room.acquire()
        finally:
            begun.put_nowait(None)

    reading = asyncio.create_task(read())
    try:
        while (task := await begun.get()) is not None:
            await stream.write(await task)
            under_way.discard(task)
            room.release()
        await reading
    finally:
        reading.cancel()
        for task in under_way:
            task.cancel()
