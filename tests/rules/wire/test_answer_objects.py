"""One object of an answer."""

from __future__ import annotations

import pytest

from vedette.rules.wire.answer_objects import is_named, read_box, read_class, read_keyed_box
from vedette.values.answer import AnsweredClass


def test_label_and_number_are_told_apart_by_their_kind() -> None:
    """`class` and `label` hold a name in some services and a number in others."""
    assert read_class({"class": "cup"}) == AnsweredClass("cup", None, None)
    assert read_class({"class": 3}) == AnsweredClass(None, 3, None)
    assert read_class({"label": "cup", "class_id": 3, "score": 1}) == AnsweredClass("cup", 3, 1.0)


@pytest.mark.parametrize("value", [None, 1, [], {}, {"score": 1}, {"class": True}, {"class": -1}, {"label": ""}])
def test_what_names_no_class_is_none(value: object) -> None:
    """A score alone names nothing."""
    assert read_class(value) is None
    assert read_box(value) is None


def test_a_score_that_is_no_number_is_absent() -> None:
    """It never becomes 0."""
    for score in ("high", float("nan"), True, None, 10**400):
        assert read_class({"label": "cup", "score": score}).score is None


@pytest.mark.parametrize("box", [[1, 2, 3], [1, 2, 3, "4"], {"x": 1}, "1 2 3 4", None, [1, 2, 3, float("inf")]])
def test_what_has_no_four_sides_is_no_box(box: object) -> None:
    """Four finite numbers, two points or four named corners."""
    assert read_box({"label": "cup", "box": box}) is None


def test_the_two_forms_of_a_box_are_not_mixed_up() -> None:
    """{"box": ..., "score": ...} has no label and is no keyed box."""
    assert read_keyed_box({"box": [1, 2, 3, 4], "score": 0.5}) is None
    assert read_keyed_box({"cup": [1, 2, 3, 4], "score": 0.5}).label == "cup"
    assert not is_named({"score": 0.5})
