"""How a pipeline has its images run: through the one service that every protocol uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from vedette.errors import ConflictError, UnavailableError
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.inference.service import Admission, Service
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Frame
from vedette.values.manifest import Manifest
from vedette.values.served import ModelRef
from vedette.values.timeline import Span

DeadlineOf = Callable[[DeadlineClass], Deadline]
"""The deadline of a request, whose model has a class for those that name none."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One image on its way: its id, the image, when it was read, and how it is looked at."""

    id: str
    frame: Frame
    received: Span
    look: Look


class Entry(Protocol):
    """A request that was let in."""

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Of the models that will see the image."""

    def grow(self, size_bytes: int) -> None:
        """So many more bytes are held for it.

        Raises:
            OverloadedError: all requests together hold more than the limit.
        """

    async def run(self, shot: Shot) -> tuple[Delivery, ...]:
        """One delivery a model; a model that fails on the image gives a delivery with a Failure.

        Raises:
            OverloadedError: the queue is full.
            VedetteError: the image cannot be decoded, or the deadline has passed.
        """

    def release(self) -> None:
        """Give back the place in the queue and the bytes: the image has been run."""


class Images(Protocol):
    """Runs images through models."""

    def check(self, models: Sequence[str]) -> None:
        """Raise a NotFoundError if one of the models is not there; one that is not ready yet may become so."""

    def admit(self, models: Sequence[str], deadline_of: DeadlineOf) -> AbstractContextManager[Entry]:
        """Let a request in.

        Raises:
            NotFoundError, UnavailableError: a model is not there, or not ready.
            ConflictError: no model is named, and there is none or more than one.
            OverloadedError, DeadlineError: not now.
        """


class ServiceImages:
    """Runs them through a service; `served` tells the names of all models that take images."""

    def __init__(self, service: Service, served: Callable[[], Sequence[str]]) -> None:
        self._service, self._served = service, served

    def check(self, models: Sequence[str]) -> None:
        """See `Images.check`."""
        for name in models:
            try:
                self._service.models.station(ModelRef(name))
            except UnavailableError:
                continue

    def admit(self, models: Sequence[str], deadline_of: DeadlineOf) -> ServiceEntry:
        """See `Images.admit`."""
        refs = [ModelRef(name) for name in models or (self._only(),)]
        first = self._service.models.station(refs[0])
        return ServiceEntry(self._service, self._service.admit(refs, deadline_of(first.loaded.deadline)))

    def _only(self) -> str:
        served = tuple(self._served())
        if len(served) == 1:
            return served[0]
        known = f"{len(served)} models are served" if served else "no model is served"
        raise ConflictError(
            f"the pipeline names no model, and {known}",
            help='PUT /pipelines/NAME with {"models": ["MODEL"]} makes one that does',
        )


class ServiceEntry:
    """An admission of the service."""

    def __init__(self, service: Service, admission: Admission) -> None:
        self._service, self._admission = service, admission

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """See `Entry.manifests`."""
        return tuple(station.manifest for station in self._admission.stations)

    def grow(self, size_bytes: int) -> None:
        """See `Entry.grow`."""
        self._admission.grow(size_bytes)

    async def run(self, shot: Shot) -> tuple[Delivery, ...]:
        """See `Entry.run`."""
        self._admission.begin(1)
        order = ImageOrder(shot.id, shot.frame, shot.look, shot.received, lambda deliveries: deliveries)
        return await self._service.images(self._admission, order)

    def release(self) -> None:
        """See `Entry.release`."""
        self._admission.release()

    def __enter__(self) -> Self:
        """The entry itself."""
        self._admission.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give everything back."""
        self._admission.__exit__(kind, error, trace)
