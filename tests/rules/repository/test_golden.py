"""Whether a model answers its golden image as it should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.repository.golden import lowest_score, miss
from vedette.values.frame import Size
from vedette.values.golden import Expected, Golden
from vedette.values.result import Class, Detection, Result
from vedette.values.timeline import Timeline

CLASSES = (Class("red", 0, 0.7), Class("green", 1, 0.2), Class("blue", 2, 0.1))
DOG = Detection("dog", 1, 0.9, (10.0, 10.0, 50.0, 50.0))


def result(classes=None, detections=None) -> Result:
    return Result(
        "golden", "golden.jpg", 0, None, Size(64, 64), "m", "1", "null", "fp32", classes, Timeline(()), detections
    )


def golden(*expected: Expected, **changes) -> Golden:
    return Golden("golden.jpg", b"", expected, **changes)


def test_the_right_classes_are_no_miss() -> None:
    """By label or by number, each within the tolerance."""
    assert miss(golden(Expected(0.72, "red"), Expected(0.17, class_id=1)), result(CLASSES)) == ""


def test_a_score_beyond_the_tolerance_is_a_miss_that_tells_both() -> None:
    """The message has what was expected and what came."""
    told = miss(golden(Expected(0.9, "red")), result(CLASSES))

    assert told == "expected red 0.900 (tolerance 0.05), got 0.700"


def test_a_class_that_the_model_does_not_know_is_a_miss() -> None:
    """A label of another model, or a number with another label."""
    assert "nothing of it" in miss(golden(Expected(0.7, "cat")), result(CLASSES))
    assert "nothing of it" in miss(golden(Expected(0.7, "red", 1)), result(CLASSES))


def test_the_first_expected_class_must_be_the_best() -> None:
    """A right score is not enough if another class is far better; one that is as good does not matter."""
    told = miss(golden(Expected(0.2, "green")), result(CLASSES))

    assert told == "expected green 0.200 (tolerance 0.05), got red 0.700 as the best"
    assert miss(golden(Expected(0.2, "green"), tolerance=0.6), result(CLASSES)) == ""


def test_an_object_is_found_by_class_score_and_overlap() -> None:
    """All three must fit."""
    right = Expected(0.88, "dog", box=(11, 11, 51, 51))

    assert miss(golden(right), result(detections=(DOG,))) == ""
    assert "got dog 0.900 at 10, 10, 50, 50" in miss(
        golden(Expected(0.8, "dog", box=DOG.box)), result(detections=(DOG,))
    )
    assert "got" in miss(golden(Expected(0.9, "cat", box=DOG.box)), result(detections=(DOG,)))
    assert "got" in miss(golden(Expected(0.9, "dog", box=(40, 40, 90, 90))), result(detections=(DOG,)))
    assert "no object" in miss(golden(right), result(detections=()))


def test_an_object_answers_for_one_expected_object_only() -> None:
    """Two expected dogs need two dogs."""
    two = golden(Expected(0.9, "dog", box=DOG.box), Expected(0.9, "dog", box=DOG.box))

    assert miss(two, result(detections=(DOG,)))
    assert miss(two, result(detections=(DOG, DOG))) == ""


def test_answers_are_wanted_from_the_lowest_expected_score_on() -> None:
    """Less the tolerance, and never below 0."""
    assert lowest_score(golden(Expected(0.9, "a"), Expected(0.4, "b"), tolerance=0.1)) == pytest.approx(0.3)
    assert lowest_score(golden(Expected(0.01, "a"))) == 0.0


sides = st.integers(0, 6)
objects = st.lists(st.tuples(sides, sides, st.sampled_from(["a", "b"])), max_size=3)


def boxed(left: int, top: int) -> tuple[float, float, float, float]:
    return float(left), float(top), left + 4.0, top + 4.0


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Counting the unit pixels that both cover: the second truth of whole-numbered boxes."""
    canvas = np.zeros((2, 12, 12), bool)
    for plane, box in zip(canvas, (a, b), strict=True):
        left, top, right, bottom = (int(side) for side in box)
        plane[top:bottom, left:right] = True
    return (canvas[0] & canvas[1]).sum() / (canvas[0] | canvas[1]).sum()


@given(objects, objects)
def test_whatever_is_called_right_can_be_matched_one_to_one(expected: list, found: list) -> None:
    """If there is no miss, trying every assignment finds one; if none exists, there is a miss."""
    wanted = golden(*(Expected(0.5, label, box=boxed(x, y)) for x, y, label in expected))
    got = tuple(Detection(label, 0, 0.5, boxed(x, y)) for x, y, label in found)

    def fits(one: Expected, other: Detection) -> bool:
        assert one.box is not None
        return one.label == other.label and overlap(one.box, other.box) >= 0.5

    possible = any(
        all(fits(one, other) for one, other in zip(wanted.expected, order, strict=True))
        for order in itertools.permutations(got, len(expected))
    )
    if not miss(wanted, result(detections=got)):
        assert possible
    if all(sum(fits(one, other) for other in got) <= 1 for one in wanted.expected):  # no choice, so no greed either
        assert bool(miss(wanted, result(detections=got))) is not possible
