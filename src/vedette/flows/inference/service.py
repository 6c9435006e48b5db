"""The one service behind every protocol: requests are admitted, run by the crew, and answered, or refused at once.

    admit (queue, deadline) -> with it: images(order) or tensors(order) -> worker threads -> the answer

It knows no transport: HTTP and gRPC convert to and from the orders. A request whose caller has gone, or whose deadline
has passed, is not run any further.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self, TypeVar

from vedette.clock import Clock
from vedette.errors import OverloadedError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_job import ImageJob, ImageOrder, ImageStation
from vedette.flows.inference.tensor_job import TensorJob, TensorOrder
from vedette.flows.inference.ticket import Ticket, passed
from vedette.rules.batching.admission import Ask, Backlog, Room, refuse
from vedette.rules.batching.estimate import Estimate
from vedette.values.deadline import Deadline
from vedette.values.served import ModelRef
from vedette.values.serving import Limits

A = TypeVar("A")


class Models(Protocol):
    """The models that are ready."""

    def station(self, ref: ModelRef) -> ImageStation:
        """The station of a version that is ready; without a version the newest.

        Raises:
            NotFoundError: there is no such model or version.
            UnavailableError: it is there and not ready; the message says why.
        """


class Admission:
    """A request that was let in, with its place in the queue; a context that gives the place back."""

    def __init__(self, service: Service, stations: Sequence[ImageStation], ask: Ask, busy_ms: float) -> None:
        self._service = service
        self.stations = tuple(stations)
        self.deadline = ask.deadline
        self.images, self.size_bytes, self.busy_ms = ask.images, ask.size_bytes, busy_ms

    def __enter__(self) -> Self:
        """The admission itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place back."""
        self._service._release(self)  # noqa: SLF001 - an admission is a part of its service


class Service:
    """Used by the event loop only."""

    def __init__(self, models: Models, crew: Crew, limits: Limits, clock: Clock) -> None:
        self.models = models
        self.limits = limits
        self._crew, self._clock = crew, clock
        self._images, self._size_bytes, self._busy_ms = 0, 0, 0.0
        self._draining = False

    @property
    def images_under_way(self) -> int:
        """Images admitted and not answered yet."""
        return self._images

    @property
    def bytes_under_way(self) -> int:
        """Their bytes."""
        return self._size_bytes

    def drain(self) -> None:
        """Admit nothing any more."""
        self._draining = True

    def admit(self, refs: Sequence[ModelRef], images: int, size_bytes: int, deadline: Deadline | None) -> Admission:
        """Let a request in.

        Args:
            refs: the models that it names.
            images: how many images (or one for a request with tensors).
            size_bytes: of its body.
            deadline: None: there is none.

        Raises:
            NotFoundError, UnavailableError: a model is not there, or not ready.
            OverloadedError: the queue is full, or the deadline cannot be met.
            DeadlineError: it has passed already.
        """
        stations = [self.models.station(ref) for ref in refs]
        deadline = deadline or Deadline()
        now_ns = self._clock.now_ns()
        if deadline.at_ns is not None and deadline.at_ns <= now_ns:
            raise passed()
        if self._draining:
            raise OverloadedError("the server is shutting down", help="ask another one, or again in a while")
        ask = Ask(images, size_bytes, deadline, _together([station.knowledge.latency for station in stations]))
        backlog = Backlog(self._images, self._size_bytes, self._busy_ms, self._crew.workers)
        room = Room(self.limits.queue_images, self.limits.queue_bytes)
        refusal = refuse(ask, backlog, room, now_ns)
        if refusal is not None:
            for station in stations:
                station.statistics.failed("overloaded")
            raise OverloadedError(
                f"not admitted: {refusal.reason}",
                help="send less, allow more time, or add servers; Retry-After says when to try again",
                retry_after_s=refusal.retry_after_s,
            )
        busy_ms = images * sum(station.knowledge.busy.mean_ms or 0.0 for station in stations)
        admission = Admission(self, stations, ask, busy_ms)
        self._images += images
        self._size_bytes += size_bytes
        self._busy_ms += busy_ms
        for station in stations:
            station.enter()
        return admission

    async def images(self, admission: Admission, order: ImageOrder[A]) -> A:
        """Run one image through every model of the admission; gives what `order.render` makes of the deliveries.

        A model that fails on the image gives a delivery with a Failure.

        Raises:
            DeadlineError: it passed before the answer was there.
            VedetteError: the image cannot be decoded, or a model takes no images.
        """
        ticket = Ticket[A](admission.deadline, self._clock)
        ImageJob(order, admission.stations, ticket, self._crew).start()
        return await ticket.answered()

    async def tensors(self, admission: Admission, order: TensorOrder[A]) -> A:
        """Run tensors through the (first) model of the admission, on its original inputs.

        Raises:
            DeadlineError: it passed before the answer was there.
            InvalidError: the model does not take these tensors.
        """
        ticket = Ticket[A](admission.deadline, self._clock)
        TensorJob(order, admission.stations[0], ticket, self._crew).start()
        return await ticket.answered()

    def _release(self, admission: Admission) -> None:
        self._images -= admission.images
        self._size_bytes -= admission.size_bytes
        self._busy_ms = self._busy_ms - admission.busy_ms if self._images else 0.0
        for station in admission.stations:
            station.leave()


def _together(estimates: Sequence[Estimate]) -> Estimate:
    """The estimate of models that see the same image one after the other; nothing is known where one is not."""
    if any(one.mean_ms is None for one in estimates):
        return Estimate()
    return Estimate(sum(one.mean_ms or 0.0 for one in estimates), sum(one.deviation_ms or 0.0 for one in estimates))
