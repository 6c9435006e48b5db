"""Objects cut out of their image."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vedette.values.frame import Pixels, Size, size_of
from vedette.values.result import Detection


def crop_detections(pixels: Pixels, found: Sequence[Detection], *, margin: float = 0.0) -> list[Pixels | None]:
    """The part of the picture that holds each object, as views of `pixels`, in the order of the objects.

    Each part is whole pixels, at least 1x1: those that the box touches, as far as the picture goes. A box that has no
    area, is not a number or lies outside of the picture gives None.

    Args:
        pixels: the picture, uint8, shape (height, width, 3), RGB.
        found: the objects.
        margin: what is added on every side, as a share of the box's width (left, right) and height (top, bottom).

    Raises:
        ValueError: the margin is negative or no finite number.
    """
    if not 0 <= margin < math.inf:
        raise ValueError(f"the margin must be a finite number from 0 up, got {margin}")
    return [_crop(pixels, one.box, size_of(pixels), margin) for one in found]


def _crop(pixels: Pixels, box: tuple[float, float, float, float], size: Size, margin: float) -> Pixels | None:
    left, top, right, bottom = box
    if not (left < right and top < bottom and left < size.width and top < size.height and right > 0 and bottom > 0):
        return None
    columns = _span(left, right, size.width, margin)
    rows = _span(top, bottom, size.height, margin)
    return pixels[rows, columns]


def _span(start: float, end: float, side: int, margin: float) -> slice:
    """Whole pixels from `start` to `end` with the margin on both sides, within 0..side."""
    more = margin * (end - start) if margin else 0.0
    return slice(math.floor(max(start - more, 0)), math.ceil(min(end + more, side)))
