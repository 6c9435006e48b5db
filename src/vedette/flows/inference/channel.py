"""A queue between two stages that is bounded in items and in bytes and can be closed.

A full channel makes its writers wait: that is the whole of back-pressure. Used from one event loop only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

QUEUE_BYTES = 256 * 1024 * 1024
"""Bytes that wait in one channel at most; a single larger item is let through alone."""


class Channel(Generic[T]):
    """Items in order, from many writers to many readers."""

    def __init__(self, max_items: int, size_of: Callable[[T], int], max_bytes: int = QUEUE_BYTES) -> None:
        self._max_items, self._max_bytes, self._size_of = max_items, max_bytes, size_of
        self._items: deque[T] = deque()
        self._bytes = 0
        self._closed = False
        self._readers: deque[asyncio.Future[None]] = deque()
        self._writers: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def waiting_bytes(self) -> int:
        """Bytes of the items that wait."""
        return self._bytes

    async def put(self, item: T) -> None:
        """Append an item; waits while the channel is full."""
        size = self._size_of(item)
        while self._items and (len(self._items) >= self._max_items or self._bytes + size > self._max_bytes):
            await _wait(self._writers)
        self.put_now(item)

    def put_now(self, item: T) -> None:
        """Append an item without waiting: for writers that are held back by other means."""
        self._items.append(item)
        self._bytes += self._size_of(item)
        _wake(self._readers)

    async def take(self, at_most: int = 1) -> list[T]:
        """Wait for an item, then remove up to `at_most`, the oldest first; an empty list says: closed and empty."""
        while not self._items and not self._closed:
            await _wait(self._readers)
        taken = [self._items.popleft() for _ in range(min(at_most, len(self._items)))]
        self._bytes -= sum(self._size_of(item) for item in taken)
        for _ in taken:
            _wake(self._writers)
        if self._items or self._closed:
            _wake(self._readers)
        return taken

    def drain(self) -> list[T]:
        """Remove everything, without waiting."""
        taken, self._items, self._bytes = list(self._items), deque(), 0
        return taken

    def close(self) -> None:
        """Say that no more items will come."""
        self._closed = True
        while self._readers:
            _wake(self._readers)


async def _wait(queue: deque[asyncio.Future[None]]) -> None:
    future = asyncio.get_running_loop().create_future()
    queue.append(future)
    try:
        await future
    except asyncio.CancelledError:
        if future.done() and not future.cancelled():
            _wake(queue)  # the wake-up that came to this cancelled waiter belongs to the next
        raise
    finally:
        if future in queue:
            queue.remove(future)


def _wake(queue: deque[asyncio.Future[None]]) -> None:
    while queue:
        future = queue.popleft()
        if not future.done():
            future.set_result(None)
            return
