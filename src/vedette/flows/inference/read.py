"""The outputs of a model for a row are read at once, where the batch has run: boxes are few, raw outputs are large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vedette.flows.inference.runtime import Tensor
from vedette.rules.vision.places import Kind, Place
from vedette.values.detection import Detections, nothing
from vedette.values.manifest import Manifest
from vedette.values.result import Class, Detection


@dataclass(frozen=True, slots=True)
class OwnRow:
    """What the operator's own code read out of a row: one of the three; boxes in pixels of the original image."""

    classes: tuple[Class, ...] | None = None
    detections: tuple[Detection, ...] | None = None
    answer: Mapping[str, Any] | None = None


Read = Detections | tuple[Tensor, ...] | OwnRow
"""What a row gave: of a detector its boxes in pixels of the original image, of others the outputs as they are."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How the rows of one model are read.

    Attributes:
        manifest: of the model.
        threshold: boxes with a lower score are dropped.
        class_ids: the classes that are wanted; None for all.
    """

    manifest: Manifest
    threshold: float
    class_ids: frozenset[int] | None = None

    def __call__(self, outputs: tuple[Tensor, ...], place: Place) -> Read:
        """Read the outputs for one row, which lies at `place` in its image.

        Raises:
            InvalidError: the model gave something else than its manifest says.
        """
        if not self.manifest.model_type.is_detector:
            return outputs
        if place.kind is Kind.BLANK:
            return nothing()
        from vedette.rules.vision.boxes import clip, sound  # a classifier starts without them
        from vedette.rules.vision.detect import detect, project

        found = project(detect(outputs, self.manifest, self.threshold, class_ids=self.class_ids), place.geometry)
        seen = place.seen
        boxes = clip(found.boxes, seen.left, seen.top, seen.right, seen.bottom)
        return sound(Detections(boxes, found.scores, found.class_ids))
