"""The worker threads of a server: they take tasks from one queue, the most urgent first.

A worker stays with its task until it is done. The crew does not know what a task is.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

from vedette.clock import Clock

_log = logging.getLogger(__name__)


class Rank(NamedTuple):
    """How urgent a task is: the lowest rank first, then the lowest order, then the oldest."""

    rank: int
    order: int = 0


class Crew:
    """Threads and their queue. `put` may be called by any thread, the workers' own among them."""

    def __init__(self, workers: int, clock: Clock) -> None:
        self.workers, self.clock = workers, clock
        self._tasks: list[tuple[Rank, int, Callable[[], None]]] = []
        self._later: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition(threading.Lock())
        self._idle = 0
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"vedette-work-{number}", daemon=True) for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Tasks that no worker has taken yet."""
        return len(self._tasks)

    @property
    def idle(self) -> int:
        """Workers that have nothing to do."""
        return self._idle

    def put(self, rank: Rank, task: Callable[[], None]) -> None:
        """Let a worker do it."""
        with self._changed:
            heapq.heappush(self._tasks, (rank, next(self._count), task))
            if self._idle:
                self._changed.notify()

    def put_at(self, instant_ns: int, task: Callable[[], None]) -> None:
        """Let a worker do it from an instant of the clock on, before what is new."""
        with self._changed:
            heapq.heappush(self._later, (instant_ns, next(self._count), task))
            if self._idle:
                self._changed.notify()

    def close(self, patience_s: float = 10.0) -> None:
        """Let the workers end what they are at, and forget the rest; one that takes longer is left to the process."""
        with self._changed:
            self._closed = True
            self._tasks.clear()
            self._later.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(patience_s)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:  # noqa: BLE001 - a task tells its own errors: this one is a bug, and must not cost a worker
                _log.exception("a task of the crew failed")
            del task  # and with it what it holds

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._closed:
                wait_ns = self._until_later()
                if self._tasks:
                    return heapq.heappop(self._tasks)[2]
                self._idle += 1
                self._changed.wait(None if wait_ns is None else wait_ns / 1e9)
                self._idle -= 1
            return None

    def _until_later(self) -> int | None:
        """Move what is due now to the tasks; the time until the next is due."""
        now_ns = self.clock.now_ns() if self._later else 0
        while self._later and self._later[0][0] <= now_ns:
            _, count, task = heapq.heappop(self._later)
            heapq.heappush(self._tasks, (Rank(0), count, task))
        return self._later[0][0] - now_ns if self._later else None
