"""A ticket: what a request waits for, between the event loop and the workers.

    event loop: answered() waits        workers: alive? ... settle(value) | fail(error)

It ends with the answer, with its deadline, or when its caller goes; in the last two cases `alive` turns false and
nothing more is run for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from vedette.clock import Clock
from vedette.errors import DeadlineError
from vedette.flows.inference.crew import Rank
from vedette.flows.inference.trail import Run, current_trail
from vedette.values.deadline import Deadline, DeadlineClass

A = TypeVar("A")

_RANKS = {
    DeadlineClass.HARD: 1,
    DeadlineClass.SOFT: 2,
    DeadlineClass.RELAXED: 2,
    DeadlineClass.BEST_EFFORT: 3,
}

LAST_RANK = max(_RANKS.values())

BEGUN = Rank(0)
"""Batches come before anything new: what was begun is ended first."""


def rank_of(deadline: Deadline) -> Rank:
    """Hard deadlines first, the nearest before the others; best-effort in the gaps; the rest in order of arrival."""
    hard = deadline.kind is DeadlineClass.HARD and deadline.at_ns is not None
    return Rank(_RANKS[deadline.kind], deadline.at_ns if hard and deadline.at_ns is not None else 0)


def passed(under_way: Sequence[str] = ()) -> DeadlineError:
    """The error that tells of a deadline that was not met, and which own code was still at work."""
    own = f": own code {', '.join(under_way)} was still at work" if under_way else ""
    return DeadlineError(
        f"the deadline passed before the answer was there{own}", help="allow more time, or send less at a time"
    )


class Ticket(Generic[A]):
    """Made in the event loop that waits for it."""

    def __init__(self, deadline: Deadline, clock: Clock) -> None:
        self.deadline = deadline
        self.under_way: list[str] = []
        """The own code that works for it now, as `module:Class`."""
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[A] = self._loop.create_future()
        self._alive = True
        self._expired = False
        self._trail = current_trail()

    @property
    def alive(self) -> bool:
        """Whether somebody still waits, and the deadline has not passed."""
        if self._alive and self.deadline.at_ns is not None and self._clock.now_ns() >= self.deadline.at_ns:
            self._alive, self._expired = False, True
            self.fail(passed(self.under_way))
        return self._alive

    @property
    def expired(self) -> bool:
        """Whether its deadline passed while it was waited for."""
        return self._expired

    @property
    def traced(self) -> bool:
        """Whether the times of its answers are wanted."""
        return self._trail is not None

    def ran(self, run: Run) -> None:
        """Leave the times of one model's answer with the request, if it is traced (any thread; before `settle`)."""
        if self._trail is not None:
            self._trail.add(run)

    def settle(self, value: A) -> None:
        """Give the answer (any thread); nothing happens if nobody waits any more."""
        self._call(self._future.set_result, value)

    def fail(self, error: Exception) -> None:
        """Give an error in place of the answer (any thread)."""
        self._call(self._future.set_exception, error)

    async def answered(self) -> A:
        """The answer.

        Raises:
            DeadlineError: the deadline passed.
            Exception: what the workers gave in place of an answer.
        """
        timer = None
        if self.deadline.at_ns is not None:
            left_s = max(0, self.deadline.at_ns - self._clock.now_ns()) / 1e9
            timer = self._loop.call_later(left_s, self._expire)
        try:
            return await self._future
        finally:
            self._alive = False
            if timer is not None:
                timer.cancel()

    def _expire(self) -> None:
        self._alive, self._expired = False, True
        if not self._future.done():
            self._future.set_exception(passed(self.under_way))

    def _call(self, end: Callable[..., None], value: object) -> None:
        def settled() -> None:
            if not self._future.done():
                end(value)

        try:
            self._loop.call_soon_threadsafe(settled)
        except RuntimeError:  # the loop has ended, and with it everybody who waits
            self._alive = False
