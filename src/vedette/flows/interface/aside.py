"""A thread beside the event loop for work that may hang for ever: a dead disk, a camera that says nothing.

    await run(work) -> queue -> its thread -> the result        closed: the thread ends after what it was given

It is a daemon, unlike the threads of an executor: the process does not wait for it at its end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Aside:
    """One thread, started at its first work; a context that leaves it behind, not waited for, if it hangs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = False

    async def run(self, work: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        """What the work gives or raises; works run one after the other, and one that has begun to its end."""
        result: Future[R] = Future()
        self._put(partial(_settle, result, partial(work, *given, **named)))
        return await asyncio.wrap_future(result)

    def last(self, work: Callable[[], object]) -> None:
        """Run this at the end, if the thread has run anything; nobody hears what becomes of it."""
        if self._started:
            self._put(partial(_settle, Future(), work))

    def __enter__(self) -> Self:
        """The thread itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the thread end."""
        self._queue.put(None)

    def _put(self, task: Callable[[], None]) -> None:
        self._queue.put(task)
        if not self._started:
            self._started = True
            threading.Thread(target=_work, args=(self._queue,), name=self._name, daemon=True).start()


def _work(queue: SimpleQueue[Callable[[], None] | None]) -> None:
    while (task := queue.get()) is not None:
        task()
        del task  # the next one may be long in coming, and this one holds an image


def _settle(result: Future[R], work: Callable[[], R]) -> None:
    if not result.set_running_or_notify_cancel():
        return
    try:
        found = work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, who waits must hear of it
        result.set_exception(error)
    else:
        result.set_result(found)
