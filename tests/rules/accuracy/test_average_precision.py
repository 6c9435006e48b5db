"""Figures out of curves."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.rules.accuracy.average_precision import Curves, judge_detector, limits_for, precisions
from vedette.values.detection import detections, nothing
from vedette.values.truth import Objects, Truth, TruthImage


def flat_curves(classes: int = 2, limits: tuple[int, ...] = (1, 10, 100)) -> Curves:
    """Curves whose every value tells where it is: IoU threshold, area, limit; class 1 has no object."""
    thresholds = np.arange(10).reshape(-1, 1, 1, 1, 1) / 100
    areas = np.arange(4).reshape(1, 1, 1, -1, 1) / 10
    columns = np.arange(len(limits)).reshape(1, 1, 1, 1, -1) / 1000
    precision = np.broadcast_to(thresholds + areas + columns, (10, 101, classes, 4, len(limits))).copy()
    precision[:, :, 1:] = -1
    return Curves(precision, precision[:, 0].copy(), limits)


def test_each_figure_is_the_mean_of_its_part() -> None:
    """AP over all thresholds, AP50 and AP75 over one, sizes by area, recalls by limit; empty classes do not count."""
    one = precisions(flat_curves(), 100)

    assert (one.ap, one.ap50, one.ap75) == pytest.approx((0.047, 0.002, 0.052))
    assert (one.ap_small, one.ap_medium, one.ap_large) == pytest.approx((0.147, 0.247, 0.347))
    assert (one.ar_1, one.ar_10, one.ar_max) == pytest.approx((0.045, 0.046, 0.047))
    assert (one.ar_small, one.ar_medium, one.ar_large) == pytest.approx((0.147, 0.247, 0.347))


def test_curves_are_drawn_at_all_that_is_asked_for() -> None:
    """1 and 10 always, the others in rising order, each once."""
    assert limits_for((500, 100)) == (1, 10, 100, 500)
    assert limits_for((10,)) == (1, 10)
    with pytest.raises(ValueError, match="not in tuple"):
        precisions(flat_curves(), 500)


def test_a_judgement_counts_objects_boxes_and_what_the_model_lacks() -> None:
    """Crowds are no objects; the AP of the known categories leaves the others out."""
    marks = Objects(
        np.array([0, 0, 1]), np.array([0, 2, 0]), np.ones((3, 4)), np.ones(3), np.array([False, False, True])
    )
    truth = Truth((TruthImage("a"), TruthImage("b")), ("cat", "dog", "cow"), marks)
    curves = flat_curves(3)
    curves.precision[:, :, 2] = 0

    accuracy = judge_detector(curves, truth, [detections([[0, 0, 1, 1]] * 2, [1, 1], [0, 1]), nothing()], [100], [2])

    assert (accuracy.objects, accuracy.boxes, accuracy.lacking) == (2, 2, ("cow",))
    assert [(one.name, one.objects, one.boxes) for one in accuracy.classes] == [
        ("cat", 1, 1),
        ("dog", 0, 1),
        ("cow", 1, 0),
    ]
    assert [one.ap for one in accuracy.classes] == [pytest.approx(0.047), None, 0]
    assert accuracy.known_ap == pytest.approx(0.047)
    assert accuracy.precisions[0].ap == pytest.approx(0.0235)
