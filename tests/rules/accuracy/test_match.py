"""Found boxes are paired with those of a reference, one to one."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.accuracy.match import match
from vedette.values.detection import Detections, detections, nothing

prove = settings(max_examples=150, deadline=None, derandomize=True, database=None)

Box = tuple[int, int, int, int]
box = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 9), st.integers(0, 9)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
boxes = st.lists(box, max_size=6)


def pixels(of: Box) -> set[tuple[int, int]]:
    return set(itertools.product(range(of[0], of[2]), range(of[1], of[3])))


def counted_iou(one: Box, other: Box) -> Fraction:
    both = pixels(one) | pixels(other)
    return Fraction(len(pixels(one) & pixels(other)), len(both)) if both else Fraction(0)


def ranked(of: list[Box], classes: list[int]) -> Detections:
    """Detections whose scores fall in the order of the list, so that the greedy choice is unique."""
    return detections(of, np.linspace(0.9, 0.1, len(of)), classes[: len(of)])


@prove
@given(boxes, boxes, st.lists(st.integers(0, 1), min_size=12, max_size=12), st.sampled_from([0.1, 0.3, 0.5, 0.75]))
def test_greedy_choice_is_the_one_that_plain_loops_make(
    found: list[Box], reference: list[Box], classes: list[int], threshold: float
) -> None:
    """Best score first, then the free reference box of its class with the largest exact overlap, first of equals."""
    free = dict(enumerate(reference))
    expected = {}
    for row, one in enumerate(found):
        same = [c for c in free if classes[6 + c] == classes[row]]
        enough = [c for c in same if counted_iou(one, free[c]) >= Fraction(str(threshold))]
        if enough:
            expected[row] = max(enough, key=lambda c, one=one: (counted_iou(one, free[c]), -c))
            del free[expected[row]]

    matches = match(ranked(found, classes[:6]), ranked(reference, classes[6:]), threshold)

    assert dict(zip(matches.found.tolist(), matches.reference.tolist(), strict=True)) == expected
    for row, column, iou in zip(matches.found, matches.reference, matches.ious, strict=True):
        assert abs(iou - float(counted_iou(found[row], reference[column]))) < 1e-12


@prove
@given(st.lists(box, min_size=1, max_size=3), st.lists(box, min_size=1, max_size=3))
def test_no_other_pairs_are_more_where_boxes_do_not_compete(found: list[Box], reference: list[Box]) -> None:
    """Where no box overlaps two of the other side, greedy gives as many pairs as the best of all assignments."""
    ours = [(b[0] + 100 * i, b[1], b[2] + 100 * i + 1, b[3] + 1) for i, b in enumerate(found)]
    theirs = [(b[0] + 100 * i, b[1], b[2] + 100 * i + 1, b[3] + 1) for i, b in enumerate(reference)]
    most = max(
        sum(2 * counted_iou(one, other) >= 1 for one, other in zip(some, others, strict=False))
        for some in itertools.permutations(ours)
        for others in itertools.permutations(theirs)
    )

    assert len(match(ranked(ours, [0] * 3), ranked(theirs, [0] * 3))) == most


def test_the_higher_score_chooses_first() -> None:
    """A weaker box that comes first in the list does not take the reference from a stronger one."""
    reference = detections([[0, 0, 10, 10]], [1], [0])
    found = detections([[0, 0, 10, 10], [0, 0, 10, 8]], [0.3, 0.8], [0, 0])

    matches = match(found, reference)

    assert matches.found.tolist() == [1]
    assert matches.ious.tolist() == [0.8]


def test_an_overlap_of_exactly_the_threshold_counts() -> None:
    """Half of the reference at a threshold of one half is a pair."""
    matches = match(detections([[0, 0, 10, 5]], [0.5], [3]), detections([[0, 0, 10, 10]], [0.5], [3]), 0.5)

    assert len(matches) == 1


def test_other_classes_are_never_paired() -> None:
    """The same box under another class is another object."""
    one, other = detections([[0, 0, 9, 9]], [0.5], [1]), detections([[0, 0, 9, 9]], [0.5], [2])

    assert len(match(one, other)) == 0


def test_nothing_matches_nothing() -> None:
    """An image without boxes gives no pair, on either side."""
    one = detections([[0, 0, 9, 9]], [0.5], [1])

    assert len(match(nothing(), one)) == len(match(one, nothing())) == len(match(nothing(), nothing())) == 0
