"""What two models have in common."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.accuracy.agreement import (
    Agreement,
    agree_on_boxes,
    agree_on_classes,
    agreement_by_class,
    agreement_of_detections,
)
from vedette.rules.accuracy.topk import Confusion, Share
from vedette.values.detection import Detections, detections, nothing

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def squares(*places: int, class_id: int = 0) -> Detections:
    """Boxes of 10 x 10 pixels, 100 pixels apart: the same place is the same box, another does not touch it."""
    boxes = [[100 * place, 0, 100 * place + 10, 10] for place in places]
    return detections(boxes, [0.5] * len(places), [class_id] * len(places))


places = st.lists(st.sets(st.integers(0, 8)), min_size=1, max_size=4)


@prove
@given(places, places)
def test_agreement_is_dice_of_the_sets(ours: list[set[int]], theirs: list[set[int]]) -> None:
    """For boxes that are the same or far apart it is 2 |A and B| / (|A| + |B|) over all images."""
    pairs = list(zip(ours, theirs, strict=False))
    total = sum(len(a) + len(b) for a, b in pairs)
    expected = 2 * sum(len(a & b) for a, b in pairs) / total if total else 1.0

    agreement = agreement_of_detections([squares(*b) for _, b in pairs], [squares(*a) for a, _ in pairs])

    assert agreement == pytest.approx(expected, abs=1e-12)


def test_a_model_agrees_with_itself() -> None:
    """Overlapping boxes of several classes and equal scores agree with themselves wholly."""
    generator = np.random.default_rng(5)
    corners = generator.uniform(0, 50, (200, 2))
    same = detections(np.hstack([corners, corners + 20]), np.full(200, 0.5), generator.integers(0, 5, 200))

    assert agreement_of_detections([same], [same]) == 1.0


def test_silence_of_both_is_agreement_and_of_one_is_none() -> None:
    """Without any box it is 1.0; with boxes of one model only it is 0.0."""
    assert agreement_of_detections([nothing()], [nothing()]) == 1.0
    assert agreement_of_detections([], []) == 1.0
    assert agreement_of_detections([squares(1)], [nothing()]) == 0.0
    assert agreement_of_detections([nothing()], [squares(1)]) == 0.0


def test_the_parts_of_an_agreement() -> None:
    """Three boxes against two with one pair: 1/2 found, 1/3 confirmed, 2/5 agreement, its overlap 0.8."""
    reference = [detections([[0, 0, 10, 10], [50, 0, 60, 10]], [0.9, 0.9], [0, 0])]
    other = [detections([[0, 0, 10, 8], [200, 0, 210, 9], [300, 0, 310, 9]], [0.9, 0.8, 0.7], [0, 0, 0])]

    agreement = agreement_by_class(reference, other)[0]

    assert (agreement.found, agreement.confirmed) == (1 / 2, 1 / 3)
    assert agreement.f1 == 2 / 5
    assert agreement.mean_iou == pytest.approx(0.8)


def test_classes_are_counted_apart() -> None:
    """A class that only one model gives is there with the other's none."""
    found = agreement_by_class([squares(1, class_id=7)], [squares(1, 2, class_id=3)])

    assert found == {3: Agreement(0, 2, 0), 7: Agreement(0, 0, 1)}
    assert (found[3].found, found[3].confirmed, found[3].mean_iou) == (None, 0.0, None)


def test_two_lists_must_hold_the_same_images() -> None:
    """Another number of images is a mistake of the caller."""
    with pytest.raises(ValueError, match="zip"):
        agreement_of_detections([nothing()], [])


def test_classes_add_up_to_all_boxes() -> None:
    """The agreement over all is the sum of the classes', and its F1 is the one figure that models are chosen by."""
    reference, other = [squares(1, 2, class_id=7), squares(3)], [squares(2, 5, class_id=7), squares(3)]

    agreement = agree_on_boxes(reference, other)

    assert agreement.classes == {0: Agreement(1, 1, 1, 1.0), 7: Agreement(1, 2, 2, 1.0)}
    assert agreement.total == Agreement(2, 3, 3, 2.0)
    assert agreement.total.f1 == agreement_of_detections(reference, other) == 2 / 3


def test_classifiers_agree_on_the_best_answer() -> None:
    """The share of images, and what differs, most frequent first."""
    agreement = agree_on_classes([0, 1, 1, 2, 2], [0, 2, 2, 2, 0])

    assert agreement.same == Share(2, 5)
    assert agreement.differences == (Confusion(1, 2, 2), Confusion(2, 0, 1))
