"""Turns: what waits for a stream of a model, the most urgent first, and in the order of arrival where none is."""

from __future__ import annotations

import heapq
import itertools
from typing import Protocol

from vedette.flows.inference.crew import Rank


class Turn(Protocol):
    """Whoever has waited."""

    def __call__(self, *, stream: bool) -> None:
        """Go on (a worker); `stream`: with one that must be used or given back."""


class Turns:
    """Guarded by whoever holds it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Rank, int, Turn]] = []
        self._count = itertools.count()

    def wait(self, rank: Rank, later: Turn) -> None:
        """Let `later` have a turn."""
        heapq.heappush(self._waiting, (rank, next(self._count), later))

    def first(self) -> Rank | None:
        """How urgent the next one is; None: nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def take(self) -> Turn | None:
        """The next one; None: nothing waits."""
        return heapq.heappop(self._waiting)[2] if self._waiting else None
