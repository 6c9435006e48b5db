"""What a model gave for the rows of an image becomes a Result, and pictures where wanted. Runs in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vedette.clock import Clock
from vedette.errors import InvalidError
from vedette.flows.inference.read import OwnRow, Read
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.rules.vision.classes import classify
from vedette.rules.vision.places import Kind, Place, hull
from vedette.values.detection import Detections, detections
from vedette.values.frame import Frame, Pixels, Size
from vedette.values.manifest import Manifest, Suppression
from vedette.values.result import Class, Detection, Failure, Outcome, Result
from vedette.values.timeline import Span, Timeline


@dataclass(frozen=True, slots=True)
class Answering:
    """What is wanted of every answer.

    Attributes:
        top_k: classes at most.
        threshold: lowest score reported; None takes the model's own.
        class_names: the only labels that are reported of a detector; empty for all.
        picture: whether an annotated picture is wanted.
        picture_format: how it is encoded.
        crops: whether a picture of every object is wanted.
    """

    top_k: int = 5
    threshold: float | None = None
    class_names: frozenset[str] = frozenset()
    picture: bool = False
    picture_format: Literal["jpeg", "png"] = "jpeg"
    crops: bool = False

    def threshold_for(self, manifest: Manifest) -> float:
        """The lowest score that is reported of a model."""
        return manifest.confidence_threshold if self.threshold is None else self.threshold


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outcome on its way to the sinks, with its pictures if they are wanted.

    Attributes:
        outcome: the result or the failure.
        picture: the image with the answer drawn on it.
        crops: label and picture (JPEG) of each detection, in their order.
        outputs: what the model gave for each row of the image, where that is wanted as it is.
    """

    outcome: Outcome
    picture: bytes | None = None
    crops: tuple[tuple[str, bytes], ...] = ()
    outputs: tuple[tuple[Tensor, ...], ...] | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory, a small outcome counted as 1 KiB."""
        return 1024 + len(self.picture or b"") + sum(len(crop) for _, crop in self.crops)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an image when one of its models has answered.

    Attributes:
        id, frame, size: which image it is.
        places: where the rows of this model lie in it.
        timeline: what happened to it so far.
        pixels: the whole image, where a picture is wanted.
    """

    id: str
    frame: Frame
    size: Size
    places: tuple[Place, ...]
    timeline: Timeline
    pixels: Pixels | None = None


def answer(seen: Seen, instance: Instance, rows: Sequence[Read], asked: Answering, clock: Clock) -> Delivery:
    """Turn what a model gave for the rows of an image into a Delivery.

    Raises:
        InvalidError: the model gave something else than its manifest says.
    """
    started = clock.now_ns()
    manifest = instance.manifest
    said = _said(seen, rows, manifest, asked)
    answered_ns = clock.now_ns()
    untrained = manifest.provenance.untrained
    picture, crops = _pictures(seen, said.detections, said.classes or (), asked, untrained=untrained)
    timeline = seen.timeline.add(Span("postprocess", started, clock.now_ns()))
    result = _result(seen, instance, timeline, said)
    if result.tiles > 1:
        result = replace(result, inference_ms=seen.timeline.inference_ms(answered_ns))
    return Delivery(result, picture, crops)


def unread(seen: Seen, instance: Instance, rows: Sequence[Read]) -> Delivery:
    """A Delivery of what the model gave, as it is: its result has neither classes nor detections."""
    outputs = tuple(row for row in rows if isinstance(row, tuple))
    return Delivery(_result(seen, instance, seen.timeline, OwnRow()), outputs=outputs)


def _said(seen: Seen, rows: Sequence[Read], manifest: Manifest, asked: Answering) -> OwnRow:
    """Classes, detections or an answer of the operator's own code."""
    if isinstance(rows[0], OwnRow):
        return _together(seen.places, [row for row in rows if isinstance(row, OwnRow)], manifest, asked)
    if manifest.model_type.is_detector:
        return OwnRow(detections=_detections(seen.places, rows, manifest))
    return OwnRow(classes=_classes(rows, manifest, asked))


def _result(seen: Seen, instance: Instance, timeline: Timeline, said: OwnRow) -> Result:
    manifest, execution = instance.manifest, instance.runtime.execution
    return Result(
        id=seen.id,
        source=seen.frame.source,
        frame=seen.frame.index,
        time_s=seen.frame.time_s,
        size=seen.size,
        model=manifest.name,
        model_version=manifest.version,
        runtime=str(execution.runtime),
        precision=str(execution.precision),
        classes=said.classes,
        timeline=timeline,
        detections=said.detections,
        tiles=sum(place.kind is not Kind.BLANK for place in seen.places),
        answer=said.answer,
    )


def _classes(rows: Sequence[Read], manifest: Manifest, asked: Answering) -> tuple[Class, ...]:
    (outputs,) = rows
    assert isinstance(outputs, tuple), "a classifier's row is its outputs"
    return classify(outputs[0], manifest.labels, manifest.scores, asked.top_k, asked.threshold_for(manifest))


