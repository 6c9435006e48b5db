"""Detectors whose graph gives a finished list: boxes with one score and one class each.

tf-od  boxes (K, 4) top, left, bottom, right as shares of the input, classes (K), scores (K) and how many count
       (TensorFlow Object Detection API; TFLite_Detection_PostProcess)
boxes  boxes (K, 4) left, top, right, bottom in pixels of the input, scores (K), classes (K);
       or boxes (K, 5) with the score beside and classes (K), or without classes (OpenVINO Model API)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.rules.vision.decoders.candidates import from_list
from vedette.rules.vision.decoders.corners import detected, from_shares
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.shapes import flat, scores_and_classes, unreadable
from vedette.values.detection import Detections
from vedette.values.manifest import ModelType

_BOX, _SCORED = 4, 5
_TF_OUTPUTS = 4
_YXYX = [1, 0, 3, 2]


def decode_tf_od(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """Classes count from `spec.first_class`; rows beyond the count are left out.

    Raises:
        InvalidError: the shapes are others.
    """
    counts = [output for output in outputs if output.size == 1 and output.ndim <= 1]
    rest = [output for output in outputs if all(output is not count for count in counts[-1:])]
    parts = _parts(rest, scores_first=False)
    if len(outputs) != _TF_OUTPUTS or not counts or parts is None:
        raise unreadable(ModelType.TF_OD, outputs, decoding)
    boxes, scores, classes = parts
    count = float(counts[-1].reshape(-1)[0])
    rows = slice(0, int(count)) if 0 <= count < len(boxes) else slice(None)
    found = from_list(scores[rows], classes[rows], decoding)
    return detected(from_shares(boxes[rows][found.rows][:, _YXYX], decoding.size), found)


def decode_boxes(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """Classes count from `spec.first_class`.

    Raises:
        InvalidError: the shapes are others.
    """
    parts = _scored(outputs, decoding) or _parts(outputs, scores_first=True)
    if parts is None:
        raise unreadable(ModelType.BOXES, outputs, decoding)
    boxes, scores, classes = parts
    found = from_list(scores, classes, decoding)
    return detected(boxes[found.rows], found)


def _parts(outputs: Sequence[Array], *, scores_first: bool) -> tuple[Array, Array, Array] | None:
    """Boxes (K, 4), scores (K) and classes (K) among three outputs; None if they are not there."""
    boxes = next((flat(output, 2) for output in outputs if flat(output, 2).shape[1:] == (_BOX,)), None)
    if boxes is None:
        return None
    rows = [flat(output, 1) for output in outputs if flat(output, 2).shape[1:] != (_BOX,)]
    if len(rows) == 2 and len(outputs) == 3 and all(row.shape == (len(boxes),) for row in rows):  # noqa: PLR2004
        return boxes, *scores_and_classes(rows[0], rows[1], scores_first=scores_first)
    return None


def _scored(outputs: Sequence[Array], decoding: Decoding) -> tuple[Array, Array, Array] | None:
    """Boxes with the score beside them; without classes all are of the first one."""
    table = next((flat(output, 2) for output in outputs if flat(output, 2).shape[1:] == (_SCORED,)), None)
    if table is None or len(outputs) > 2:  # noqa: PLR2004 - boxes and classes
        return None
    others = [flat(output, 1) for output in outputs if flat(output, 2).shape[1:] != (_SCORED,)]
    classes = others[0] if others else np.full(len(table), decoding.spec.first_class)
    return (table[:, :_BOX], table[:, _BOX], classes) if classes.shape == (len(table),) else None
