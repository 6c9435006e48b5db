"""Images enter: a source is read in a thread of its own, each image gets its number, its id and its first stamp."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from vedette.clock import Clock
from vedette.flows.inference.channel import Channel
from vedette.flows.inference.window import Window
from vedette.values.frame import Frame, Reject
from vedette.values.timeline import Span

_PATIENCE_S = 1.0
"""How long the end of a run waits for the source's thread: inside a library it must not outlive the interpreter."""


class Source(Protocol):
    """Where images come from. Read by one thread, which may block in it."""

    def frames(self) -> Iterator[Frame | Reject]:
        """Each image, or the reason why it could not be had; never raises for one image."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame as it entered: its place in the run, its id and when it was read."""

    ordinal: int
    id: str
    item: Frame | Reject
    span: Span

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory."""
        return self.item.size_bytes if isinstance(self.item, Frame) else 0


async def acquire(
    source: Source, arrivals: Channel[Arrival], window: Window, clock: Clock, when_full: Callable[[], None]
) -> int:
    """Read the source to its end into `arrivals`; each image waits for room in the `window`.

    `when_full` is called on the event loop when an image has to wait, after those before it have arrived.
    The thread is a daemon: a source that blocks (a terminal, a dead server) holds up an interrupted run for a moment.

    Returns:
        how many images there were.
    """
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[None] = loop.create_future()
    count = 0

    def read() -> None:
        nonlocal count
        try:
            for count, arrival in enumerate(_arrivals(source, clock), 1):  # noqa: B007 - told at the end
                if not window.enter(arrival.size_bytes, lambda: _call(loop, when_full)):
                    return
                loop.call_soon_threadsafe(arrivals.put_now, arrival)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run must hear of it
            _tell(loop, finished, error)
        except BaseException as error:  # noqa: BLE001 - such as sys.exit() in an iterable of the caller's
            _tell(loop, finished, RuntimeError(f"the source ended with {error!r}"))
        else:
            _tell(loop, finished, None)

    thread = threading.Thread(target=read, name="vedette-acquire", daemon=True)
    thread.start()
    try:
        await finished
    finally:
        window.stop()
        thread.join(_PATIENCE_S)
    return count


def _arrivals(source: Source, clock: Clock) -> Iterator[Arrival]:
    frames = source.frames()
    ordinal = 0
    while True:
        started = clock.now_ns()
        item = next(frames, None)
        if item is None:
            return
        span = Span("acquire", started, clock.now_ns())
        yield Arrival(ordinal, identity(ordinal, item.source, item.index), item, span)
        ordinal += 1


def identity(ordinal: int, source: str, index: int) -> str:
    """The id of an image: the same for the same place in the same command, different for every image of a run."""
    text = f"{ordinal}\n{source}\n{index}".encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _tell(loop: asyncio.AbstractEventLoop, finished: asyncio.Future[None], error: Exception | None) -> None:
    def settle() -> None:
        if finished.done():
            return
        if error is None:
            finished.set_result(None)
        else:
            finished.set_exception(error)

    _call(loop, settle)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)
