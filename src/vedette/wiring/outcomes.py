"""The outcomes of a pipeline as an iterator in the reader's own thread."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from vedette.errors import InvalidError
from vedette.flows.inference.postprocess import Delivery
from vedette.values.result import Outcome

_WAITING = 256


class Outcomes:
    """A sink that hands outcomes to a generator in another thread; a slow reader slows the pipeline."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Outcome | BaseException | None] = queue.Queue(_WAITING)
        self._abandoned = False

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`; waits while the reader is behind."""
        if self._abandoned:
            raise InvalidError("the results are not read any more", help="read the iterator to its end")
        self._queue.put(delivery.outcome)

    def close(self, *, complete: bool) -> None:
        """The generator learns of the end from the pipeline's own return."""

    def run(self, work: Any) -> Iterator[Outcome]:
        """Run the pipeline in a thread of its own and give its outcomes; a reader that leaves early cancels it."""
        running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

        async def supervised() -> None:
            task = asyncio.current_task()
            assert task is not None, "asyncio.run makes a task"
            running.append((asyncio.get_running_loop(), task))
            await work()

        def body() -> None:
            try:
                asyncio.run(supervised())
            except BaseException as error:  # noqa: BLE001 - it is raised again in the reader's thread
                self._queue.put(error)
            else:
                self._queue.put(None)

        thread = threading.Thread(target=body, name="vedette-map", daemon=True)
        thread.start()
        try:
            while (item := self._queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self._abandoned = True
            if thread.is_alive() and running:  # the reader left early: the work is cancelled, wherever it waits
                loop, task = running[0]
                with suppress(RuntimeError):  # it has just ended by itself
                    loop.call_soon_threadsafe(task.cancel)
            while thread.is_alive():
                self._drain()
                thread.join(0.05)

    def _drain(self) -> None:
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return
