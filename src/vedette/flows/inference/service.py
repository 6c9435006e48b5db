"""The one service behind every protocol: requests are admitted, run by the crew, and answered, or refused at once.

    admit at the head of a request -> grow as its body comes -> begin -> images(order) | tensors(order) -> answer

It knows no transport: HTTP and gRPC convert to and from the orders. A request whose caller has gone, or whose deadline
has passed, is not run any further. A place in the queue is taken when the body is there, so that a client that sends
slowly keeps nobody else out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeVar

from vedette.clock import Clock
from vedette.errors import DeadlineError, Kind, OverloadedError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_job import ImageJob
from vedette.flows.inference.image_order import ImageOrder
from vedette.flows.inference.station import Knowledge
from vedette.flows.inference.tensor_job import TensorJob, TensorOrder
from vedette.flows.inference.ticket import LAST_RANK, Ticket, passed, rank_of
from vedette.rules.batching.admission import Ask, Backlog, Room, refuse
from vedette.rules.batching.estimate import together
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.served import ModelRef
from vedette.values.serving import Limits

A = TypeVar("A")

_NONE = Deadline()


class Models(Protocol):
    """The models that are ready."""

    def station(self, ref: ModelRef) -> ImageStation:
        """The station of a version that is ready; without a version the newest.

        Raises:
            NotFoundError: there is no such model or version.
            UnavailableError: it is there and not ready; the message says why.
        """


@dataclass(slots=True)
class Held:
    """What is held by one request, or by all of one rank."""

    images: int = 0
    size_bytes: int = 0
    busy_ms: float = 0.0


class Admission:
    """A request that was let in; a context that gives back all that it took."""

    def __init__(self, service: Service, stations: Sequence[ImageStation], deadline: Deadline) -> None:
        self.stations, self.deadline = tuple(stations), deadline
        self._rank = rank_of(deadline).rank
        self._service = service
        self._taken = Held()

    def grow(self, size_bytes: int) -> None:
        """So many more bytes of the body have come.

        Raises:
            OverloadedError: all requests together hold more than the limit.
        """
        self._taken.size_bytes += size_bytes
        try:
            self._service.grow(size_bytes, self._taken.size_bytes)
        except OverloadedError:
            _failed(self.stations, "overloaded")
            raise

    def begin(self, images: int, *, tensors: bool = False) -> None:
        """The body is there, with so many images (1 for a request with tensors): take places in the queue for them.

        Raises:
            OverloadedError: the queue is full, or the deadline cannot be met any more.
            DeadlineError: it has passed.
        """
        learnt = [station.tensor_knowledge if tensors else station.knowledge for station in self.stations]
        self._service.check(self.stations, learnt, images, self.deadline, self._taken.size_bytes)
        busy_ms = images * sum(one.busy.mean_ms or 0.0 for one in learnt)
        self._taken.images += images
        self._taken.busy_ms += busy_ms
        self._rank = rank_of(self.deadline).rank
        self._service.take(self._rank, images, busy_ms)

    def __enter__(self) -> Self:
        """The admission itself."""
        for station in self.stations:
            station.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give everything back."""
        self.release()
        for station in self.stations:
            station.leave()

    def release(self) -> None:
        """Give back the bytes and the places in the queue, once the work is done; the models stay."""
        taken, self._taken = self._taken, Held()
        self._service.grow(-taken.size_bytes, 0)
        self._service.take(self._rank, -taken.images, -taken.busy_ms)


