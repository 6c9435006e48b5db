"""Detectors with queries: each of K queries gives one box and class logits, and nothing needs to be suppressed.

    detr    boxes (K, 4), logits (K, classes + 1): softmax, the last column is no object    (detr models/detr.py)
    rtdetr  boxes (K, 4), logits (K, classes): sigmoid     (PostProcess of Deformable DETR, RT-DETR and RF-DETR)
            or one table (K, 4 + classes) whose scores are 0..1 already                    (Ultralytics RT-DETR)

Boxes are centre x, centre y, width, height as shares of the input. Classes count from `spec.first_class`.
"""

from __future__ import annotations

from collections.abc import Sequence

from vedette.rules.vision.decoders.candidates import Candidates, from_softmax, from_table
from vedette.rules.vision.decoders.corners import detected, from_centres, from_shares
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.shapes import flat, unreadable
from vedette.values.detection import Detections
from vedette.values.manifest import Activation, ModelType

_BOX = 4


def decode_detr(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """Softmax over all columns, the last of which is no object.

    Raises:
        InvalidError: the shapes are others.
    """
    columns = decoding.spec.first_class + decoding.classes + 1
    heads = _heads(outputs, columns, boxes_first=False)
    if heads is None:
        raise unreadable(ModelType.DETR, outputs, decoding)
    boxes, table = heads
    if decoding.spec.activation in (None, Activation.SOFTMAX):
        return _detected(boxes, from_softmax(table, columns - 1, decoding), decoding)
    wanted = table[:, decoding.spec.first_class : -1]
    return _detected(boxes, from_table(wanted, decoding.spec.activation or Activation.NONE, decoding), decoding)


def decode_rtdetr(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """The best pairs of query and class.

    Raises:
        InvalidError: the shapes are others.
    """
    spec = decoding.spec
    columns = spec.first_class + decoding.classes
    heads = _heads(outputs, columns, boxes_first=True)
    usual = Activation.SIGMOID
    if heads is None and len(outputs) == 1 and flat(outputs[0], 2).shape[1:] == (_BOX + columns,):
        table = flat(outputs[0], 2)
        heads, usual = (table[:, :_BOX], table[:, _BOX:]), Activation.NONE
    if heads is None:
        raise unreadable(ModelType.RTDETR, outputs, decoding)
    boxes, table = heads
    wanted = table[:, spec.first_class :]
    return _detected(boxes, from_table(wanted, spec.activation or usual, decoding), decoding)


def _detected(boxes: Array, found: Candidates, decoding: Decoding) -> Detections:
    return detected(from_shares(from_centres(boxes[found.rows]), decoding.size), found)


def _heads(outputs: Sequence[Array], columns: int, *, boxes_first: bool) -> tuple[Array, Array] | None:
    """Boxes and logits of two outputs.

    Where both have four columns, boxes are the one that lies within 0..1; where both do, `boxes_first` tells.
    """
    if len(outputs) != 2:  # noqa: PLR2004 - boxes and logits
        return None
    first, second = (flat(output, 2) for output in outputs)
    if any(table.ndim != 2 for table in (first, second)) or len(first) != len(second):  # noqa: PLR2004 - tables
        return None
    widths = (first.shape[1], second.shape[1])
    if widths == (_BOX, _BOX) and columns == _BOX:
        first_fits, second_fits = _are_shares(first), _are_shares(second)
        boxes_first = boxes_first if first_fits == second_fits else first_fits
        return (first, second) if boxes_first else (second, first)
    if widths == (_BOX, columns):
        return first, second
    return (second, first) if widths == (columns, _BOX) else None


def _are_shares(table: Array) -> bool:
    return bool(((table >= 0) & (table <= 1)).all())
