"""Greedy NMS, checked against the loop of the textbook and against OpenCV."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.vision import neighbours
from vedette.rules.vision import suppress as rules
from vedette.rules.vision.boxes import iou
from vedette.rules.vision.suppress import best_first, keep_best, settle, suppress
from vedette.values.detection import Detections, detections, nothing

prove = settings(max_examples=150, deadline=None, derandomize=True, database=None)
small = st.integers(0, 6)
row = st.tuples(small, small, st.integers(1, 5), st.integers(1, 5), st.sampled_from([0.25, 0.5, 0.75]), small)
thresholds = st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 1.0])


def of_rows(rows: list[tuple[float, ...]]) -> Detections:
    """Out of left, top, width, height, score, class."""
    table = np.array(rows, float).reshape(-1, 6)
    return detections(np.hstack([table[:, :2], table[:, :2] + table[:, 2:4]]), table[:, 4], table[:, 5] % 2)


def crowd(seed: int, count: int, classes: int = 3, side: float = 60) -> Detections:
    """Clusters of about ten boxes each."""
    generator = np.random.default_rng(seed)
    centres = generator.uniform(0, 40 * np.sqrt(count), (count // 10 + 1, 2))
    of = generator.integers(0, len(centres), count)
    sides = generator.uniform(side / 6, side, (len(centres), 2))[of] * generator.uniform(0.8, 1.2, (count, 2))
    middle = centres[of] + generator.normal(0, side / 12, (count, 2))
    boxes = np.hstack([middle - sides / 2, middle + sides / 2])
    return detections(boxes, generator.uniform(0, 1, count), generator.integers(0, classes, count))


def textbook(found: Detections, threshold: float, *, agnostic: bool = False) -> list[int]:
    """Visit from best to worst; keep what no kept one overlaps by more than the threshold."""

    def place(which: int) -> tuple[float, ...]:
        return (-found.scores[which], *found.boxes[which], found.class_ids[which])

    overlaps = iou(found.boxes, found.boxes)
    kept: list[int] = []
    for which in sorted(range(len(found)), key=place):
        rivals = [better for better in kept if agnostic or found.class_ids[better] == found.class_ids[which]]
        if not any(overlaps[better, which] > threshold for better in rivals):
            kept.append(which)
    return kept


@prove
@given(rows=st.lists(row, max_size=25), threshold=thresholds, agnostic=st.booleans())
def test_few_boxes_are_kept_as_the_textbook_says(rows: list, threshold: float, *, agnostic: bool) -> None:
    """With many ties in score, place and overlap, the same boxes come in the same order."""
    found = of_rows(rows)

    kept = found.take(suppress(found, threshold, agnostic=agnostic))
    wanted = found.take(np.array(textbook(found, threshold, agnostic=agnostic), int))

    assert kept.boxes.tolist() == wanted.boxes.tolist()
    assert kept.scores.tolist() == wanted.scores.tolist()
    assert kept.class_ids.tolist() == wanted.class_ids.tolist()


@pytest.mark.parametrize("agnostic", [False, True])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("count", [150, 400, 1500])
def test_many_boxes_are_kept_as_the_textbook_says(count: int, threshold: float, *, agnostic: bool) -> None:
    """Beyond what is compared each with each, and beyond one chunk, the result is the same."""
    found = crowd(count, count)

    assert suppress(found, threshold, agnostic=agnostic).tolist() == textbook(found, threshold, agnostic=agnostic)


@pytest.mark.parametrize(("dense", "head"), [(0, 7), (0, 64), (900, 30), (10**6, 10**6)])
def test_the_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch, dense: int, head: int) -> None:
    """Small chunks, one chunk, with and without the index: the same rows."""
    monkeypatch.setattr(neighbours, "_EACH_WITH_EACH", dense)
    monkeypatch.setattr(rules, "_AT_ONCE", 0)
    monkeypatch.setattr(rules, "_HEAD", head)
    found = crowd(11, 700)

    assert suppress(found, 0.4).tolist() == textbook(found, 0.4)


@pytest.mark.parametrize("threshold", [0.2003, 0.4507, 0.6011])
def test_opencv_keeps_the_same_boxes(threshold: float) -> None:
    """Its NMS of boxes of whole pixels, scores all different, agrees."""
    table = crowd(5, 600, classes=1)
    found = detections(table.boxes.round(), table.scores, table.class_ids)
    sides = np.hstack([found.boxes[:, :2], found.boxes[:, 2:] - found.boxes[:, :2]])
    assert np.abs(iou(found.boxes, found.boxes) - threshold).min() > 1e-6, "so near, rounding may decide"

    kept = cv2.dnn.NMSBoxes(sides.tolist(), found.scores.tolist(), 0.0, threshold)

    assert suppress(found, threshold).tolist() == np.array(kept).reshape(-1).tolist()


@pytest.mark.parametrize("agnostic", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_input_makes_no_difference(seed: int, *, agnostic: bool) -> None:
    """Any permutation gives the same boxes, bit for bit and in the same order, however many scores are equal."""
    some = crowd(seed, 1300)
    found = detections(some.boxes.round(), some.scores.round(1), some.class_ids)
    kept = found.take(suppress(found, 0.5, agnostic=agnostic))

    shuffled = found.take(np.random.default_rng(seed).permutation(len(found)))
    again = shuffled.take(suppress(shuffled, 0.5, agnostic=agnostic))

    assert again.boxes.tobytes() == kept.boxes.tobytes()
    assert again.scores.tobytes() == kept.scores.tobytes()
    assert again.class_ids.tobytes() == kept.class_ids.tobytes()


def test_an_overlap_equal_to_the_threshold_is_allowed() -> None:
    """Two boxes with an IoU of exactly a third both stay at 1/3, one goes just below."""
    found = detections([[0, 0, 2, 1], [1, 0, 3, 1]], [0.9, 0.8], [0, 0])

    assert suppress(found, 1 / 3).tolist() == [0, 1]
    assert suppress(found, np.nextafter(1 / 3, 0)).tolist() == [0]


def test_a_dropped_box_drops_nothing() -> None:
    """In a chain where each overlaps the next, every other one stays."""
    lefts = np.arange(5) * 4.0
    found = detections(
        np.stack([lefts, lefts * 0, lefts + 10, lefts * 0 + 10], 1), [0.9, 0.8, 0.7, 0.6, 0.5], [0, 0, 0, 0, 0]
    )

    assert suppress(found, 0.4).tolist() == [0, 2, 4]


@pytest.mark.parametrize("ids", [[3, 4], [3, -8], [10**15, 2]])
def test_classes_do_not_drop_each_other_unless_agnostic(ids: list[int]) -> None:
    """The same box as two classes stays twice, or once as the better one."""
    found = detections([[0, 0, 9, 9], [0, 0, 9, 9]], [0.5, 0.6], ids)

    assert suppress(found, 0.5).tolist() == [1, 0]
    assert suppress(found, 0.5, agnostic=True).tolist() == [1]


def test_boxes_without_area_stay() -> None:
    """They overlap nothing, themselves included."""
    found = detections([[1, 1, 1, 5], [1, 1, 1, 5], [0, 0, np.inf, 1]], [0.5, 0.5, 0.4], [0, 0, 0])

    assert len(suppress(found, 0.0)) == 3


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_share(threshold: float) -> None:
    """What lies outside of 0..1 is refused, and the message names it."""
    with pytest.raises(ValueError, match=f"0..1, got {threshold}"):
        suppress(nothing(), threshold)


def test_of_nothing_nothing_is_kept() -> None:
    """No boxes give no rows."""
    assert suppress(nothing(), 0.5).tolist() == []
    assert keep_best(nothing(), 5).tolist() == []


def test_a_hundred_thousand_boxes_on_one_spot_are_few_objects() -> None:
    """They fit in memory, and only boxes apart from each other by the threshold stay."""
    generator = np.random.default_rng(0)
    boxes = np.array([1000.0, 1000, 1200, 1200]) + generator.normal(0, 4, (100_000, 4))
    found = detections(boxes, generator.uniform(0, 1, 100_000), np.zeros(100_000))

    kept = found.take(suppress(found, 0.5))

    overlaps = iou(kept.boxes, kept.boxes)
    assert kept.scores[0] == found.scores.max()
    assert (overlaps[~np.eye(len(kept), dtype=bool)] <= 0.5).all()
    assert (iou(found.boxes, kept.boxes).max(axis=1) > 0.5).all()


@prove
@given(st.lists(row, max_size=25), st.integers(0, 30))
def test_the_best_are_the_first_in_order(rows: list, count: int) -> None:
    """Score before left, top, right, bottom, class: what sorting tuples gives."""
    found = of_rows(rows)
    keys = sorted(zip((-found.scores).tolist(), found.boxes.tolist(), found.class_ids.tolist(), strict=True))

    best = found.take(keep_best(found, count))

    assert list(zip((-best.scores).tolist(), best.boxes.tolist(), best.class_ids.tolist(), strict=True)) == keys[:count]
    assert sorted(best_first(found).tolist()) == list(range(len(found)))


def test_pairs_are_settled_from_the_best_on() -> None:
    """0 drops 1, so 1 does not drop 2, and 2 drops 3."""
    assert settle(4, np.array([0, 1, 2]), np.array([1, 2, 3])).tolist() == [True, False, True, False]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_handful_of_boxes_is_settled_as_many_are(data: st.DataObject) -> None:
    """Plain numbers and arrays give the same rows, ties and degenerate boxes included."""
    side = st.sampled_from([0.0, 1.0, 2.0, 3.5, 10.0, math.inf])
    count = data.draw(st.integers(0, 16))
    boxes = data.draw(st.lists(st.tuples(side, side, side, side), min_size=count, max_size=count))
    scores = data.draw(st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=count, max_size=count))
    classes = data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    found, agnostic = detections(boxes, scores, classes), data.draw(st.booleans())
    threshold = data.draw(st.sampled_from([0.0, 0.3, 0.5, 1.0]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vedette.rules.vision.suppress._FEW", -1)
        many = suppress(found, threshold, agnostic=agnostic)

    few = suppress(found, threshold, agnostic=agnostic)
    assert [found.boxes[row].tolist() for row in few] == [found.boxes[row].tolist() for row in many]
    assert found.scores[few].tolist() == found.scores[many].tolist()
