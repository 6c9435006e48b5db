"""Objects found in an image, as arrays: one row an object, so that rules work on all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""Boxes, float64, shape (N, 4): left, top, right, bottom (xyxy) in continuous pixels; pixel i covers [i, i + 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What a detector found.

    Attributes:
        boxes: float64, shape (N, 4), xyxy; the place says of which image the pixels are.
        scores: float64, shape (N,), 0..1.
        class_ids: int64, shape (N,), counting from 0.
    """

    boxes: Boxes
    scores: NDArray[np.float64]
    class_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes.shape != (count, 4) or self.class_ids.shape != (count,):
            shapes = f"{self.boxes.shape}, {self.scores.shape}, {self.class_ids.shape}"
            raise ValueError(f"boxes, scores and class_ids must be (N, 4), (N,) and (N,), got {shapes}")
        for array in (self.boxes, self.scores, self.class_ids):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, which: NDArray[Any]) -> Detections:
        """Those that an array of indices or a mask names, in its order."""
        return Detections(self.boxes[which], self.scores[which], self.class_ids[which])


def detections(boxes: Any, scores: Any, class_ids: Any) -> Detections:
    """Detections out of anything that is or becomes arrays; copied, so that nobody else's array is frozen."""
    return Detections(
        np.array(boxes, np.float64).reshape(-1, 4),
        np.array(scores, np.float64).reshape(-1),
        np.array(class_ids, np.int64).reshape(-1),
    )


def nothing() -> Detections:
    """No object."""
    return detections([], [], [])


def concatenate(parts: Sequence[Detections]) -> Detections:
    """All of several, in their order."""
    if not parts:
        return nothing()
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.class_ids for part in parts]),
    )
