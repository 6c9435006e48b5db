"""An outlet: one output of a pipeline at work, with a bounded queue and a thread of its own.

    deliveries of an image -> a parcel -> the queue -> its thread: write, tried again a few times -> the parcel's end

So an output that hangs or fails holds up nobody but those who wait for it. Nothing is opened before the first parcel.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

from vedette.clock import Clock
from vedette.errors import InternalError, OverloadedError, VedetteError
from vedette.flows.inference.channel import Channel
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.interface.aside import Aside
from vedette.rules.interface.retry import wait_before_next

_log = logging.getLogger(__name__)

WAITING = 64
"""Images that wait for one output at most."""

WAITING_BYTES = 64 * 1024 * 1024

ENDS_S = 2.0
"""Time that a result which was begun gets at the end; then it is left behind."""


class Destination(Protocol):
    """Where an output leads. Used by one thread at a time, which may block in it."""

    def write(self, delivery: Delivery) -> None:
        """Take one outcome; all of it, or nothing.

        Raises:
            VedetteError: it is not taken. Of kind unavailable, timeout or overloaded: it may be tried again.
        """


class Outputs(Protocol):
    """Knows where addresses lead, and which the operator allows."""

    def open(self, address: str) -> Destination:
        """The destination of an address; nothing is written or connected to yet.

        Raises:
            InvalidError, UnsupportedError: no destination can be meant.
            ForbiddenError: the operator does not allow it.
        """


@dataclass(frozen=True, slots=True)
class Sent:
    """How a delivery ended: `error` says why it failed, None that it was taken."""

    error: VedetteError | None = None


@dataclass(eq=False, slots=True)
class Parcel:
    """What is delivered of one image.

    Attributes:
        deliveries: one a model.
        end: gets how it ended; may be cancelled before it has begun.
        begun: the output is at it.
        patient: whether it is tried again if it fails.
    """

    deliveries: tuple[Delivery, ...]
    end: asyncio.Future[Sent]
    begun: bool = False
    patient: bool = True

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory."""
        return sum(delivery.size_bytes for delivery in self.deliveries)


class Outlet:
    """Used by the event loop only."""

    def __init__(self, address: str, destination: Destination, clock: Clock) -> None:
        self.address = address
        self._destination, self._clock = destination, clock
        self._waiting = Channel[Parcel](WAITING, lambda parcel: parcel.size_bytes, WAITING_BYTES)
        self._work: asyncio.Task[None] | None = None
        self._at_work: Parcel | None = None

    def send_now(self, deliveries: tuple[Delivery, ...]) -> Parcel:
        """Queue the deliveries of an image; where the queue is full, the parcel has failed already."""
        parcel = self._parcel(deliveries)
        size = self._waiting.waiting_bytes + parcel.size_bytes
        if len(self._waiting) >= WAITING or (len(self._waiting) and size > WAITING_BYTES):
            full = OverloadedError(f"{len(self._waiting)} results wait for this output already", help="ask less often")
            parcel.end.set_result(Sent(full))
        else:
            self._waiting.put_now(parcel)
        return parcel

    async def send(self, deliveries: tuple[Delivery, ...]) -> Parcel:
        """Queue the deliveries of an image; waits for room."""
        parcel = self._parcel(deliveries)
        await self._waiting.put(parcel)
        return parcel

    def retire(self) -> None:
        """Take nothing any more; what waits is still delivered."""
        self._waiting.close()

    async def close(self) -> None:
        """Give up what waits, and end when what was begun has ended, after `ENDS_S` at the latest."""
        for parcel in self._waiting.drain():
            parcel.end.cancel()
        self.retire()
        if self._at_work is not None:
            self._at_work.patient = False
        if self._work is not None:
            _, late = await asyncio.wait([self._work], timeout=ENDS_S)
            if late:
                self._work.cancel()
                await asyncio.wait([self._work])

    def _parcel(self, deliveries: tuple[Delivery, ...]) -> Parcel:
        loop = asyncio.get_running_loop()
        if self._work is None:
            self._work = loop.create_task(self._deliver_all())
        return Parcel(deliveries, loop.create_future())

    async def _deliver_all(self) -> None:
        with Aside("vedette-output") as thread:
            while taken := await self._waiting.take():
                for parcel in taken:
                    if not parcel.end.done():
                        await self._deliver(parcel, thread)

    async def _deliver(self, parcel: Parcel, thread: Aside) -> None:
        self._at_work, parcel.begun = parcel, True
        try:
            sent = await self._delivered(parcel, thread)
            if not parcel.end.done():
                parcel.end.set_result(sent)
        finally:
            parcel.end.cancel()  # nobody waits for what is left behind; one that has ended stays as it is

    async def _delivered(self, parcel: Parcel, thread: Aside) -> Sent:
        for delivery in parcel.deliveries:
            attempt = 1
            while (error := await self._written(delivery, thread)) is not None:
                wait_ns = wait_before_next(attempt, error.kind)
                if wait_ns is None or not parcel.patient:
                    return Sent(error)
                await self._clock.sleep_until(self._clock.now_ns() + wait_ns)
                attempt += 1
        return Sent()

    async def _written(self, delivery: Delivery, thread: Aside) -> VedetteError | None:
        try:
            await thread.run(self._destination.write, delivery)
        except VedetteError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one output must not end the others
            _log.exception("an output failed")
            return InternalError(f"the output failed: {type(error).__name__}: {error}", help="see the server's log")
        return None
