"""NanoDet and NanoDet-Plus: class scores, and for each side a distribution over the distance of the box's edge.

    distance = stride x sum_i i x softmax(bins)_i      (Generalized Focal Loss, arXiv 2006.04388: Integral)
    nanodet       left, top, right, bottom from the MIDDLE of the cell; strides 8, 16, 32      nanodet gfl_head.py
    nanodet-plus  the same from the upper left CORNER of the cell; strides 8, 16, 32, 64       nanodet_plus_head.py

Scores are 0..1 already; `activation: sigmoid` says that they are not. NanoDet's outputs come as scores (P, classes) and
distances (P, 4 x bins), both for all cells or one for each stride, or side by side in one table as NanoDet-Plus has
them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.decoders.candidates import from_table
from vedette.rules.vision.decoders.corners import detected, from_distances
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.grid import Grid, grid_of
from vedette.rules.vision.decoders.shapes import flat, unreadable
from vedette.rules.zoo.looks import PLUS_STRIDES, YOLO_STRIDES, cells_of
from vedette.values.detection import Detections
from vedette.values.frame import Size
from vedette.values.manifest import Activation, ModelType

_SIDES, _MIN_BINS = 4, 2


def decode_nanodet(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """See the module.

    Raises:
        InvalidError: the shapes are others, or have not one row for each cell of the strides.
    """
    return _decode(ModelType.NANODET, outputs, decoding, decoding.spec.strides or YOLO_STRIDES)


def decode_nanodet_plus(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """See the module.

    Raises:
        InvalidError: the shapes are others, or have not one row for each cell of the strides.
    """
    return _decode(ModelType.NANODET_PLUS, outputs, decoding, decoding.spec.strides or PLUS_STRIDES)


def _decode(
    model_type: ModelType, outputs: Sequence[Array], decoding: Decoding, strides: tuple[int, ...]
) -> Detections:
    grid = grid_of(decoding.size, strides)
    heads = _heads(outputs, decoding, strides)
    if heads is None or len(heads[0]) != len(grid):
        raise unreadable(model_type, outputs, decoding)
    scores, bins = heads
    found = from_table(scores, decoding.spec.activation or Activation.NONE, decoding)
    distances = expected_bin(bins[found.rows]) * grid.strides[found.rows, None]
    return detected(from_distances(_points(model_type, grid, found.rows), distances), found)


def expected_bin(bins: Array) -> NDArray[np.float64]:
    """The mean bin of each side, shape (N, 4), out of logits (N, 4 x bins)."""
    logits = bins.reshape(len(bins), _SIDES, bins.shape[1] // _SIDES).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite gives a box that is none
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        means: NDArray[np.float64] = powers @ np.arange(logits.shape[2]) / powers.sum(axis=2)
    return means


def _points(model_type: ModelType, grid: Grid, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    return grid.centres(rows) if model_type is ModelType.NANODET else grid.corners[rows]


def _heads(outputs: Sequence[Array], decoding: Decoding, strides: tuple[int, ...]) -> tuple[Array, Array] | None:
    """Scores (P, classes) and bins (P, 4 x bins) of all cells; None if the shapes are others."""
    if len(outputs) == 1:
        table = np.atleast_1d(flat(outputs[0], 2))
        scores, bins = table[..., : decoding.classes], table[..., decoding.classes :]
    elif len(outputs) == 2:  # noqa: PLR2004 - scores and bins
        first, second = (flat(output, 2) for output in outputs)
        scores, bins = (first, second) if first.shape[1:] == (decoding.classes,) else (second, first)
    elif len(outputs) == 2 * len(strides):
        levels = [_level(outputs, decoding.size, stride, decoding.classes) for stride in strides]
        found = [level for level in levels if level is not None]
        if len(found) != len(strides) or len({level[1].shape[1] for level in found}) != 1:
            return None
        scores, bins = (np.concatenate([level[part] for level in found]) for part in (0, 1))
    else:
        return None
    return (scores, bins) if _are_heads(scores, bins, decoding.classes) else None


def _are_heads(scores: Array, bins: Array, classes: int) -> bool:
    tables = scores.ndim == bins.ndim == 2 and len(scores) == len(bins)  # noqa: PLR2004 - tables
    return tables and scores.shape[1] == classes and bins.shape[1] >= _SIDES * _MIN_BINS and bins.shape[1] % _SIDES == 0


def _level(outputs: Sequence[Array], size: Size, stride: int, classes: int) -> tuple[Array, Array] | None:
    """Scores and bins of one stride; of two tables that could be the scores the first is."""
    tables = [table for output in outputs if (table := _of_level(output, cells_of(size, stride))) is not None]
    if len(tables) != 2:  # noqa: PLR2004 - scores and bins
        return None
    first, second = tables
    scores, bins = (first, second) if first.shape[1] == classes else (second, first)
    return (scores, bins) if _are_heads(scores, bins, classes) else None


def _of_level(output: Array, cells: tuple[int, int]) -> Array | None:
    """An output of one stride as a row a cell; None if it is of another."""
    columns, rows = cells
    if output.ndim >= 3 and flat(output, 3).shape[:2] == (rows, columns):  # noqa: PLR2004 - channels last
        return output.reshape(rows * columns, -1)
    if output.ndim >= 3 and flat(output, 3).shape[1:] == (rows, columns):  # noqa: PLR2004 - channels first
        return output.reshape(-1, rows * columns).T
    table = flat(output, 2)
    return table if table.ndim == 2 and len(table) == rows * columns else None  # noqa: PLR2004 - a table
