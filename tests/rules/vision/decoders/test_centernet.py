"""CenterNet, against a loop over all cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from detector_cases import Object, assert_found, centred, decoding

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.centernet import decode_centernet
from vedette.values.manifest import Activation

DRAW = np.random.default_rng(6)
HEAT = DRAW.random((3, 12, 16), np.float32)
WH = DRAW.uniform(1, 5, (2, 12, 16)).astype(np.float32)
OFFSETS = DRAW.random((2, 12, 16), np.float32)
LTRB = DRAW.uniform(1, 20, (4, 12, 16)).astype(np.float32)


def peaks(heat: np.ndarray, threshold: float = 0.5) -> list[tuple[int, int, int]]:
    """Class, row and column of every cell that none of its eight neighbours exceeds."""
    found = []
    for k, y, x in np.ndindex(*heat.shape):
        around = heat[k, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        if heat[k, y, x] >= threshold and heat[k, y, x] >= around.max():
            found.append((k, y, x))
    return found


def objects(offsets: np.ndarray | None = None, *, ltrb: bool = False) -> list[Object]:
    """For an input of 64 x 48: the stride is 4."""
    found = []
    for k, y, x in peaks(HEAT):
        dx, dy = (0.0 if ltrb else 0.5,) * 2 if offsets is None else offsets[:, y, x].tolist()
        px, py = (x + dx) * 4, (y + dy) * 4
        left, top, right, bottom = LTRB[:, y, x].tolist()
        w, h = WH[:, y, x].tolist()
        box = (px - left, py - top, px + right, py + bottom) if ltrb else centred(px, py, w * 4, h * 4)
        found.append((box, float(HEAT[k, y, x]), k))
    return found


@pytest.mark.parametrize("last", [False, True])
def test_peaks_with_sizes_and_offsets(*, last: bool) -> None:
    """Channels first or last; without offsets the centre is the cell's middle."""
    outputs = [array.transpose(1, 2, 0) if last else array for array in (HEAT, WH, OFFSETS)]

    assert len(objects()) > 20
    assert_found(decode_centernet(outputs, decoding(64, 48)), objects(OFFSETS))
    assert_found(decode_centernet(outputs[:2], decoding(64, 48)), objects())


def test_four_sides_in_pixels() -> None:
    """From the cell's upper left corner, or from where the offsets put it."""
    assert_found(decode_centernet([HEAT, LTRB], decoding(64, 48)), objects(ltrb=True))
    assert_found(decode_centernet([OFFSETS, HEAT, LTRB], decoding(64, 48)), objects(OFFSETS, ltrb=True))


def test_heat_may_be_logits() -> None:
    """`activation: sigmoid` gives the same peaks."""
    logits = np.log(HEAT.astype(np.float64) / (1 - HEAT)).astype(np.float32)
    found = decode_centernet([logits, WH], decoding(64, 48, activation=Activation.SIGMOID))

    assert_found(found, objects(), tolerance=1e-4)


def test_a_plateau_is_as_many_peaks_as_cells() -> None:
    """Equal neighbours do not exceed each other, as in the 3 x 3 maximum."""
    heat = np.zeros((3, 12, 16), np.float32)
    heat[1, 4, 4:6] = 0.9

    assert len(decode_centernet([heat, WH], decoding(64, 48))) == 2


def test_the_best_peaks_stay() -> None:
    """As many as `max_candidates`."""
    found = decode_centernet([HEAT, WH], decoding(64, 48, max_candidates=3))

    assert_found(found, sorted(objects(), key=lambda one: -one[1])[:3])


@pytest.mark.parametrize(
    "shapes",
    [
        [(3, 12, 16)],
        [(3, 12, 16), (3, 12, 16)],
        [(4, 12, 16), (2, 12, 16)],
        [(3, 12, 16), (2, 6, 8)],
        [(3, 9), (2, 9)],
        [],
    ],
)
def test_other_shapes_are_refused(shapes) -> None:
    """No sizes, other labels, maps of two sizes, no maps."""
    with pytest.raises(InvalidError, match="centernet does not read"):
        decode_centernet([np.zeros(shape, np.float32) for shape in shapes], decoding(64, 48))


def test_bad_numbers_do_not_crash() -> None:
    """NaN in the heat is no peak; its neighbours may be."""
    heat = HEAT.copy()
    heat[0] = math.nan
    found = decode_centernet([heat, WH], decoding(64, 48))

    assert 0 not in found.class_ids
