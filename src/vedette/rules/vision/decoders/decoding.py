"""What a decoder is told besides the outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from vedette.values.detection import Detections
from vedette.values.frame import Size
from vedette.values.manifest import DetectorSpec

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the outputs of one image are read.

    Attributes:
        size: of the model's input in pixels.
        spec: strides, anchors and the like.
        classes: number of labels.
        threshold: lowest score that is kept, 0..1; compared as float32, the precision of the models.
        only: the class_ids that are wanted; None for all.
    """

    size: Size
    spec: DetectorSpec
    classes: int
    threshold: float
    only: frozenset[int] | None = None


Decoder = Callable[[Sequence[Array], Decoding], Detections]
"""Reads the outputs of one image, without their batch dimension; raises InvalidError where their shapes do not fit."""
