"""Areas and overlaps, checked against counting and against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.vision import boxes as rules
from vedette.values.detection import detections

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)
corner = st.integers(-12, 12)
whole_boxes = st.lists(st.tuples(corner, corner, corner, corner), min_size=1, max_size=6)
MILLION = 1_000_000
wide = st.integers(-MILLION, MILLION)


def pixels(box: tuple[int, ...]) -> set[tuple[int, int]]:
    """The pixels that a box of whole numbers covers."""
    left, top, right, bottom = box
    return {(x, y) for x in range(left, right) for y in range(top, bottom)}


def share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@prove
@given(whole_boxes)
def test_an_area_is_the_number_of_pixels(found: list[tuple[int, ...]]) -> None:
    """A box of whole numbers has as much area as pixels, and none if its sides are crossed."""
    assert rules.area(np.array(found, float)).tolist() == [len(pixels(box)) for box in found]


@prove
@given(whole_boxes, whole_boxes)
def test_overlaps_are_ratios_of_pixels(a: list[tuple[int, ...]], b: list[tuple[int, ...]]) -> None:
    """IoU and IoS of each pair are what counting pixels gives."""
    first, second = np.array(a, float), np.array(b, float)
    sets = [[(pixels(one), pixels(other)) for other in b] for one in a]

    union = [[share(len(one & other), len(one | other)) for one, other in row] for row in sets]
    smaller = [[share(len(one & other), min(len(one), len(other))) for one, other in row] for row in sets]

    assert rules.iou(first, second).tolist() == union
    assert rules.ios(first, second).tolist() == smaller
    assert rules.paired_iou(first[:1], second[:1]).tolist() == [union[0][0]]


@prove
@given(st.tuples(wide, wide, wide, wide), st.tuples(wide, wide, wide, wide))
def test_an_iou_is_exact_to_rounding(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """Boxes with sides in thousandths of a pixel give the fraction that whole-number arithmetic gives."""
    one = (min(a[0], a[2]), min(a[1], a[3]), max(a[0], a[2]), max(a[1], a[3]))
    other = (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
    across = max(0, min(one[2], other[2]) - max(one[0], other[0]))
    down = max(0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    exact = Fraction(across * down, areas - across * down) if areas else Fraction(0)

    found = rules.paired_iou(np.array([one]) / 1000, np.array([other]) / 1000)

    assert found[0] == pytest.approx(float(exact), abs=1e-9)


def test_a_box_overlaps_itself_entirely() -> None:
    """Both ratios are exactly 1."""
    box = np.array([[0.1, 0.2, 7.3, 9.7]])

    assert rules.iou(box, box)[0, 0] == rules.ios(box, box)[0, 0] == 1


@pytest.mark.parametrize(("count", "others"), [(0, 0), (0, 3), (3, 0)])
def test_nothing_overlaps_nothing(count: int, others: int) -> None:
    """No boxes give an empty matrix of the right shape."""
    a, b = np.zeros((count, 4)), np.zeros((others, 4))

    assert rules.iou(a, b).shape == rules.ios(a, b).shape == (count, others)
    assert rules.area(a).shape == (count,)


@pytest.mark.parametrize("side", [np.nan, np.inf, -np.inf, 1e308])
def test_what_cannot_be_measured_overlaps_nothing(side: float) -> None:
    """NaN, infinite and overflowing sides give 0, without a warning."""
    odd = np.array([[-side, -side, side, side]])

    assert rules.iou(odd, np.array([[0.0, 0.0, 1.0, 1.0]])).tolist() == [[0.0]]
    assert rules.iou(odd, odd).tolist() == [[0.0]]


def test_clipping_leaves_the_part_inside() -> None:
    """What reaches beyond is cut, what is outside loses its area, what is inside stays."""
    found = np.array([[-5.0, 2, 5, 30], [50, 50, 60, 60], [1, 1, 2, 2]])

    clipped = rules.clip(found, 0, 0, 10, 20)

    assert clipped.tolist() == [[0, 2, 5, 20], [10, 20, 10, 20], [1, 1, 2, 2]]
    assert rules.area(clipped).tolist() == [90, 0, 1]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", range(5))
def test_numbers_that_are_none_are_dropped(odd: float, place: int) -> None:
    """A NaN or an infinity in a side or in the score drops that one alone."""
    rows = np.array([[0.0, 0, 2, 2, 0.5], [1, 1, 3, 3, 0.25]])
    rows[0, place] = odd

    left = rules.sound(detections(rows[:, :4], rows[:, 4], [7, 8]))

    assert left.class_ids.tolist() == [8]


@pytest.mark.parametrize("box", [[1, 1, 1, 5], [1, 1, 5, 1], [3, 1, 1, 5], [3, 3, 1, 1], [0, 0, 1e308, 1e308]])
def test_boxes_without_an_area_are_dropped(box: list[float]) -> None:
    """Flat, crossed and twice crossed ones, and those whose area is beyond a float."""
    assert len(rules.sound(detections([box], [0.5], [0]))) == 0


def test_sound_boxes_stay_as_they_are() -> None:
    """Order, classes and a score a little above 1 are kept; a zero loses its minus sign."""
    left = rules.sound(detections([[-0.0, 0, 2, 2], [-1, -1, 3, 3]], [1.0000001, 0.0], [4, 2]))

    assert left.scores.tolist() == [1.0000001, 0.0]
    assert left.class_ids.tolist() == [4, 2]
    assert left.boxes.tolist() == [[0, 0, 2, 2], [-1, -1, 3, 3]]
    assert not np.signbit(left.boxes[0, 0])


def test_inside_is_a_share_of_the_first() -> None:
    """A quarter of a large box lies in a small one, all of the small one in the large one."""
    large, small = rules.columns(np.array([[0.0, 0, 10, 10]])), rules.columns(np.array([[0.0, 0, 5, 5]]))

    assert rules.inside(large, small).tolist() == [0.25]
    assert rules.inside(small, large).tolist() == [1.0]
