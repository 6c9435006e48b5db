"""Detections: arrays of one length that never change."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.values.detection import Detections, concatenate, detections, nothing


def two() -> Detections:
    return detections([[0, 1, 2, 3], [4, 5, 6, 7]], [0.5, 0.25], [7, 8])


@pytest.mark.parametrize(
    ("boxes", "scores", "class_ids"),
    [((2, 4), 1, 2), ((1, 4), 2, 2), ((2, 4), 2, 1), ((2, 3), 2, 2), ((8,), 2, 2)],
)
def test_the_arrays_must_fit_each_other(boxes: tuple[int, ...], scores: int, class_ids: int) -> None:
    """Another shape than (N, 4), (N,) and (N,) is refused, and the message names all three."""
    with pytest.raises(ValueError, match=r"must be \(N, 4\), \(N,\) and \(N,\), got"):
        Detections(np.zeros(boxes), np.zeros(scores), np.zeros(class_ids, np.int64))


def test_detections_never_change() -> None:
    """Writing into any of the arrays is an error."""
    found = two()

    for array in (found.boxes, found.scores, found.class_ids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_lists_become_arrays_of_the_right_kind() -> None:
    """Boxes and scores are float64, classes int64."""
    found = two()

    assert (found.boxes.dtype, found.scores.dtype, found.class_ids.dtype) == (np.float64, np.float64, np.int64)
    assert (found.boxes.shape, len(found)) == ((2, 4), 2)


def test_what_was_given_can_still_be_written() -> None:
    """`detections` copies: the caller's array is not frozen with it."""
    boxes = np.zeros((1, 4))
    found = detections(boxes, [1.0], [0])
    boxes[0, 0] = 9

    assert found.boxes[0, 0] == 0


@pytest.mark.parametrize("which", [np.array([1]), np.array([False, True])])
def test_rows_are_taken_by_index_or_mask(which: np.ndarray) -> None:
    """All three arrays give the same rows."""
    taken = two().take(which)

    assert taken.boxes.tolist() == [[4, 5, 6, 7]]
    assert (taken.scores.tolist(), taken.class_ids.tolist()) == ([0.25], [8])


def test_indices_also_order_and_repeat() -> None:
    """The order of the indices is the order of the result."""
    assert two().take(np.array([1, 0, 1])).class_ids.tolist() == [8, 7, 8]


def test_nothing_has_the_shapes_of_something() -> None:
    """No object is (0, 4), (0,) and (0,), and can be taken from and joined."""
    assert (len(nothing()), nothing().boxes.shape) == (0, (0, 4))
    assert len(nothing().take(np.array([], int))) == 0
    assert len(concatenate([nothing(), two(), nothing()])) == 2


def test_parts_are_joined_in_their_order() -> None:
    """What the first part holds comes first."""
    joined = concatenate([two(), detections([[9, 9, 10, 10]], [1.0], [3])])

    assert joined.class_ids.tolist() == [7, 8, 3]
    assert joined.boxes[2].tolist() == [9, 9, 10, 10]


def test_no_parts_are_nothing() -> None:
    """An empty list of parts holds no object."""
    assert len(concatenate([])) == 0
