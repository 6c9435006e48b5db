"""Finished lists of boxes."""

from __future__ import annotations

import numpy as np
import pytest
from detector_cases import assert_found, decoding

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.listed import decode_boxes, decode_tf_od

YXYX = np.array([[0.5, 0.25, 1, 0.5], [0, 0, 1, 1], [0.1, 0.1, 0.2, 0.2]], np.float32)
SCORES = np.array([0.9, 0.6, 0.8], np.float32)
CLASSES = np.array([3, 1, 2], np.float32)
COUNT = np.array(2, np.float32)
EXPECTED = [((20, 20, 40, 40), 0.9, 2), ((0, 0, 80, 40), 0.6, 0)]


@pytest.mark.parametrize(
    "outputs",
    [
        [YXYX, CLASSES, SCORES, COUNT],
        [COUNT, YXYX, SCORES, CLASSES],
        [YXYX, CLASSES.astype(np.int64), SCORES, COUNT[None]],
        [YXYX[None], SCORES[None], CLASSES[None], COUNT[None]],
    ],
)
def test_tf_od_in_any_order(outputs) -> None:
    """Top, left, bottom, right as shares; classes from 1; no more than the count."""
    assert_found(decode_tf_od(outputs, decoding(80, 40, first_class=1)), EXPECTED)


def test_tf_od_of_one_box() -> None:
    """A list of one is not taken for the count."""
    outputs = [YXYX[:1], np.array([0.0], np.float32), np.array([0.9], np.float32), np.array([1.0], np.float32)]

    assert_found(decode_tf_od(outputs, decoding(80, 40)), [((20, 20, 40, 40), 0.9, 0)])


XYXY = np.array([[1, 2, 30, 40], [5, 6, 7, 8], [9, 9, 20, 20]], np.float32)
PIXELS = [((1, 2, 30, 40), 0.9, 2), ((9, 9, 20, 20), 0.8, 1), ((5, 6, 7, 8), 0.6, 0)]


@pytest.mark.parametrize(
    "outputs",
    [
        [XYXY, SCORES, CLASSES],
        [CLASSES.astype(np.int64), XYXY, SCORES],
        [np.column_stack([XYXY, SCORES]), CLASSES],
        [CLASSES.astype(np.int32)[None], np.column_stack([XYXY, SCORES])[None]],
    ],
)
def test_boxes_in_pixels(outputs) -> None:
    """With the score apart or beside the box; classes from the first one."""
    assert_found(decode_boxes(outputs, decoding(first_class=1)), PIXELS)


def test_boxes_without_classes() -> None:
    """All are of the first class."""
    found = decode_boxes([np.column_stack([XYXY, SCORES])], decoding(classes=1))

    assert found.class_ids.tolist() == [0, 0, 0]


def test_scores_that_are_all_whole_take_the_usual_order() -> None:
    """Nothing but zeros and ones: scores come before classes, in TensorFlow's lists after them."""
    ones, twos = np.ones(3, np.float32), np.full(3, 2, np.float32)

    assert decode_boxes([XYXY, ones, twos], decoding()).class_ids.tolist() == [2, 2, 2]
    assert decode_tf_od([YXYX, twos, ones, COUNT], decoding()).class_ids.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("decode", "shapes"),
    [
        (decode_tf_od, [(3, 4), (3,), (3,)]),
        (decode_tf_od, [(3, 4), (3,), (2,), (1,)]),
        (decode_tf_od, []),
        (decode_boxes, [(3, 4), (3,)]),
        (decode_boxes, [(3, 5), (2,)]),
        (decode_boxes, [(3, 6), (3,), (3,)]),
        (decode_boxes, []),
    ],
)
def test_other_shapes_are_refused(decode, shapes) -> None:
    """A list that is not whole."""
    with pytest.raises(InvalidError, match="does not read with 3 labels"):
        decode([np.zeros(shape, np.float32) for shape in shapes], decoding())


def test_empty_lists_are_empty() -> None:
    """Models with a list of any length may find nothing."""
    empty = np.empty(0, np.float32)

    assert len(decode_boxes([np.empty((0, 4), np.float32), empty, empty], decoding())) == 0
    assert len(decode_boxes([np.empty((0, 5), np.float32), empty], decoding())) == 0
