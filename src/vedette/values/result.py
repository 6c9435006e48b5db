"""What comes out for one image and one model: a Result, or a Failure that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vedette.errors import Kind
from vedette.values.frame import Size
from vedette.values.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Class:
    """One answer of a classifier: score in 0..1, class_id counts from 0."""

    label: str
    class_id: int
    score: float


@dataclass(frozen=True, slots=True)
class Detection:
    """One object: score in 0..1, class_id counts from 0, box is left, top, right, bottom in original pixels."""

    label: str
    class_id: int
    score: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of one model for one image.

    Attributes:
        id: the same for all models that saw this image; unique within a run.
        source: where the image came from.
        frame: number of the frame within its source.
        time_s: time within a video, None for a single image.
        size: of the ORIGINAL image, after its EXIF orientation.
        model, model_version: which model answered.
        runtime, precision: how it was run.
        classes: best first; None where the model is no classifier.
        timeline: when each stage worked on it.
        detections: best first; None where the model is no detector.
        tiles: how many parts of the image the model looked at: 1 if it was not cut.
        inference_ms: of an image that was cut, the time to cut it, predict all and merge; see `Timeline.inference_ms`.
        answer: what the operator's own postprocess gave instead of classes or detections: JSON that cannot be changed.
        decision: what the operator's own code decided on the result: JSON that cannot be changed.
    """

    id: str
    source: str
    frame: int
    time_s: float | None
    size: Size
    model: str
    model_version: str
    runtime: str
    precision: str
    classes: tuple[Class, ...] | None
    timeline: Timeline
    detections: tuple[Detection, ...] | None = None
    tiles: int = 1
    inference_ms: float | None = None
    answer: Mapping[str, Any] | None = None
    decision: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An image without a result: the neutral kind of the error, what happened, and the next step."""

    id: str
    source: str
    frame: int
    kind: Kind
    message: str
    help: str


Outcome = Result | Failure
