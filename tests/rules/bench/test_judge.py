"""Whether answers are right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.rules.bench.judge import judge, right, usual_metric
from vedette.values.answer import Answer, AnsweredBox, AnsweredClass
from vedette.values.trial import QualityTarget

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def ranked(*labels: str) -> Answer:
    return Answer(classes=tuple(AnsweredClass(label, None, 1 / rank) for rank, label in enumerate(labels, 1)))


def numbered(*numbers: int) -> Answer:
    return Answer(classes=tuple(AnsweredClass(None, number) for number in numbers))


def boxes(*found: tuple[str, float, tuple[float, ...]]) -> Answer:
    return Answer(detections=tuple(AnsweredBox(label, None, score, box) for label, score, box in found))


HERE, NEAR, FAR = (0.0, 0.0, 100.0, 100.0), (10.0, 0.0, 110.0, 100.0), (500.0, 500.0, 600.0, 600.0)


def test_top1_is_the_same_best_class() -> None:
    """Spelling does not matter; the second does not count."""
    assert right("top1", ranked("Coffee_Mug", "cup"), ranked("coffee mug", "espresso"))
    assert not right("top1", ranked("espresso", "cup"), ranked("cup", "espresso"))


def test_top5_looks_at_five_answers() -> None:
    """The reference's best must be among them, not the sixth."""
    assert right("top5", ranked("e", "x"), ranked("a", "b", "c", "d", "e"))
    assert not right("top5", ranked("f"), ranked("a", "b", "c", "d", "e", "f"))


def test_classes_are_compared_by_number_where_a_label_lacks() -> None:
    """A reference with both fits either; a label and a number cannot be compared."""
    both = Answer(classes=(AnsweredClass("espresso", 967, 0.9),))

    assert right("top1", both, numbered(967))
    assert right("top1", both, ranked("espresso"))
    assert not right("top1", both, numbered(968))
    assert not right("top1", ranked("espresso"), numbered(967))


def test_an_answer_without_classes_or_boxes_is_wrong() -> None:
    """It is no reason to stop."""
    assert not right("top1", ranked("a"), boxes())
    assert not right("iou", boxes(), ranked("a"))


def test_boxes_agree_when_each_side_finds_the_others() -> None:
    """Same class, overlap of a half (here 0.82), and nothing in excess."""
    one = boxes(("cat", 0.9, HERE))

    assert right("iou", one, boxes(("cat", 0.7, NEAR)))
    assert right("iou", boxes(), boxes())
    assert not right("iou", one, boxes(("dog", 0.9, HERE)))
    assert not right("iou", one, boxes(("cat", 0.9, FAR)))
    assert not right("iou", one, boxes())
    assert not right("iou", one, boxes(("cat", 0.9, HERE), ("dog", 0.8, FAR)))
    assert not right("iou", one, boxes(("cat", 0.9, HERE), ("cat", 0.8, NEAR)))


def test_boxes_of_little_score_need_no_partner_and_may_be_one() -> None:
    """A box at 0.51 and its partner at 0.49 are the same object."""
    assert right("iou", boxes(("cat", 0.9, HERE)), boxes(("cat", 0.9, HERE), ("dog", 0.3, FAR)))
    assert right("iou", boxes(("cat", 0.9, HERE), ("dog", 0.3, FAR)), boxes(("cat", 0.9, HERE)))
    assert right("iou", boxes(("cat", 0.51, HERE)), boxes(("cat", 0.49, HERE)))
    assert right("iou", boxes(("cat", 0.49, HERE)), boxes(("cat", 0.51, HERE)))


@prove
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1), st.integers(0, 5)), max_size=5),
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1), st.integers(0, 5)), max_size=5),
)
def test_boxes_agree_like_sets_of_places(ours: list, theirs: list) -> None:
    """Brute force: for boxes that are the same or far apart, each sure one needs one of its label at its place."""

    def made(found: list) -> Answer:
        return boxes(*((label, score, (200.0 * at, 0.0, 200.0 * at + 50, 50.0)) for label, score, at in found))

    def needed(found: list, other: list) -> bool:
        keys = [(label, at) for label, _, at in other]
        sure = [(label, at) for label, score, at in found if score >= 0.5]
        return all(sure.count(key) <= keys.count(key) for key in sure)

    expected = needed(ours, theirs) and needed(theirs, ours)

    assert right("iou", made(ours), made(theirs)) == expected


def test_a_campaign_of_answers() -> None:
    """Per answer, shares by metric, what was missed, and examples in words, one an image."""
    references = {0: ranked("espresso", "cup"), 3: ranked("cat")}
    answers = [ranked("espresso"), ranked("cup", "espresso"), ranked("dog"), ranked("dog"), None]
    targets = (QualityTarget("top1", 0.5), QualityTarget("top5", 0.4))

    judged = judge([0, 0, 3, 3, 3], answers, references, targets)

    assert judged.right == (True, False, False, False, False)
    assert [(name, share.count, share.total) for name, share in judged.shares] == [("top1", 1, 5), ("top5", 2, 5)]
    assert judged.missed == (QualityTarget("top1", 0.5),)
    assert judged.examples == ("image 0: expected espresso, got cup", "image 3: expected cat, got dog")


def test_words_for_what_cannot_be_compared_or_read() -> None:
    """The reader learns why nothing agrees."""
    found = boxes(("cat", 0.9, HERE))
    judged = judge([0, 1], [numbered(967), None], {0: ranked("espresso"), 1: numbered(4)}, [])
    boxed = judge([2], [boxes()], {2: found}, [])

    assert judged.examples == (
        "image 0: expected espresso, got class 967 (labels and class numbers cannot be compared)",
        "image 1: expected class 4, got an answer that could not be read",
    )
    assert boxed.examples == ("image 2: expected cat at 0 0 100 100, got no box",)


def test_the_usual_metric_follows_the_reference() -> None:
    """Boxes by iou, classes by top1."""
    assert usual_metric({0: ranked("a")}) == "top1"
    assert usual_metric({0: boxes()}) == "iou"


def test_no_answers_reach_nothing_and_miss_nothing() -> None:
    """A share of nothing is None."""
    judged = judge([], [], {}, [QualityTarget("top1", 1.0)])

    assert judged.shares[0][1].value is None
    assert (judged.right, judged.missed) == ((), ())


def test_a_reference_that_lacks_something_is_refused() -> None:
    """An image without a reference, and a metric that the reference has nothing for."""
    with pytest.raises(InvalidError, match="image 7 has no reference"):
        judge([7], [ranked("a")], {}, [QualityTarget("top1", 1.0)])
    for metric, reference in (("iou", ranked("a")), ("top1", boxes()), ("top9", ranked("a"))):
        with pytest.raises(InvalidError):
            right(metric, reference, reference)
