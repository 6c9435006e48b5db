"""YOLOv3 and YOLOv4: a raw map for each stride, with a few anchor boxes a cell.

    map (h, w, A x (5 + classes)), channels first or last, or (h, w, A, 5 + classes)

    yolov3  centre = (sigmoid(t) + cell) x stride,                       size = exp(t) x anchor    (arXiv 1804.02767)
    yolov4  centre = (sigmoid(t) x k - (k - 1) / 2 + cell) x stride, with k = 1.2, 1.1, 1.05 at strides 8, 16, 32

Score = sigmoid(objectness) x sigmoid(class). `activation: none` says that the graph has applied the sigmoid: for
yolov3 to the centre and the scores, as OpenVINO's RegionYolo does; for yolov4 to the scores alone, as the export of the
ONNX model zoo does, which is what its maps of rank 4 are taken for. A yolov4 may also be decoded already: boxes
(N, 1, 4) as shares of the input and scores (N, classes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.decoders.candidates import Candidates, floor_of, from_products, from_scores, sigmoid
from vedette.rules.vision.decoders.corners import detected, from_centres, from_shares
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.shapes import flat, unreadable
from vedette.rules.zoo.looks import cells_of
from vedette.values.detection import Boxes, Detections, concatenate
from vedette.values.manifest import Activation, ModelType

_NUMBERS_BEFORE_SCORES = 5
_ZOO_RANK = 4
_SCALES = {8: 1.2, 16: 1.1, 32: 1.05}
_TINY_MAPS = 2
_TINY_SCALE = 1.05
_ANCHORS = {
    (ModelType.YOLOV3, 3): (10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326),
    (ModelType.YOLOV4, 3): (12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401),
    (ModelType.YOLOV3, 2): (10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319),
    (ModelType.YOLOV4, 2): (23, 27, 37, 58, 81, 82, 81, 82, 135, 169, 344, 319),
}
"""Anchors of the models trained on COCO (darknet cfg/yolov3.cfg, yolov4.cfg, the tiny ones), the first stride first."""


@dataclass(frozen=True, slots=True)
class _Map:
    """One feature map: its numbers (h, w, A, 5 + classes), stride and anchors, and how it is read."""

    cells: Array
    stride: tuple[float, float]
    anchors: NDArray[np.float64]
    scale: float
    centres_raw: bool
    scores_raw: bool


def decode_yolov3(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """See the module.

    Raises:
        InvalidError: the outputs are no maps of the strides, or have another number of labels or anchors.
    """
    return _decode(ModelType.YOLOV3, outputs, decoding)


def decode_yolov4(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """See the module.

    Raises:
        InvalidError: the outputs are no maps of the strides, or have another number of labels or anchors.
    """
    decoded = _decoded(outputs, decoding)
    if decoded is None:
        return _decode(ModelType.YOLOV4, outputs, decoding)
    boxes, scores = decoded
    found = from_scores(scores, decoding)
    return detected(from_shares(boxes[found.rows], decoding.size), found)


def _decoded(outputs: Sequence[Array], decoding: Decoding) -> tuple[Array, Array] | None:
    """Boxes (N, 4) and scores (N, classes) of an export that decodes in its graph."""
    if len(outputs) != 2:  # noqa: PLR2004 - boxes and scores
        return None
    boxes, scores = sorted((flat(output, 3) for output in outputs), key=lambda output: output.ndim, reverse=True)
    scores = flat(scores, 2)
    if boxes.shape[1:] != (1, 4) or scores.shape != (len(boxes), decoding.classes):
        return None
    return boxes[:, 0], scores


def _decode(model_type: ModelType, outputs: Sequence[Array], decoding: Decoding) -> Detections:
    found = []
    for one in _maps(model_type, outputs, decoding):
        candidates = _candidates(one, decoding)
        found.append(detected(_boxes(one, candidates), candidates))
    together = concatenate(found)
    order = np.argsort(-together.scores, kind="stable")[: decoding.spec.max_candidates]
    return together.take(order)


def _candidates(one: _Map, decoding: Decoding) -> Candidates:
    """Rows count cell by cell and anchor by anchor; only what has an object is read at all."""
    floor = floor_of(decoding.threshold) if one.scores_raw else np.float32(decoding.threshold)
    rows = np.flatnonzero(one.cells[..., 4] >= floor)
    chosen = one.cells[np.unravel_index(rows, one.cells.shape[:3])]
    objectness, scores = chosen[:, 4], chosen[:, _NUMBERS_BEFORE_SCORES:]
    if one.scores_raw:
        objectness, scores = sigmoid(objectness), sigmoid(scores)
    return from_products(objectness, scores, decoding).among(rows)


def _boxes(one: _Map, candidates: Candidates) -> Boxes:
    down, across, anchors = np.unravel_index(candidates.rows, one.cells.shape[:3])
    raw = one.cells[down, across, anchors, :4].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        inside = 0.5 * (1 + np.tanh(raw[:, :2] / 2)) if one.centres_raw else raw[:, :2]
        shifted = inside * one.scale - (one.scale - 1) / 2
        centres = (shifted + np.stack([across, down], axis=1)) * one.stride
        sizes = np.exp(raw[:, 2:]) * one.anchors[anchors]
    return from_centres(np.concatenate([centres, sizes], axis=1))


def _maps(model_type: ModelType, outputs: Sequence[Array], decoding: Decoding) -> list[_Map]:
    """The maps from the smallest stride to the largest."""
    anchors = _anchors(model_type, len(outputs), decoding)
    each = anchors.shape[1]
    maps = [one for output in outputs if (one := _laid_out(output, each, decoding)) is not None]
    maps.sort(key=lambda one: one.shape[0] * one.shape[1], reverse=True)
    if not maps or len(maps) != len(outputs) or not _are_of_strides(maps, decoding):
        raise unreadable(model_type, outputs, decoding)
    raw = _are_raw(model_type, outputs, decoding)
    found = []
    for one, own in zip(maps, anchors, strict=True):
        stride = (decoding.size.width / one.shape[1], decoding.size.height / one.shape[0])
        scale = _scale(model_type, stride[0], len(maps))
        centres_raw = raw or model_type is ModelType.YOLOV4
        found.append(_Map(one, stride, own, scale, centres_raw, raw))
    return found


def _anchors(model_type: ModelType, maps: int, decoding: Decoding) -> NDArray[np.float64]:
    """Anchors, shape (maps, anchors of each, 2); none if their number is no multiple of the maps'."""
    numbers = np.array(decoding.spec.anchors or _ANCHORS.get((model_type, maps), ()), np.float64)
    if not maps or numbers.size % (2 * maps):
        return np.empty((maps, 0, 2))
    return numbers.reshape(maps, -1, 2)


