"""A computation: the images of an input run by the models, and delivered to every output, in their order.

    single image:  read -> run -> parcel to every outlet -> the answer, with the state of each delivery
    many images:   read -> up to `at_once` of them run -> in their order a parcel to every outlet -> counted in the job

A slow output holds back the images of a job, never the answer of another request for longer than `PATIENCE_S`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vedette.clock import Clock
from vedette.errors import InvalidError, NotFoundError, OverloadedError, UnavailableError, error_of
from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.image_order import Look
from vedette.flows.inference.postprocess import Delivery, fail
from vedette.flows.inference.ticket import passed
from vedette.flows.interface.images import DeadlineOf, Entry, Images, Shot
from vedette.flows.interface.job import Job
from vedette.flows.interface.outlet import Outlet, Parcel, Sent
from vedette.flows.interface.reading import Opened, Reading
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Frame, Reject
from vedette.values.manifest import Manifest
from vedette.values.result import Failure
from vedette.values.timeline import Span

Follow = Callable[[str, Parcel], None]
"""Is told of the parcel that an output, by its id, was sent."""

PATIENCE_S = 10.0
"""How long the answer for a single image waits for an output at most."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of the images.

    Attributes:
        id: of the request.
        look_of: how an image is looked at by these models.
        deadline_of: until when the answer for a single image is wanted.
        single_only: parts of the wish that mean something for a single image only, by their names.
    """

    id: str
    look_of: Callable[[Sequence[Manifest]], Look]
    deadline_of: DeadlineOf
    single_only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer for one image: one delivery a model, and how the delivery to each output ended."""

    deliveries: tuple[Delivery, ...]
    sent: Mapping[str, Sent]


