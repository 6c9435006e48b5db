"""CenterNet: objects are peaks of a heat map, and the other maps tell their size where the peak is.

    heat (classes, h, w), 0..1: a peak is a cell that no neighbour exceeds (3 x 3 maximum; it stands for suppression)
    sizes (2, h, w), in cells: width and height around the centre    (CenterNet src/lib/models/decode.py ctdet_decode)
    sizes (4, h, w), in pixels: left, up, right, down from the cell's upper left corner       (mobilenetv3_centernet)
    offsets (2, h, w), in cells: centre = cell + offset; without them the centre is the cell's middle

The heat map is the first output with a channel a label; of two outputs with two channels sizes come before offsets.
Channels may be last. `activation: sigmoid` says that the heat is logits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.decoders.candidates import floor_of, from_list, sigmoid
from vedette.rules.vision.decoders.corners import detected, from_centres, from_distances
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.shapes import flat, unreadable
from vedette.rules.zoo.looks import sides_of
from vedette.values.detection import Boxes, Detections
from vedette.values.manifest import Activation, ModelType

_PIXEL_SIDES = 4
_HEADS = ([2], [4], [2, 2], [4, 2])
_AROUND = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1) if (down, across) != (0, 0)]


def decode_centernet(outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """See the module.

    Raises:
        InvalidError: the shapes are others.
    """
    heat, sizes, offsets = _maps(outputs, decoding)
    scores, places = _peaks(heat, decoding)
    first = decoding.spec.first_class
    found = from_list(scores, places[:, 0] + first, decoding)
    return detected(_boxes(heat, sizes, offsets, places[found.rows], decoding), found)


def _peaks(heat: Array, decoding: Decoding) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Scores (N,) and places (N, 3) as class, row, column; in the order of cells, then of classes."""
    raw = decoding.spec.activation is Activation.SIGMOID
    floor = floor_of(decoding.threshold) if raw else np.float32(decoding.threshold)
    classes, rows, columns = np.unravel_index(np.flatnonzero(heat >= floor), heat.shape)
    order = np.lexsort((classes, columns, rows))
    classes, rows, columns = classes[order], rows[order], columns[order]
    values = heat[classes, rows, columns]
    peak = np.ones(len(values), bool)
    for down, across in _AROUND:
        beside = heat[
            classes, np.clip(rows + down, 0, heat.shape[1] - 1), np.clip(columns + across, 0, heat.shape[2] - 1)
        ]
        peak &= ~(beside > values)
    places = np.stack([classes, rows, columns], axis=1)[peak]
    return (sigmoid(values[peak]) if raw else values[peak].astype(np.float32)), places


def _boxes(heat: Array, sizes: Array, offsets: Array | None, places: NDArray[np.intp], decoding: Decoding) -> Boxes:
    _, rows, columns = places.T
    stride = np.array([decoding.size.width / heat.shape[2], decoding.size.height / heat.shape[1]])
    cells = np.stack([columns, rows], axis=1).astype(np.float64)
    chosen = sizes[:, rows, columns].T.astype(np.float64)
    shifts = None if offsets is None else offsets[:, rows, columns].T.astype(np.float64)
    if sizes.shape[0] == _PIXEL_SIDES:
        return from_distances((cells if shifts is None else cells + shifts) * stride, chosen)
    with np.errstate(over="ignore", invalid="ignore"):
        centres = (cells + (0.5 if shifts is None else shifts)) * stride
        return from_centres(np.concatenate([centres, chosen * stride], axis=1))


def _maps(outputs: Sequence[Array], decoding: Decoding) -> tuple[Array, Array, Array | None]:
    """Heat, sizes and offsets with channels first."""
    maps = [one for output in outputs if (one := _channels_first(flat(output, 3), decoding)) is not None]
    heat = next((index for index, one in enumerate(maps) if one.shape[0] == decoding.classes), None)
    if heat is None or len(maps) != len(outputs) or len({one.shape[1:] for one in maps}) != 1:
        raise unreadable(ModelType.CENTERNET, outputs, decoding)
    rest = maps[:heat] + maps[heat + 1 :]
    rest.sort(key=lambda one: -one.shape[0])  # stable: of two with two channels the first stays first
    if [one.shape[0] for one in rest] not in _HEADS:
        raise unreadable(ModelType.CENTERNET, outputs, decoding)
    return maps[heat], rest[0], rest[1] if len(rest) > 1 else None


def _channels_first(array: Array, decoding: Decoding) -> Array | None:
    sides = sides_of(array.shape, decoding.size) if array.ndim == 3 else None  # noqa: PLR2004 - a map
    if sides is None:
        return None
    return array if array.shape[1:] == sides else array.transpose(2, 0, 1)
