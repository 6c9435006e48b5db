"""Outputs found by their shapes."""

from __future__ import annotations

import numpy as np
import pytest
from detector_cases import decoding

from vedette.rules.vision.decoders.shapes import flat, scores_and_classes, unreadable
from vedette.values.manifest import ModelType


def test_leading_ones_are_no_dimension() -> None:
    """As far down as the rank that is asked for."""
    assert flat(np.zeros((1, 1, 5, 7)), 2).shape == (5, 7)
    assert flat(np.zeros((1, 4)), 2).shape == (1, 4)
    assert flat(np.zeros((2, 5, 7)), 2).shape == (2, 5, 7)


def test_classes_are_whole_numbers() -> None:
    """Where that does not tell, the usual order does."""
    scores, classes = np.array([0.5, 1.0]), np.array([1.0, 7.0])

    assert scores_and_classes(classes, scores, scores_first=True)[0] is scores
    assert scores_and_classes(scores, classes, scores_first=False)[0] is scores
    assert scores_and_classes(classes, classes + 1, scores_first=False)[1] is classes


def test_an_error_tells_all_three() -> None:
    """What came, what is expected, and what it looks like."""
    error = unreadable(ModelType.YOLOV8, [np.zeros((25200, 85))], decoding(640, 640, classes=80))

    assert "(25200, 85)" in error.message
    assert "expects (4 + labels, N)" in error.message
    assert error.help.startswith("that looks like yolov5: set model_type to it")


@pytest.mark.parametrize("labels", [3, 80])
def test_an_error_names_only_families_that_could_be(labels: int) -> None:
    """Those with so many labels, if there are any."""
    error = unreadable(ModelType.YOLOV5, [np.zeros((300, 4)), np.zeros((300, labels))], decoding(classes=labels))

    assert "looks like rtdetr: " in error.help
