"""One image and what is wanted of it, as a transport orders it from the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from vedette.flows.inference.postprocess import Answering, Delivery
from vedette.rules.vision.header import PIXEL_LIMIT
from vedette.values.frame import Frame
from vedette.values.tiling import Region, Tiling
from vedette.values.timeline import Span

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Look:
    """How an image is looked at and what is wanted of it.

    Attributes:
        asked: classes, threshold, pictures.
        class_ids: for each model the classes that are reported; empty for all.
        tiling: how it is cut for detectors; None: not at all.
        region: the part that is looked at; None: all of it.
        pixel_limit: a larger image is refused before it is decoded.
        raw: the outputs of the models are wanted as they are.
    """

    asked: Answering
    class_ids: tuple[frozenset[int] | None, ...] = ()
    tiling: Tiling | None = None
    region: Region | None = None
    pixel_limit: int = PIXEL_LIMIT
    raw: bool = False


@dataclass(frozen=True, slots=True)
class ImageOrder(Generic[A]):
    """One image and what is wanted of it.

    Attributes:
        id: of the request, or of the image within it.
        frame: the image.
        look: how it is looked at.
        received: when it came in.
        render: makes the answer out of one delivery a model, in a worker thread.
    """

    id: str
    frame: Frame
    look: Look
    received: Span
    render: Callable[[tuple[Delivery, ...]], A]
