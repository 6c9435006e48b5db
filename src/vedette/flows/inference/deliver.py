"""Outcomes leave: put back into the order in which the images came, then handed to every sink through its own queue."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from vedette.errors import VedetteError
from vedette.flows.inference.channel import Channel
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.inference.window import Window

_AT_ONCE = 64
"""Deliveries that a sink is given in one go at most."""

_WAITING = 64
"""Deliveries that wait for one sink at most."""


class Sink(Protocol):
    """Where outcomes go. `write` and `close` may block; they are called one after the other, never at the same time."""

    def write(self, delivery: Delivery) -> None:
        """Take one outcome.

        Raises:
            ExhaustedError: no room is left; the run ends.
        """

    def close(self, *, complete: bool) -> None:
        """No more will come. `complete` is false when the run was interrupted or failed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """All outcomes of one image, and the bytes with which it came in."""

    ordinal: int
    arrival_bytes: int
    deliveries: tuple[Delivery, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory."""
        return sum(delivery.size_bytes for delivery in self.deliveries)


def queue_for_sink() -> Channel[Delivery]:
    """What waits for one sink."""
    return Channel(_WAITING, lambda delivery: delivery.size_bytes)


async def deliver(
    finished: Channel[Finished], queues: Mapping[Sink, Channel[Delivery]], window: Window, threads: Executor
) -> None:
    """Hand every image to every sink, in the order of arrival, until `finished` closes; frees the `window`."""
    async with asyncio.TaskGroup() as tasks:
        for sink, waiting in queues.items():
            tasks.create_task(_feed(sink, waiting, threads))
        await _in_order(finished, queues.values(), window)
        for waiting in queues.values():
            waiting.close()


def deliver_rest(queues: Mapping[Sink, Channel[Delivery]]) -> None:
    """After an interruption: what was handed to one sink is written by all; a sink that fails keeps what it has."""
    for sink, waiting in queues.items():
        with suppress(VedetteError):
            for delivery in waiting.drain():
                sink.write(delivery)


async def _in_order(finished: Channel[Finished], queues: Collection[Channel[Delivery]], window: Window) -> None:
    early: dict[int, Finished] = {}
    turn = 0
    while taken := await finished.take(_AT_ONCE):
        early.update((image.ordinal, image) for image in taken)
        while turn in early:
            image = early.pop(turn)
            for delivery in image.deliveries:
                await _hand_out(delivery, queues)
            turn += 1
            window.leave(image.arrival_bytes)
    assert not early, "every image before a finished one finishes too"


async def _hand_out(delivery: Delivery, queues: Collection[Channel[Delivery]]) -> None:
    left = deque(queues)
    try:
        while left:
            await left[0].put(delivery)
            left.popleft()
    finally:
        for waiting in left:  # interrupted in between: no sink gets more than another
            waiting.put_now(delivery)


async def _feed(sink: Sink, waiting: Channel[Delivery], threads: Executor) -> None:
    loop = asyncio.get_running_loop()
    while taken := await waiting.take(_AT_ONCE):
        # shielded: what was taken is written, whenever the run is interrupted
        await asyncio.shield(loop.run_in_executor(threads, _write_all, sink, taken))


def _write_all(sink: Sink, deliveries: list[Delivery]) -> None:
    for delivery in deliveries:
        sink.write(delivery)
