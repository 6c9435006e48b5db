"""Inference as the Open Inference Protocol asks for it, for every transport, and the ports to the repository.

    admit -> the body comes: admission.grow -> infer: tensors, or encoded images in a BYTES tensor -> render

A BYTES tensor for the image input of an image model, of shape [N] or [N, 1], holds N encoded images; the answer has the
model's original outputs for N rows. It knows no transport: HTTP and gRPC read requests and write answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from vedette.errors import InvalidError, NotFoundError, TooLargeError, error_of
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.postprocess import Answering, Delivery
from vedette.flows.inference.runtime import Tensor
from vedette.flows.inference.service import Admission, Service
from vedette.flows.inference.tensor_job import TensorOrder
from vedette.rules.wire.arrange import named_outputs
from vedette.rules.wire.datatypes import BYTES
from vedette.rules.wire.oip_model import Described
from vedette.rules.wire.oip_outputs import chosen, wished
from vedette.rules.wire.oip_unnamed import is_picture, name_input
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Frame
from vedette.values.inference import InferAnswer, InferRequest, OutputWish
from vedette.values.manifest import ModelType
from vedette.values.result import Failure
from vedette.values.served import IndexEntry, ModelRef
from vedette.values.serving import VersionPolicy
from vedette.values.tensor import NamedTensor

A = TypeVar("A")


class Index(Protocol):
    """What the repository tells of its models."""

    def index(self) -> tuple[IndexEntry, ...]:
        """Every version of every model, ready or not."""

    def names(self) -> tuple[str, ...]:
        """The models that are served."""

    def versions(self, name: str) -> tuple[str, ...]:
        """The versions of a model that are ready."""

    def ready(self) -> bool:
        """Whether all that shall be served is."""


class Control(Protocol):
    """Changes of what the repository serves."""

    async def load(self, name: str) -> None:
        """Serve a model; returns when it is ready.

        Raises:
            NotFoundError: there is none of this name.
            VedetteError: it cannot be loaded.
        """

    async def unload(self, name: str) -> None:
        """Serve a model no more; returns when its last request has been answered."""


class Repository(Index, Control, Protocol):
    """Both."""


def find(service: Service, ref: ModelRef) -> ImageStation:
    """The station of a model that is ready.

    Raises:
        NotFoundError: `Request for unknown model`, as clients of this protocol expect.
        UnavailableError: it is not ready.
    """
    try:
        return service.models.station(ref)
    except NotFoundError as error:
        raise NotFoundError(f"Request for unknown model: {error.message}", help=error.help) from None


def admit(service: Service, ref: ModelRef, deadline: Deadline | None = None) -> Admission:
    """Let a request in, as far as can be told before its body is there; a context, see `Service.admit`.

    Without a deadline the class is the model's own; a hard one needs an instant, which the body may bring.

    Raises:
        NotFoundError: `Request for unknown model`.
        UnavailableError, OverloadedError, DeadlineError: see `Service.admit`.
    """
    kind = find(service, ref).loaded.deadline
    told = deadline or Deadline(DeadlineClass.RELAXED if kind is DeadlineClass.HARD else kind)
    return service.admit([ref], told, images=None)


def describe(station: ImageStation, policy: VersionPolicy) -> Described:
    """What is told of a model; blocks at its first use, while the model's original inputs are looked up.

    Raises:
        VedetteError: the engine cannot load the model with its original inputs.
    """
    loaded = station.loaded
    return Described(station.manifest, station.execution, station.signature, loaded.policy, policy)


async def infer(service: Service, admission: Admission, request: InferRequest, render: Callable[[InferAnswer], A]) -> A:
    """Run a request that was let in; gives what `render` makes of the answer in a worker thread.

    Raises:
        VedetteError: what is wrong with the request, or why there is no answer (see Service).
    """
    (station,) = admission.stations
    admission.deadline = _deadline(admission.deadline, request, station)
    wishes = wished(request.outputs, station.loaded.instance.runtime.signature.outputs, binary=request.binary)
    answered = partial(_answered, request, station, wishes, render)
    images = _images(request, station)
    if images is None:
        inputs = await _tensors(request, station)
        admission.begin(1, tensors=True)
        return await service.tensors(admission, TensorOrder(inputs, request.received, answered))
    _check_count(len(images), service.limits.images)
    admission.begin(len(images))
    return await _seen(service, admission, [_order(service, request, image) for image in images], answered)


def _deadline(told: Deadline, request: InferRequest, station: ImageStation) -> Deadline:
    """That of the head of a request together with that of its body: the nearer one."""
    if request.deadline_ns is None:
        return Deadline(request.deadline_class or told.kind, told.at_ns)
    if told.at_ns is None:
        return Deadline(request.deadline_class or station.loaded.deadline, request.deadline_ns)
    return Deadline(request.deadline_class or told.kind, min(told.at_ns, request.deadline_ns))


def _answered(
    request: InferRequest,
    station: ImageStation,
    wishes: tuple[OutputWish, ...],
    render: Callable[[InferAnswer], A],
    outputs: Sequence[NamedTensor],
) -> A:
    manifest = station.manifest
    labels = manifest.labels if manifest.model_type is ModelType.CLASSIFIER else ()
    return render(InferAnswer(manifest.name, manifest.version, request.id, chosen(wishes, outputs, labels), wishes))


# --- tensors ---


async def _tensors(request: InferRequest, station: ImageStation) -> tuple[NamedTensor, ...]:
    if request.raw is None:
        return request.inputs
    signature = await asyncio.to_thread(lambda: station.signature)  # its first use loads the tensor plan
    return (name_input(request.raw, signature),)


# --- encoded images ---


def _images(request: InferRequest, station: ImageStation) -> list[bytes] | None:
    """The encoded images of a request; None where it brings the tensors of the model."""
    spec = station.manifest.input
    if spec is None:
        return None
    if request.raw is not None:
        return [request.raw] if is_picture(request.raw, spec) else None
    if len(request.inputs) != 1:
        return None
    (tensor,) = request.inputs
    if tensor.datatype != BYTES or tensor.name != spec.name:
        return None
    if tensor.data.ndim not in (1, 2) or tensor.data.shape[1:] not in ((), (1,)):
        raise InvalidError(
            f"input {tensor.name!r} has {list(tensor.data.shape)} encoded images",
            help="send encoded images as a BYTES tensor of shape [N] or [N, 1]",
        )
    return list(tensor.data.reshape(-1).tolist())


def _check_count(images: int, most: int) -> None:
    if images == 0:
        raise InvalidError("the request holds no image", help="send at least one element")
    if images > most:
        raise TooLargeError(
            f"the request holds {images} images, {most} may be", help="send fewer at a time, or raise limits.images"
        )


def _order(service: Service, request: InferRequest, image: bytes) -> ImageOrder[tuple[Tensor, ...]]:
    look = Look(Answering(), pixel_limit=service.limits.pixels, raw=True)
    return ImageOrder(request.id, Frame("request", image), look, request.received, _outputs)


def _outputs(deliveries: Sequence[Delivery]) -> tuple[Tensor, ...]:
    (delivery,) = deliveries
    if isinstance(delivery.outcome, Failure):
        raise error_of(delivery.outcome.kind, delivery.outcome.message, delivery.outcome.help)
    assert delivery.outputs is not None, "raw outputs were asked for"
    (row,) = delivery.outputs
    return row


async def _seen(
    service: Service,
    admission: Admission,
    orders: Sequence[ImageOrder[tuple[Tensor, ...]]],
    answered: Callable[[Sequence[NamedTensor]], A],
) -> A:
    """Run the images; one alone is rendered by the worker that ran it."""
    runtime = admission.stations[0].loaded.instance.runtime

    def together(rows: Sequence[tuple[Tensor, ...]]) -> A:
        return answered(named_outputs(_stacked(rows), runtime.signature))

    if len(orders) == 1:
        (one,) = orders
        alone = ImageOrder(one.id, one.frame, one.look, one.received, lambda found: together([_outputs(found)]))
        return await service.images(admission, alone)
    tasks = [asyncio.ensure_future(service.images(admission, order)) for order in orders]
    try:
        rows = await asyncio.gather(*tasks)
    finally:
        for task in tasks:  # after an error of one nobody waits for the others
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return await asyncio.to_thread(together, rows)


def _stacked(rows: Sequence[tuple[Tensor, ...]]) -> list[Tensor]:
    try:
        return [np.stack(parts) for parts in zip(*rows, strict=True)]
    except ValueError:
        raise InvalidError(
            "the outputs of these images differ in shape, and make no batch", help="send one image at a time"
        ) from None
