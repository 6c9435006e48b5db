"""The input of a pipeline is read image by image, in a thread of its own, when somebody asks for the next one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from vedette.clock import Clock
from vedette.flows.inference.acquire import Arrival, Source, identity
from vedette.flows.interface.aside import Aside
from vedette.values.frame import Frame, Reject
from vedette.values.timeline import Span


@dataclass(frozen=True, slots=True)
class Opened:
    """An input that was found: `single` says that it is one image, not a folder, a pattern or a video."""

    source: Source
    single: bool


class Endpoints(Protocol):
    """Knows what addresses name, and which the operator allows to be read."""

    def check(self, address: str) -> None:
        """Raise what speaks against an address, as far as that can be told without looking whether it is there.

        Raises:
            InvalidError, UnsupportedError: nothing that is read can be meant.
            ForbiddenError: the operator does not allow it.
        """

    def open(self, address: str) -> Opened:
        """What an address names; blocks.

        Raises:
            NotFoundError: it is not there.
            VedetteError: as `check` does.
        """


class Reading:
    """A source that is being read; a context that leaves its thread behind, not waited for, if it hangs."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source, self._clock = source, clock
        self._frames: Iterator[Frame | Reject] | None = None
        self._ordinal = 0
        self._thread = Aside("vedette-acquire")

    async def following(self) -> Arrival | None:
        """The next image, or why it could not be had; None at the end."""
        return await self._thread.run(self._next)

    def __enter__(self) -> Self:
        """The reading itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the source where it was read."""
        self._thread.last(self._close)
        self._thread.__exit__()

    def _next(self) -> Arrival | None:
        if self._frames is None:
            self._frames = self._source.frames()
        started = self._clock.now_ns()
        item = next(self._frames, None)
        if item is None:
            return None
        ordinal, self._ordinal = self._ordinal, self._ordinal + 1
        span = Span("acquire", started, self._clock.now_ns())
        return Arrival(ordinal, identity(ordinal, item.source, item.index), item, span)

    def _close(self) -> None:
        if isinstance(self._frames, Generator):
            self._frames.close()
