"""YOLO models that answer with one row a box: YOLOv5, YOLOv8, end-to-end exports and YOLOX.

    yolov5       (N, 5 + classes)  cx, cy, w, h in pixels, objectness, scores              yolov5 models/yolo.py Detect
    yolov8       (4 + classes, N)  cx, cy, w, h in pixels, scores; also 9, 11            ultralytics nn/modules/head.py
    yolo-end2end (K, 6)            x1, y1, x2, y2 in pixels, score, class; also 10, 26 and exports with nms=True
    yolox        (N, 5 + classes)  dx, dy, log w, log h in cells, objectness, scores  YOLOX utils/demo_utils.py

All scores are 0..1 already.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.rules.vision.decoders.candidates import from_list, from_products, from_scores
from vedette.rules.vision.decoders.corners import detected, from_centres
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.grid import Grid, grid_of
from vedette.rules.vision.decoders.shapes import flat, unreadable
from vedette.rules.zoo.looks import PLUS_STRIDES, YOLO_STRIDES
from vedette.values.detection import Detections
from vedette.values.manifest import ModelType

_BOX, _OBJECT = 4, 5
_END_COLUMNS = 6


def decode_yolov5(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """Score = objectness x class score.

    Raises:
        InvalidError: not one output (N, 5 + labels), nor one turned round.
    """
    table = _table(ModelType.YOLOV5, outputs, decoding, _OBJECT + decoding.classes)
    found = from_products(table[:, _BOX], table[:, _OBJECT:], decoding)
    return detected(from_centres(table[found.rows, :_BOX]), found)


def decode_yolov8(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """No objectness: the class scores are the scores.

    Raises:
        InvalidError: not one output (4 + labels, N), nor one turned round.
    """
    columns = _BOX + decoding.classes
    table = flat(outputs[0], 2).T if len(outputs) == 1 else np.empty(0)
    if table.ndim != 2 or table.shape[1] != columns:  # noqa: PLR2004 - a table
        table = _table(ModelType.YOLOV8, outputs, decoding, columns)
    found = from_scores(table[:, _BOX:], decoding)
    return detected(from_centres(table[found.rows, :_BOX]), found)


def decode_end2end(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """The graph has chosen and suppressed.

    Raises:
        InvalidError: not one output (K, 6).
    """
    table = _table(ModelType.YOLO_END2END, outputs, decoding, _END_COLUMNS)
    found = from_list(table[:, 4], table[:, 5], decoding)
    return detected(table[found.rows, :_BOX], found)


def decode_yolox(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """Centre = (cell + d) x stride, size = exp(log) x stride; score = objectness x class score.

    Raises:
        InvalidError: not one output (N, 5 + labels), or N is not the number of cells of the strides.
    """
    table = _table(ModelType.YOLOX, outputs, decoding, _OBJECT + decoding.classes)
    grid = _grid(table, decoding)
    if len(grid) != len(table):
        raise unreadable(ModelType.YOLOX, outputs, decoding)
    found = from_products(table[:, _BOX], table[:, _OBJECT:], decoding)
    raw = table[found.rows, :_BOX].astype(np.float64)
    strides = grid.strides[found.rows, None]
    with np.errstate(over="ignore", invalid="ignore"):
        centres = grid.corners[found.rows] + raw[:, :2] * strides
        sizes = np.exp(raw[:, 2:]) * strides
    return detected(from_centres(np.concatenate([centres, sizes], axis=1)), found)


def _table(model_type: ModelType, outputs: Sequence[Array], decoding: Decoding, columns: int) -> Array:
    """The one output as a row a box."""
    if len(outputs) == 1:
        table = flat(outputs[0], 2)
        if table.ndim == 2 and columns in table.shape:  # noqa: PLR2004 - a table
            return table if table.shape[1] == columns else table.T
    raise unreadable(model_type, outputs, decoding)


def _grid(table: Array, decoding: Decoding) -> Grid:
    """The cells of the strides; models for large images (p6) have a fourth."""
    strides = decoding.spec.strides
    grid = grid_of(decoding.size, strides or YOLO_STRIDES)
    return grid if strides or len(grid) == len(table) else grid_of(decoding.size, PLUS_STRIDES)
