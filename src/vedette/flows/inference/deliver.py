"""Outcomes leave: put back into the order in which the images came, then handed to every sink through its own queue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

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


async def deliver(finished: Channel[Finished], sinks: Sequence[Sink], window: Window, threads: Executor) -> None:
    """Hand every image to every sink, in the order of arrival, until `finished` closes; frees the `window`."""
    queues = [Channel[Delivery](_WAITING, lambda delivery: delivery.size_bytes) for _ in sinks]
    async with asyncio.TaskGroup() as tasks:
        for sink, waiting in zip(sinks, queues, strict=True):
            tasks.create_task(_feed(sink, waiting, threads))
        await _in_order(finished, queues, window)
        for waiting in queues:
            waiting.close()


async def _in_order(finished: Channel[Finished], queues: list[Channel[Delivery]], window: Window) -> None:
    early: dict[int, Finished] = {}
    turn = 0
    while taken := await finished.take(_AT_ONCE):
        early.update((image.ordinal, image) for image in taken)
        while turn in early:
            image = early.pop(turn)
            for delivery in image.deliveries:
                for waiting in queues:
                    await waiting.put(delivery)
            turn += 1
            window.leave(image.arrival_bytes)
    assert not early, "every image before a finished one finishes too"


async def _feed(sink: Sink, waiting: Channel[Delivery], threads: Executor) -> None:
    loop = asyncio.get_running_loop()
    while taken := await waiting.take(_AT_ONCE):
        await loop.run_in_executor(threads, _write_all, sink, taken)


def _write_all(sink: Sink, deliveries: list[Delivery]) -> None:
    for delivery in deliveries:
        sink.write(delivery)