class Service:
    """Used by the event loop only."""

    def __init__(self, models: Models, crew: Crew, limits: Limits, clock: Clock, *, cores: int | None = None) -> None:
        """Make one; `cores` is how many workers can work at the same time, where others only wait."""
        self.models, self.limits = models, limits
        self._crew, self._clock = crew, clock
        self.workers = cores or crew.workers
        self._size_bytes = 0
        self._by_rank = [Held() for _ in range(LAST_RANK + 1)]
        self._draining = False

    @property
    def images_under_way(self) -> int:
        """Images (or requests with tensors) that wait or run."""
        return sum(held.images for held in self._by_rank)

    @property
    def bytes_under_way(self) -> int:
        """Bytes of bodies that are held."""
        return self._size_bytes

    @property
    def threads(self) -> int:
        """Threads that work on requests."""
        return self._crew.workers

    @property
    def idle_workers(self) -> int:
        """Of them, those that have nothing to do."""
        return self._crew.idle

    @property
    def tasks_waiting(self) -> int:
        """Pieces of work that no worker has taken yet."""
        return self._crew.waiting

    @property
    def draining(self) -> bool:
        """Whether nothing is admitted any more."""
        return self._draining

    def drain(self) -> None:
        """Admit nothing any more."""
        self._draining = True

    def admit(self, refs: Sequence[ModelRef], deadline: Deadline = _NONE, *, images: int | None = 1) -> Admission:
        """Let a request in, as far as can be told from its head; a context that must be entered at once.

        Args:
            refs: the models that it names.
            deadline: until when its answer is wanted.
            images: that it brings at least; None: it may bring tensors, so that nothing can be expected yet.

        Raises:
            NotFoundError, UnavailableError: a model is not there, or not ready.
            OverloadedError: the queue is full, or the deadline cannot be met.
            DeadlineError: it has passed already.
        """
        stations = [self.models.station(ref) for ref in refs]
        if self._draining:
            _failed(stations, "overloaded")
            raise OverloadedError("the server is shutting down", help="ask another one, or again in a while")
        learnt = [Knowledge() if images is None else station.knowledge for station in stations]
        lenient = Deadline(DeadlineClass.SOFT, deadline.at_ns) if images is None else deadline
        self.check(stations, learnt, images or 1, lenient)
        return Admission(self, stations, deadline)

    def check(
        self,
        stations: Sequence[ImageStation],
        learnt: Sequence[Knowledge],
        images: int,
        deadline: Deadline,
        own_bytes: int = 0,
    ) -> None:
        """Raise what keeps so many images out, if anything does; see `admit`."""
        now_ns = self._clock.now_ns()
        if deadline.at_ns is not None and deadline.at_ns <= now_ns:
            _failed(stations, "timeout")
            raise passed()
        ask = Ask(images, deadline, together([one.latency for one in learnt]))
        room = Room(self.limits.queue_images, self.limits.queue_bytes)
        refusal = refuse(ask, self._backlog(rank_of(deadline).rank, own_bytes), room, now_ns)
        if refusal is None:
            return
        _failed(stations, "overloaded")
        if refusal.alone:
            for one in learnt:
                one.latency = one.latency.aged()
        raise OverloadedError(
            f"not admitted: {refusal.reason}",
            help="send less, allow more time, or add servers; Retry-After says when to try again",
            retry_after_s=refusal.retry_after_s,
        )

    def _backlog(self, rank: int, own_bytes: int) -> Backlog:
        before = self._by_rank[: rank + 1]
        ahead_ms = sum(held.busy_ms for held in before)
        return Backlog(
            sum(held.images for held in before), self._size_bytes - own_bytes, max(0.0, ahead_ms), self.workers
        )

    def take(self, rank: int, images: int, busy_ms: float) -> None:
        """Count the places that an admission took; negative: gave back."""
        held = self._by_rank[rank]
        held.images += images
        held.busy_ms = held.busy_ms + busy_ms if held.images else 0.0

    def grow(self, size_bytes: int, own_bytes: int) -> None:
        """Count bytes that came for an admission, which holds `own_bytes` with them; negative: gave back.

        Raises:
            OverloadedError: more bytes are held than the limit, and others hold some of them.
        """
        self._size_bytes += size_bytes
        if size_bytes > 0 and self._size_bytes > self.limits.queue_bytes and self._size_bytes > own_bytes:
            raise OverloadedError(
                f"not admitted: {self._size_bytes:,} bytes wait, {self.limits.queue_bytes:,} may",
                help="send less at a time, or raise limits.queue_bytes",
            )

    async def images(self, admission: Admission, order: ImageOrder[A]) -> A:
        """Run one image through every model of the admission; gives what `order.render` makes of the deliveries.

        A model that fails on the image gives a delivery with a Failure.

        Raises:
            DeadlineError: it passed before the answer was there.
            VedetteError: the image cannot be decoded, or a model takes no images.
        """
        ticket = Ticket[A](admission.deadline, self._clock)
        ImageJob(order, admission.stations, ticket, self._crew).start()
        return await _answered(ticket, admission.stations)

    async def tensors(self, admission: Admission, order: TensorOrder[A]) -> A:
        """Run tensors through the (first) model of the admission, on its original inputs.

        Raises:
            DeadlineError: it passed before the answer was there.
            InvalidError: the model does not take these tensors.
        """
        await admission.stations[0].opened_tensors()
        ticket = Ticket[A](admission.deadline, self._clock)
        TensorJob(order, admission.stations[0], ticket, self._crew).start()
        return await _answered(ticket, admission.stations[:1])


async def _answered(ticket: Ticket[A], stations: Sequence[ImageStation]) -> A:
    """The answer; a deadline that passes is counted here, because nobody works on the request any more."""
    try:
        return await ticket.answered()
    except DeadlineError:
        if ticket.expired:
            _failed(stations, "timeout")
        raise


def _failed(stations: Sequence[ImageStation], kind: Kind) -> None:
    for station in stations:
        station.statistics.failed(kind)