def _detections(places: Sequence[Place], rows: Sequence[Read], manifest: Manifest) -> tuple[Detection, ...]:
    arrays = [row for row in rows if isinstance(row, Detections)]
    return _named(_merged(places, arrays, manifest), lambda number: _label(manifest, number))


def _merged(places: Sequence[Place], rows: Sequence[Detections], manifest: Manifest) -> Detections:
    """The objects of all rows, those at seams once."""
    from vedette.rules.vision.merge import Part, merge  # a classifier starts without it

    parts = [
        Part(place.region, found, overview=place.kind is Kind.OVERVIEW)
        for place, found in zip(places, rows, strict=True)
        if place.kind is not Kind.BLANK
    ]
    if len(parts) == 1:
        return parts[0].found
    assert manifest.detector is not None, "a detector says how its boxes are read"
    spec = manifest.detector
    return merge(parts, hull(places), spec.iou_threshold, agnostic=spec.nms is Suppression.AGNOSTIC)


def _named(found: Detections, label: Callable[[int], str]) -> tuple[Detection, ...]:
    return tuple(
        Detection(label(number), number, score, (left, top, right, bottom))
        for number, score, (left, top, right, bottom) in zip(
            found.class_ids.tolist(), found.scores.tolist(), found.boxes.tolist(), strict=True
        )
    )


def _together(places: Sequence[Place], rows: Sequence[OwnRow], manifest: Manifest, asked: Answering) -> OwnRow:
    """What own code said of all rows: best first, at most `top_k` classes, objects at seams once."""
    first = rows[0]
    if len(rows) == 1:
        if first.detections is not None:
            return OwnRow(detections=tuple(sorted(first.detections, key=lambda one: -one.score)))
        if first.classes is not None:
            return OwnRow(classes=tuple(sorted(first.classes, key=lambda one: -one.score)[: asked.top_k]))
        return first
    found = [row.detections for row in rows if row.detections is not None]
    if len(found) < len(rows):
        raise InvalidError(
            "the own code of this model gives no boxes, so what it says of several tiles is no single answer",
            help="ask without tiles",
        )
    labels = {one.class_id: one.label for objects in found for one in objects}
    return OwnRow(detections=_named(_merged(places, [_arrays(one) for one in found], manifest), labels.__getitem__))


def _arrays(found: Sequence[Detection]) -> Detections:
    return detections([one.box for one in found], [one.score for one in found], [one.class_id for one in found])


def _label(manifest: Manifest, number: int) -> str:
    if 0 <= number < len(manifest.labels):
        return manifest.labels[number]
    raise InvalidError(
        f"the model gave an object of class {number}, there are {len(manifest.labels)} labels",
        help="correct `labels` or `first_class` in the model's manifest: `vedette models show NAME` prints where it is",
    )


def _pictures(
    seen: Seen,
    found: tuple[Detection, ...] | None,
    classes: tuple[Class, ...],
    asked: Answering,
    *,
    untrained: bool,
) -> tuple[bytes | None, tuple[tuple[str, bytes], ...]]:
    if seen.pixels is None:
        return None, ()
    from vedette.rules.vision.crop import crop_detections  # most runs draw nothing
    from vedette.rules.vision.draw import annotate, draw_detections
    from vedette.rules.vision.encode import encode_jpeg, encode_png

    encode = encode_png if asked.picture_format == "png" else encode_jpeg
    picture: bytes | None = None
    crops: tuple[tuple[str, bytes], ...] = ()
    if asked.picture and found is not None:
        tiles = [place.region for place in seen.places if place.kind is Kind.TILE]
        picture = encode(draw_detections(seen.pixels, found, tiles=tiles if len(tiles) > 1 else ()))
    elif asked.picture:
        picture = encode(annotate(seen.pixels, _caption(classes, untrained=untrained)))
    if asked.crops and found is not None:
        cut = zip(found, crop_detections(seen.pixels, found), strict=True)
        crops = tuple((one.label, encode_jpeg(crop)) for one, crop in cut if crop is not None)
    return picture, crops


def fail(identity: str, source: str, frame: int, error: Exception) -> Failure:
    """The Failure that tells of an error; an error of Vedette's own or of a library counts as internal."""
    from vedette.errors import VedetteError

    if isinstance(error, VedetteError):
        return Failure(identity, source, frame, error.kind, error.message, error.help)
    return Failure(
        identity,
        source,
        frame,
        "internal",
        f"{type(error).__name__}: {error}",
        "this is a bug: please report it with the image and the command",
    )


def _caption(classes: tuple[Class, ...], *, untrained: bool) -> tuple[str, ...]:
    lines = tuple(f"{found.label} {found.score:.2f}" for found in classes)
    return ("untrained: means nothing", *lines) if untrained else lines
