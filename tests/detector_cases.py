"""What the tests of decoders share: a Decoding in one line, and Detections compared with a list worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from vedette.rules.vision.decoders.decoding import Decoding
from vedette.values.detection import Detections
from vedette.values.frame import Size
from vedette.values.manifest import DetectorSpec

Object = tuple[tuple[float, float, float, float], float, int]
"""Box, score, class_id."""


def decoding(
    width: int = 64, height: int = 64, *, classes: int = 3, threshold: float = 0.5, only: Any = None, **spec: Any
) -> Decoding:
    return Decoding(Size(width, height), DetectorSpec(**spec), classes, threshold, only)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def softmax(numbers: Iterable[float]) -> list[float]:
    powers = [math.exp(float(x)) for x in numbers]
    return [power / sum(powers) for power in powers]


def centred(cx: float, cy: float, w: float, h: float) -> tuple[float, float, float, float]:
    return (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)


def assert_found(found: Detections, expected: Iterable[Object], *, tolerance: float = 1e-5) -> None:
    """The same objects, the best first."""
    wanted = sorted(expected, key=lambda one: -one[1])
    assert len(found) == len(wanted)
    assert (np.diff(found.scores) <= 0).all()
    np.testing.assert_allclose(found.scores, [score for _, score, _ in wanted], rtol=tolerance)
    assert found.class_ids.tolist() == [class_id for *_, class_id in wanted]
    boxes = np.array([box for box, *_ in wanted]).reshape(-1, 4)
    np.testing.assert_allclose(found.boxes, boxes, rtol=tolerance, atol=1e-4)


def cells(width: int, height: int, strides: Iterable[int]) -> list[tuple[int, int, int]]:
    """Column, row and stride of every cell, map after map and row after row."""
    return [
        (column, row, stride)
        for stride in strides
        for row in range(math.ceil(height / stride))
        for column in range(math.ceil(width / stride))
    ]