@dataclass(frozen=True, slots=True)
class Computation:
    """What is run and where results go.

    Attributes:
        images: runs them.
        models: by which.
        outlets: the outputs by id.
        pictures: whether an output takes annotated pictures.
        at_once: images under way at most.
        clock: of the stamps.
    """

    images: Images
    models: tuple[str, ...]
    outlets: Mapping[str, Outlet]
    pictures: bool
    at_once: int
    clock: Clock

    async def single(self, opened: Opened, wish: Wish, follow: Follow) -> Answered:
        """Read, run and deliver the one image of an input.

        Raises:
            VedetteError: it cannot be read or run.
        """
        with Reading(opened.source, self.clock) as reading, self.images.admit(self.models, wish.deadline_of) as entry:
            arrival = await self._first(reading, wish)
            if arrival is None:
                raise NotFoundError("the input holds no image", help="check it with GET /input")
            if isinstance(arrival.item, Reject):
                raise error_of(arrival.item.kind, arrival.item.message, arrival.item.help)
            entry.grow(arrival.size_bytes)
            answered = self.carried(entry, arrival.item, arrival.span, wish, follow)
            del arrival
            return await answered

    async def _first(self, reading: Reading, wish: Wish) -> Arrival | None:
        """The first image, or None. A reading that lasts longer than its answer is wanted is left behind."""
        until_ns = wish.deadline_of(DeadlineClass.RELAXED).at_ns  # the same instant in every class
        left_s = None if until_ns is None else (until_ns - self.clock.now_ns()) * 1e-9
        try:
            return await asyncio.wait_for(reading.following(), left_s)
        except TimeoutError:
            raise passed() from None

    async def carried(
        self, entry: Entry, frame: Frame, received: Span, wish: Wish, follow: Follow | None = None
    ) -> Answered:
        """Run and deliver an image that is at hand; `follow` is told of each parcel.

        An output that hangs holds no place in the queue and no image: both are given back before.
        """
        shot = Shot(wish.id, frame, received, self._look(wish, entry.manifests))
        del frame
        deliveries = await entry.run(shot)
        del shot
        entry.release()
        return Answered(deliveries, await self._sent(deliveries, follow))

    def look_for_many(self, wish: Wish) -> Look:
        """How many images are looked at.

        Raises:
            VedetteError: the wish is for a single image, or a model is not there.
        """
        if wish.single_only:
            raise InvalidError(
                f"{wish.single_only[0]} is for a single image, and the input holds more", help="leave it out"
            )
        with self.images.admit(self.models, _background) as entry:
            look = wish.look_of(entry.manifests)
        return replace(look, asked=replace(look.asked, picture=self.pictures, picture_format="jpeg"))

    async def many(self, opened: Opened, look: Look, job: Job) -> None:
        """Read, run and deliver every image, as background work, and count it in the job.

        Raises:
            VedetteError: not one image could be run.
        """
        under_way: deque[asyncio.Task[tuple[Delivery, ...]]] = deque()
        try:
            with Reading(opened.source, self.clock) as reading:
                while (arrival := await reading.following()) is not None:
                    under_way.append(asyncio.create_task(self._one(arrival, look)))
                    if len(under_way) >= self.at_once:
                        await self._pass_on(await under_way.popleft(), job)
            while under_way:
                await self._pass_on(await under_way.popleft(), job)
            await job.delivered()
        finally:
            for task in under_way:
                task.cancel()
        if not job.done and job.first_failure is not None:
            raise error_of(job.first_failure.kind, job.first_failure.message, job.first_failure.help)

    async def _one(self, arrival: Arrival, look: Look) -> tuple[Delivery, ...]:
        item = arrival.item
        if isinstance(item, Reject):
            failure = Failure(arrival.id, item.source, item.index, item.kind, item.message, item.help)
            return (Delivery(failure),)
        try:
            return await self._let_in(Shot(arrival.id, item, arrival.span, look))
        except Exception as error:  # noqa: BLE001 - one image must not stop the rest
            return (Delivery(fail(arrival.id, item.source, item.index, error)),)

    async def _let_in(self, shot: Shot) -> tuple[Delivery, ...]:
        """Run one image as soon as there is room for it beside more urgent work."""
        while True:
            try:
                with self.images.admit(self.models, _background) as entry:
                    entry.grow(shot.frame.size_bytes)
                    return await entry.run(shot)
            except OverloadedError as error:
                await self.clock.sleep_until(self.clock.now_ns() + round(error.retry_after_s * 1e9))

    async def _pass_on(self, deliveries: tuple[Delivery, ...], job: Job) -> None:
        job.count(deliveries)
        for name, outlet in self.outlets.items():
            if job.outputs[name].given_up:
                job.lost(name)
            else:
                job.follow(name, await outlet.send(deliveries))

    async def _sent(self, deliveries: tuple[Delivery, ...], follow: Follow | None) -> dict[str, Sent]:
        parcels = {name: outlet.send_now(deliveries) for name, outlet in self.outlets.items()}
        if follow is not None:
            for name, parcel in parcels.items():
                follow(name, parcel)
        if parcels:
            await asyncio.wait([parcel.end for parcel in parcels.values()], timeout=PATIENCE_S)
        return {name: _how(parcel) for name, parcel in parcels.items()}

    def _look(self, wish: Wish, manifests: Sequence[Manifest]) -> Look:
        look = wish.look_of(manifests)
        return replace(look, asked=replace(look.asked, picture=True)) if self.pictures else look


def _background(kind: DeadlineClass) -> Deadline:
    """Background work runs where nothing else waits, whatever the class of the model."""
    del kind
    return Deadline(DeadlineClass.BEST_EFFORT)


def _how(parcel: Parcel) -> Sent:
    """How a parcel ended; one that has not ended in time is not begun any more."""
    if parcel.end.done() and not parcel.end.cancelled():
        return parcel.end.result()
    parcel.patient = False
    if not parcel.begun:
        parcel.end.cancel()
    late = f"the output did not take the result within {PATIENCE_S:g} s"
    return Sent(UnavailableError(late, help="look whether it works, or remove it with DELETE /output/ID"))
