"""YOLOv5, YOLOv8, end-to-end and YOLOX, against loops over their published formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from detector_cases import assert_found, cells, centred, decoding

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.yolo_rows import decode_end2end, decode_yolov5, decode_yolov8, decode_yolox

DRAW = np.random.default_rng(1)


def rows(count: int, columns: int) -> np.ndarray:
    """Boxes in pixels, the rest 0..1."""
    table = DRAW.random((count, columns), np.float32)
    table[:, :4] *= 60
    return table


def test_yolov5_multiplies_objectness_and_class() -> None:
    """Centre and size in pixels; all classes that reach the threshold."""
    table = rows(252, 8)
    expected = [
        (centred(*row[:4]), float(row[4] * row[5 + k]), k)
        for row in table
        for k in range(3)
        if row[4] * row[5 + k] >= 0.5
    ]

    assert len(expected) > 20
    assert_found(decode_yolov5([table], decoding()), expected)
    assert_found(decode_yolov5([table[None]], decoding()), expected)
    assert_found(decode_yolov5([table.T], decoding()), expected)


def test_yolov8_has_no_objectness() -> None:
    """A row a number, a column a box, or the other way round."""
    table = rows(84, 7)
    expected = [(centred(*row[:4]), float(row[4 + k]), k) for row in table for k in range(3) if row[4 + k] >= 0.5]

    assert_found(decode_yolov8([np.ascontiguousarray(table.T)], decoding()), expected)
    assert_found(decode_yolov8([table], decoding()), expected)


def test_end_to_end_is_a_list() -> None:
    """Corners, score and class as they are; padding rows have no score."""
    table = np.array(
        [[1, 2, 30, 40, 0.9, 2], [5, 6, 7, 8, 0.4, 1], [0, 0, 0, 0, 0, 0], [3, 3, 9, 9, 0.6, 0]], np.float32
    )

    assert_found(decode_end2end([table], decoding()), [((1, 2, 30, 40), 0.9, 2), ((3, 3, 9, 9), 0.6, 0)])


@pytest.mark.parametrize(
    ("width", "height", "strides"), [(64, 64, (8, 16, 32)), (96, 64, (8, 16, 32)), (128, 64, (8, 16, 32, 64))]
)
def test_yolox_decodes_by_the_grid(width: int, height: int, strides: tuple[int, ...]) -> None:
    """Centre (p + g) s and size exp(p) s, cell after cell of each stride."""
    grid = cells(width, height, strides)
    table = DRAW.random((len(grid), 8), np.float32)
    table[:, :4] = DRAW.normal(size=(len(grid), 4))
    expected = [
        (
            centred((row[0] + x) * s, (row[1] + y) * s, math.exp(row[2]) * s, math.exp(row[3]) * s),
            float(row[4] * row[5 + k]),
            k,
        )
        for row, (x, y, s) in zip(table, grid, strict=True)
        for k in range(3)
        if row[4] * row[5 + k] >= 0.5
    ]

    assert_found(decode_yolox([table], decoding(width, height)), expected)


def test_yolox_with_strides_of_its_own() -> None:
    """The manifest's strides count."""
    table = np.zeros((16, 8), np.float32)
    table[5] = [0.5, 0.5, 0, 0, 1, 0, 0.9, 0]

    assert_found(decode_yolox([table], decoding(strides=(16,))), [(centred(24, 24, 16, 16), 0.9, 1)])


@pytest.mark.parametrize(
    ("decode", "shapes", "told"),
    [
        (decode_yolov8, [(84, 8)], r"\(84, 8\).*yolov8 does not read with 3 labels.*\(4 \+ labels, N\)"),
        (decode_yolox, [(86, 8)], "N cells of the strides"),
        (decode_yolov5, [(252, 8), (252, 8)], r"\(252, 8\), \(252, 8\)"),
        (decode_end2end, [(300, 7)], r"\(K, 6\)"),
        (decode_yolov8, [], "answers nothing"),
        (decode_yolov8, [(7,)], r"\(7\)"),
    ],
)
def test_other_shapes_are_refused(decode, shapes, told: str) -> None:
    """What came and what is expected."""
    with pytest.raises(InvalidError, match=told):
        decode([np.zeros(shape, np.float32) for shape in shapes], decoding())


def test_the_family_it_looks_like_is_named() -> None:
    """YOLOX read as YOLOv8 is put right."""
    with pytest.raises(InvalidError) as caught:
        decode_yolov8([np.zeros((84, 8), np.float32)], decoding())

    assert "looks like yolox: set model_type" in caught.value.help


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_numbers_do_not_crash(bad: float) -> None:
    """A score that is none is no candidate; a box that is none stays to be dropped as unsound."""
    table = np.full((84, 8), bad, np.float32)

    assert len(decode_yolox([table], decoding())) == 0
    table[:, 4:] = 0.9
    assert len(decode_yolox([table], decoding())) == 252


def test_nothing_above_the_threshold_is_nothing() -> None:
    """An empty answer, not an error."""
    assert len(decode_yolov8([np.zeros((7, 84), np.float32)], decoding())) == 0
    assert len(decode_yolov8([np.zeros((7, 0), np.float32)], decoding())) == 0
    assert len(decode_end2end([np.zeros((0, 6), np.float32)], decoding())) == 0


def test_half_precision_is_read() -> None:
    """float16 outputs give the same boxes."""
    table = np.array([[32, 16, 8, 4, 0.75, 0.5, 0.25]], np.float16)

    assert_found(
        decode_yolov8([table], decoding()), [(centred(32, 16, 8, 4), 0.75, 0), (centred(32, 16, 8, 4), 0.5, 1)]
    )
