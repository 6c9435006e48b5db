"""The operator's own code at work for one model: it is called, and what it gives is checked before anything uses it.

    part of the image -> `make_row` -> row       outputs -> `read_row` -> OwnRow       Result -> `decided` -> Result

Whatever is wrong becomes one error that names `module:Class`; the traceback goes to the log, once for each kind of
failure. The error's kind is internal, because whoever sent the image cannot put it right; an error of Vedette's own
that the code raises on purpose (`InvalidError`: no part is in this picture) keeps its kind.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Any, TypeVar

import numpy as np

from vedette.errors import InternalError, VedetteError, error_of
from vedette.flows.inference.hands import Hands
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.read import OwnRow
from vedette.flows.inference.runtime import Tensor
from vedette.flows.inference.stages import DecideStage, PostprocessStage, PreprocessStage, Stages, place_of, threads_of
from vedette.rules.vision.places import Kind, Place
from vedette.rules.wire.free_json import frozen
from vedette.values.detection import Detections, detections
from vedette.values.frame import Pixels
from vedette.values.manifest import InputSpec, Manifest
from vedette.values.result import Class, Detection, Result

_log = logging.getLogger(__name__)

T = TypeVar("T")

_SHOWN = 200  # characters of what own code says in its error
_told: set[tuple[str, str]] = set()


class Own:
    """The own code of one model with the hands that call it.

    Attributes:
        stages: what there is of it.
        preprocess, postprocess, decide: the hands of each; None where there is no own code.
    """

    def __init__(self, stages: Stages | None) -> None:
        self.stages = stages or Stages()
        self.preprocess = _hands(self.stages.preprocess)
        self.postprocess = _hands(self.stages.postprocess)
        self.decide = _hands(self.stages.decide)

    def close(self) -> None:
        """Let the hands end."""
        for hands in (self.preprocess, self.postprocess, self.decide):
            if hands is not None:
                hands.close()


def _hands(stage: object | None) -> Hands | None:
    return None if stage is None else Hands(place_of(stage), threads_of(stage))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller wants of the answers: from which score on, which classes; None: all."""

    threshold: float | None = None
    class_ids: frozenset[int] | None = None

    def keeps(self, found: Class | Detection) -> bool:
        """Whether it is reported."""
        enough = self.threshold is None or found.score >= self.threshold
        return enough and (self.class_ids is None or found.class_id in self.class_ids)


def make_row(stage: PreprocessStage, part: Pixels, spec: InputSpec) -> Row:
    """The row that own code makes of a part of an image; a copy, so that it may use its memory again.

    Raises:
        VedetteError: the code fails, or gives no row of the model.
    """
    row = _called(stage, lambda: stage(part, spec))
    wanted = (spec.size.height, spec.size.width, spec.channels)
    if not isinstance(row, np.ndarray):
        raise _wrong(stage, f"gave a {type(row).__name__}, expected an array of uint8 {wanted}")
    if row.dtype != np.uint8 or row.shape != wanted:
        raise _wrong(stage, f"gave {row.dtype} {row.shape}, expected uint8 {wanted}")
    return np.array(row, order="C", copy=True)


def read_row(
    stage: PostprocessStage, outputs: tuple[Tensor, ...], place: Place, manifest: Manifest, wanted: Wanted
) -> OwnRow:
    """What own code reads out of the outputs for one row; boxes are carried to the original image.

    Raises:
        VedetteError: the code fails, or gives something else than it may.
    """
    is_detector = manifest.model_type.is_detector
    if place.kind is Kind.BLANK:
        return OwnRow(detections=())
    size = place.geometry.target
    said = _called(stage, lambda: stage(outputs, size, manifest.labels))
    if isinstance(said, Mapping):
        return OwnRow(answer=_checked(stage, lambda: frozen(said)))
    if not isinstance(said, list | tuple):
        raise _wrong(stage, f"gave a {type(said).__name__}, expected a list of Class or of Detection, or a mapping")
    if all(isinstance(one, Detection) for one in said) and (said or is_detector):
        sound = tuple(_checked_detection(stage, one) for one in said)
        return OwnRow(detections=_carried(tuple(one for one in sound if wanted.keeps(one)), place))
    if all(isinstance(one, Class) for one in said):
        classes = tuple(_checked_class(stage, one) for one in said)
        return OwnRow(classes=tuple(one for one in classes if wanted.keeps(one)))
    kinds = ", ".join(sorted({type(one).__name__ for one in said}))
    raise _wrong(stage, f"gave a list of {kinds}, expected one of Class or one of Detection")


