"""Plates stay inside the picture and beside each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.vision.plates import Plate, place
from vedette.values.frame import Size

PICTURE = Size(640, 480)
LABEL = Size(80, 18)

Box = tuple[int, int, int, int]


def corners(*boxes: Box, optional: bool = False) -> list[tuple[int, int] | None]:
    plates = [Plate(LABEL, optional=optional)] * len(boxes)
    return place(PICTURE, np.array(boxes, np.int64).reshape(-1, 4), plates)


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(one[0] - other[0]) < LABEL.width and abs(one[1] - other[1]) < LABEL.height


@pytest.mark.parametrize(
    ("box", "corner"),
    [
        ((100, 100, 400, 300), (100, 82)),
        ((100, 0, 400, 300), (100, 0)),
        ((100, 10, 600, 470), (100, 10)),
        ((100, 0, 200, 40), (100, 40)),
        ((0, 0, 640, 480), (0, 0)),
        ((600, 100, 640, 300), (560, 82)),
        ((300, 200, 305, 205), (300, 182)),
    ],
)
def test_a_plate_lies_above_its_box_inside_its_upper_edge_or_below(box: Box, corner: tuple[int, int]) -> None:
    """At the upper edge of the picture inside a large box and below a small one; at the right edge it moves left."""
    assert corners(box) == [corner]


def test_plates_of_equal_boxes_are_all_read() -> None:
    """Six models that agree on one object give six plates that do not touch the same pixel."""
    placed = corners(*[(200, 150, 420, 350)] * 6)

    assert None not in placed
    assert not any(overlap(one, other) for one, other in combinations(placed, 2))


def test_the_most_important_plate_has_the_first_choice() -> None:
    """The second of two equal boxes gives way."""
    first, second = corners((200, 150, 420, 350), (200, 150, 420, 350))

    assert first == (200, 132)
    assert second != first


def test_a_plate_does_not_hide_a_small_box() -> None:
    """Where a small object lies above a large one, the label of the large one goes elsewhere."""
    placed = corners((200, 150, 420, 350), (210, 134, 222, 146))

    assert placed[0] is not None
    assert placed[0] != (200, 132)


def test_an_optional_plate_is_left_out_in_a_crowd() -> None:
    """On a dense grid of small boxes no plate hides another or a box by more than a fifth; one alone is shown."""
    grid = [(x, y, x + 10, y + 10) for x in range(0, 630, 12) for y in range(0, 470, 12)]

    assert corners((300, 200, 305, 205), optional=True) == [(300, 182)]
    assert corners(*grid, optional=True).count(None) > 0.95 * len(grid)


def test_what_has_no_label_or_is_too_large_has_no_place() -> None:
    """None in, None out; a plate wider or higher than the picture is left out."""
    boxes = np.array([(10, 10, 60, 60)] * 4, np.int64)
    plates = [None, Plate(Size(641, 18)), Plate(Size(80, 481)), Plate(PICTURE)]

    assert place(PICTURE, boxes, plates) == [None, None, None, (0, 0)]
    assert place(PICTURE, np.empty((0, 4), np.int64), []) == []


@st.composite
def _crowds(draw: st.DrawFn) -> tuple[Size, list[Box], list[Plate]]:
    width, height = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    boxes, plates = [], []
    for _ in range(draw(st.integers(1, 40))):
        left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        boxes.append((left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))))
        size = Size(draw(st.integers(1, 90)), draw(st.integers(1, 30)))
        plates.append(Plate(size, optional=draw(st.booleans())))
    return Size(width, height), boxes, plates


@given(_crowds())
def test_every_plate_is_inside_the_picture(crowd: tuple[Size, list[Box], list[Plate]]) -> None:
    """Whatever the boxes; only one that may be left out, or is too large, is; one left in hides no earlier plate."""
    picture, boxes, plates = crowd
    placed = place(picture, np.array(boxes, np.int64), plates)

    covered = np.zeros((picture.height, picture.width), bool)
    for corner, plate in zip(placed, plates, strict=True):
        size = plate.size
        if corner is None:
            assert plate.optional or size.width > picture.width or size.height > picture.height
            continue
        left, top = corner
        assert 0 <= left <= picture.width - size.width
        assert 0 <= top <= picture.height - size.height
        under = covered[top : top + size.height, left : left + size.width]
        assert not (plate.optional and under.any())
        under[:] = True
