"""How many messages of calls may be on their way in at the same time: nobody can see how much of one is there already.

    read -> a place is free: the message, within `longest_s`
         -> none is: wait for `wait_s` at most; meanwhile who has been reading for half of that loses its place

gRPC hands a message over when it is whole, and tells nothing before. So every place counts as a message of the largest
size, and the pace of a body is kept only coarsely: by the time that the whole of it may take.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from vedette.errors import DeadlineError, OverloadedError

_HELP = "send less at a time, or again in a while"


class Intake:
    """Made and used in one event loop.

    Args:
        most: messages that are read at the same time.
        wait_s: time that is waited for a place; a reader has half of it even if others wait for its place.
        longest_s: time of a message where nobody waits.
    """

    def __init__(self, most: int, wait_s: float, longest_s: float) -> None:
        self._wait_s, self._turn_s, self._longest_s = wait_s, min(wait_s / 2, longest_s), longest_s
        self._room = asyncio.Semaphore(most)
        self._readers: dict[asyncio.Timeout, float] = {}
        """Those who read, the oldest first, and when each has to be done where nobody waits."""
        self._waiting = 0

    async def read(self, message: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        """What `message` gives.

        Raises:
            OverloadedError: no place became free; or others wait for this one, and it has been held long enough.
            DeadlineError: the message did not arrive in time.
        """
        async with self._place():
            limit = asyncio.timeout(self._longest_s)
            try:
                async with limit:
                    when = limit.when()
                    assert when is not None, "it was made with a time"
                    self._readers[limit] = when
                    self._hurry()
                    return await message()
            except TimeoutError:
                raise self._late(limit) from None
            finally:
                self._readers.pop(limit, None)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        self._waiting += 1
        try:
            self._hurry()
            async with asyncio.timeout(self._wait_s):
                await self._room.acquire()
        except TimeoutError:
            raise OverloadedError("too many messages are on their way in", help=_HELP) from None
        finally:
            self._waiting -= 1
            self._hurry()
        try:
            yield
        finally:
            self._room.release()

    def _hurry(self) -> None:
        """As many of the oldest readers as there are others waiting have their turn only, the rest all of the time."""
        if not self._room.locked():
            return
        for number, (limit, when) in enumerate(self._readers.items()):
            until = when - (self._longest_s - self._turn_s if number < self._waiting else 0.0)
            if not limit.expired() and limit.when() != until:
                limit.reschedule(until)

    def _late(self, limit: asyncio.Timeout) -> DeadlineError | OverloadedError:
        if limit.when() != self._readers[limit]:
            return OverloadedError(
                f"the message did not arrive within {self._turn_s:g} s, and others wait for its place", help=_HELP
            )
        return DeadlineError(
            f"the message did not arrive within {self._longest_s:g} s", help="send it faster, or less at a time"
        )