def decided(stage: DecideStage, result: Result) -> Result:
    """The result with the decision of own code.

    Raises:
        VedetteError: the code fails, or gives no mapping that JSON has words for.
    """
    said = _called(stage, lambda: stage(result))
    if not isinstance(said, Mapping):
        raise _wrong(stage, f"gave a {type(said).__name__}, expected a mapping")
    return replace(result, decision=_checked(stage, lambda: frozen(said)))


def _arrays(found: Sequence[Detection]) -> Detections:
    """Detections as arrays."""
    return detections([one.box for one in found], [one.score for one in found], [one.class_id for one in found])


def _carried(found: tuple[Detection, ...], place: Place) -> tuple[Detection, ...]:
    """From pixels of the model's input to those of the original image; what lies outside of what was seen goes."""
    if not found:
        return ()
    from vedette.rules.vision.boxes import clip, fit  # a classifier starts without them
    from vedette.rules.vision.detect import project

    seen, carried = place.seen, project(_arrays(found), place.geometry)
    boxes = clip(carried.boxes, seen.left, seen.top, seen.right, seen.bottom)
    kept = fit(Detections(boxes, carried.scores, carried.class_ids))
    moved = zip(found, boxes.tolist(), kept.tolist(), strict=True)
    return tuple(replace(one, box=(box[0], box[1], box[2], box[3])) for one, box, keep in moved if keep)


def _checked_class(stage: object, one: Class) -> Class:
    return Class(*_named(stage, one))


def _checked_detection(stage: object, one: Detection) -> Detection:
    label, class_id, score = _named(stage, one)
    box = _checked(stage, lambda: [float(side) for side in one.box])
    if len(box) != 4 or not all(math.isfinite(side) for side in box):  # noqa: PLR2004 - left, top, right, bottom
        raise _wrong(stage, f"gave the box {box}, expected four finite numbers: left, top, right, bottom")
    return Detection(label, class_id, score, (box[0], box[1], box[2], box[3]))


def _named(stage: object, one: Class | Detection) -> tuple[str, int, float]:
    """Label, class_id and score as plain Python, whatever number types own code has."""
    label = _checked(stage, lambda: frozen({"label": one.label}))["label"]
    class_id = _checked(stage, lambda: index(one.class_id))
    score = _checked(stage, lambda: float(one.score))
    if not isinstance(label, str):
        raise _wrong(stage, f"gave the label {label!r:.80}, expected text")
    if class_id < 0:
        raise _wrong(stage, f"gave the class_id {class_id}, expected one from 0")
    if not 0 <= score <= 1:  # and not NaN
        raise _wrong(stage, f"gave the score {score}, expected 0 to 1")
    return label, class_id, score


def _called(stage: object, call: Callable[[], T]) -> T:
    try:
        return call()
    except VedetteError as error:
        message = f"{_sendable(error.message)} (own code {place_of(stage)})"
        raise error_of(error.kind, message, _sendable(error.help)) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - own code may fail in any way
        _tell(stage, error)
        first = _sendable(error)
        raise _wrong(stage, f"failed: {type(error).__name__}{f': {first}' if first else ''}") from None


def _checked(stage: object, read: Callable[[], T]) -> T:
    """What is read of an answer that may hold anything."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - an object of own code may fail in any way
        raise _wrong(stage, f"gave an answer that cannot be used: {_sendable(error)}") from None


def _sendable(said: object) -> str:
    """The first line of what own code says, short, and such that it can be encoded."""
    try:
        text = str(said)
    except Exception:  # noqa: BLE001 - an exception of own code may fail to tell itself
        return "it cannot be told"
    return text.split("\n", maxsplit=1)[0][:_SHOWN].encode(errors="backslashreplace").decode()


def _wrong(stage: object, what: str) -> InternalError:
    return InternalError(
        f"own code {place_of(stage)} {what}",
        help="the operator corrects it, with the log of the server, or takes it out of `stages` in vedette.yaml",
    )


def _tell(stage: object, error: BaseException) -> None:
    """The traceback, once for each place where own code fails: a log must not fill a disk."""
    last: Any = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{type(error).__name__} line {last.tb_lineno if last is not None else 0}"
    if (place_of(stage), where) not in _told:
        _told.add((place_of(stage), where))
        _log.error("own code %s failed; the same failure is not logged again", place_of(stage), exc_info=error)
