"""Text on pictures, readable on any background and at any size: white letters on a dark band."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vedette.values.frame import Pixels, size_of

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_BAND_OPACITY = 0.6
_FONT_HEIGHT = 22.0
"""Height in pixels of a line of the font at scale 1."""


def annotate(pixels: Pixels, lines: Sequence[str]) -> Pixels:
    """A copy of the picture with lines of text in its upper left corner; the letters grow with the picture."""
    drawn = pixels.copy()
    if not lines:
        return drawn
    scale, thickness, step = _letters(drawn, lines)
    margin = max(2, step // 3)
    width = max(_width(line, scale, thickness) for line in lines) + 2 * margin
    band = drawn[: step * len(lines) + margin, :width]
    band[:] = np.multiply(band, 1 - _BAND_OPACITY).astype(np.uint8)
    for number, line in enumerate(lines, 1):
        origin = (margin, step * number - step // 4 + margin // 2)
        cv2.putText(drawn, _plain(line), origin, _FONT, scale, (255, 255, 255), thickness, cv2.LINE_AA)
    return drawn


def _letters(pixels: Pixels, lines: Sequence[str]) -> tuple[float, int, int]:
    """Scale, thickness and line step: a 25th of the shorter side, less where the longest line would not fit."""
    size = size_of(pixels)
    scale = max(min(size.width, size.height) / 25, 10) / _FONT_HEIGHT
    longest = max(_width(line, scale, max(1, round(scale * 1.4))) for line in lines) + _FONT_HEIGHT * scale
    scale = min(scale, scale * 0.96 * size.width / longest)
    return scale, max(1, round(scale * 1.4)), max(4, round(_FONT_HEIGHT * scale * 1.5))


def _width(line: str, scale: float, thickness: int) -> int:
    (width, _), _ = cv2.getTextSize(_plain(line), _FONT, scale, thickness)
    return int(width)


def _plain(line: str) -> str:
    """The line in the letters that the font has."""
    return line.encode("ascii", "replace").decode()