def _are_of_strides(maps: Sequence[Array], decoding: Decoding) -> bool:
    """Whether the maps are those of `spec.strides`, where it names any."""
    strides = decoding.spec.strides
    cells = [cells_of(decoding.size, stride) for stride in sorted(strides)]
    return not strides or cells == [(one.shape[1], one.shape[0]) for one in maps]


def _laid_out(output: Array, anchors: int, decoding: Decoding) -> Array | None:
    """One map as (h, w, A, 5 + classes); None if it is none with so many labels."""
    numbers = _NUMBERS_BEFORE_SCORES + decoding.classes
    if output.ndim == _ZOO_RANK and output.shape[2:] == (anchors, numbers):
        return output
    if output.ndim == _ZOO_RANK and (output.shape[0], output.shape[3]) == (anchors, numbers):
        return output.transpose(1, 2, 0, 3)
    array = flat(output, 3)
    if array.ndim == 3 and array.shape[2] == anchors * numbers:  # noqa: PLR2004 - channels last
        return array.reshape(*array.shape[:2], anchors, numbers)
    if array.ndim == 3 and array.shape[0] == anchors * numbers:  # noqa: PLR2004 - channels first
        return array.reshape(anchors, numbers, *array.shape[1:]).transpose(2, 3, 0, 1)
    return None


def _are_raw(model_type: ModelType, outputs: Sequence[Array], decoding: Decoding) -> bool:
    """Whether the scores still need a sigmoid."""
    if decoding.spec.activation is not None:
        return decoding.spec.activation is not Activation.NONE
    return model_type is ModelType.YOLOV3 or all(flat(output, 3).ndim < _ZOO_RANK for output in outputs)


def _scale(model_type: ModelType, stride: float, maps: int) -> float:
    """The factor by which yolov4 lets a centre leave its cell (darknet's scale_x_y)."""
    if model_type is ModelType.YOLOV3:
        return 1.0
    return _TINY_SCALE if maps == _TINY_MAPS else _SCALES.get(round(stride), 1.0)
