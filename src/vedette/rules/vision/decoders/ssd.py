"""SSD: deltas of given anchors with class scores, or what a DetectionOutput layer has decoded in the graph.

    deltas (N, 4) + scores (N, first_class + classes) + anchors N x (cx, cy, w, h), shares of the input
        centre = anchor centre + variance[0] x delta x anchor size,  size = anchor size x exp(variance[1] x delta)
    DetectionOutput (N, 7): image, class, score, left, top, right, bottom as shares of the input; ends at image -1

The formulas are those of arXiv 1512.02325 as torchvision has them (`models/detection/_utils.py` BoxCoder), with its
limit of 1000 / 16 for the growth of an anchor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.candidates import Candidates, from_list, from_softmax, from_table
from vedette.rules.vision.decoders.corners import detected, from_centres, from_shares
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.shapes import flat, unreadable
from vedette.values.detection import Boxes, Detections
from vedette.values.manifest import Activation, ModelType

_COLUMNS = 7
_LARGEST_LOG = math.log(1000 / 16)


def decode_ssd(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """See the module; without `activation` the scores are logits of a softmax.

    Raises:
        InvalidError: the shapes are others, or there is not an anchor for every row.
    """
    if len(outputs) == 1 and outputs[0].ndim > 1 and outputs[0].shape[-1] == _COLUMNS:
        return _detection_output(outputs[0].reshape(-1, _COLUMNS), decoding)
    deltas, table = _heads(outputs, decoding)
    found = _candidates(table, decoding)
    return detected(_boxes(deltas, found, decoding), found)


def _detection_output(table: Array, decoding: Decoding) -> Detections:
    ends = np.flatnonzero(table[:, 0] < 0)
    table = table[: ends[0]] if ends.size else table
    found = from_list(table[:, 2], table[:, 1], decoding)
    return detected(from_shares(table[found.rows, 3:], decoding.size), found)


def _heads(outputs: Sequence[Array], decoding: Decoding) -> tuple[Array, Array]:
    """Deltas (N, 4) and scores (N, columns), each a table or one long row; deltas first if both have four columns."""
    anchors, rest = divmod(len(decoding.spec.anchors), 4)
    columns = decoding.spec.first_class + decoding.classes
    if len(outputs) != 2:  # noqa: PLR2004 - deltas and scores
        raise unreadable(ModelType.SSD, outputs, decoding)
    if not anchors or rest:
        raise InvalidError(
            f"the model answers with deltas; its manifest holds {len(decoding.spec.anchors):,} numbers as anchors",
            help="set anchors to centre x, centre y, width and height of every anchor as shares of the input; "
            "a text file beside the manifest may hold them",
        )
    first, second = (_as_table(output, anchors) for output in outputs)
    for deltas, table in ((first, second), (second, first)):
        if deltas.shape == (anchors, 4) and table.shape == (anchors, columns):
            return deltas, table
    raise unreadable(ModelType.SSD, outputs, decoding)


def _as_table(output: Array, rows: int) -> Array:
    array = flat(output, 1)
    return array.reshape(rows, -1) if array.ndim == 1 and array.size and array.size % rows == 0 else flat(output, 2)


def _candidates(table: Array, decoding: Decoding) -> Candidates:
    spec = decoding.spec
    if spec.activation in (None, Activation.SOFTMAX):
        return from_softmax(table, 0 if spec.first_class else None, decoding)
    return from_table(table[:, spec.first_class :], spec.activation or Activation.NONE, decoding)


def _boxes(deltas: Array, found: Candidates, decoding: Decoding) -> Boxes:
    numbers = decoding.spec.anchors  # thousands: only those that are needed become an array
    anchors = np.array([numbers[4 * row : 4 * row + 4] for row in found.rows], np.float64).reshape(-1, 4)
    chosen = deltas[found.rows].astype(np.float64)
    centre_variance, size_variance = decoding.spec.variances
    with np.errstate(over="ignore", invalid="ignore"):
        centres = anchors[:, :2] + centre_variance * chosen[:, :2] * anchors[:, 2:]
        sizes = anchors[:, 2:] * np.exp(np.minimum(size_variance * chosen[:, 2:], _LARGEST_LOG))
    return from_shares(from_centres(np.concatenate([centres, sizes], axis=1)), decoding.size)
