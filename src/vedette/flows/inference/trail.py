"""What a request leaves behind for whoever traces it: the times of every answer of a model that it was given.

    the door of a protocol: begin_trail() ... a job: add(Run) ... the request has ended: runs

The trail goes with the context of the request (`contextvars`), so that no endpoint has to hand it on. Without a tracer
there is none, and nothing is kept.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from vedette.values.timeline import Timeline

MOST_RUNS = 128
"""Runs that one trail keeps; a stream of gRPC may live for weeks."""


@dataclass(frozen=True, slots=True)
class Run:
    """One answer of one model: when each stage worked on it."""

    model: str
    version: str
    timeline: Timeline


class Trail:
    """Any thread may add."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: list[Run] = []

    @property
    def runs(self) -> tuple[Run, ...]:
        """What there is so far."""
        return tuple(self._runs)

    def add(self, run: Run) -> None:
        """Keep it; beyond MOST_RUNS it is dropped."""
        if len(self._runs) < MOST_RUNS:
            self._runs.append(run)


_CURRENT: ContextVar[Trail | None] = ContextVar("vedette_trail", default=None)


def begin_trail() -> Trail:
    """A new trail, for all that is done in this context from now on."""
    trail = Trail()
    _CURRENT.set(trail)
    return trail


def current_trail() -> Trail | None:
    """That of the request in whose context this is called; None if it is not traced."""
    return _CURRENT.get()
