"""Real photos with what is on them, drawn by hand, to judge a detector's raw outputs without any code of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import vedette

Array = NDArray[Any]

PERSON = ("astronaut", "person", (25, 15, 365, 510))
CAT = ("chelsea", "cat", (0, 0, 400, 300))
CUP = ("coffee", "cup", (175, 17, 405, 300))
TABLE = ("coffee", "dining table", (0, 0, 600, 400))
"""Photo, class, box in pixels of the photo."""


def photo(name: str) -> Array:
    """BGR, uint8."""
    return cv2.imread(str(Path(vedette.__file__).parent / "photos" / f"{name}.jpg"))


def letterboxed(bgr: Array, side: int) -> tuple[Array, float, float, float]:
    """The photo in the middle of a black square; with the scale and the pixels to the left and above."""
    height, width = bgr.shape[:2]
    scale = min(side / height, side / width)
    new_width, new_height = round(width * scale), round(height * scale)
    left, top = (side - new_width) // 2, (side - new_height) // 2
    square = np.zeros((side, side, 3), np.uint8)
    square[top : top + new_height, left : left + new_width] = cv2.resize(bgr, (new_width, new_height))
    return square, scale, left, top


def overlap(box: Array, other: tuple[int, ...]) -> float:
    """Intersection over union of two boxes."""
    left, top = max(box[0], other[0]), max(box[1], other[1])
    right, bottom = min(box[2], other[2]), min(box[3], other[3])
    both = max(right - left, 0) * max(bottom - top, 0)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
    return both / (sum(areas) - both)
