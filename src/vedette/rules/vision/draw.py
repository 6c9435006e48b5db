"""Drawing on pictures, readable on any background and at any size: text on a band, objects as boxes with labels.

A box is a line in the colour of its class between two thin ones in black or white, so that it shows on its own colour
too. It lies around the object and hides nothing of it, except at the edge of the picture. Lines and letters grow with
the picture. The labels of crowds and of tiny objects are left out where there is no room; boxes never are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vedette.rules.vision.lettering import scale_for, shortened, width_of, write
from vedette.rules.vision.palette import WHITE, Colour, colour_of, ink_on
from vedette.rules.vision.plates import Plate, place
from vedette.rules.vision.tile_lines import draw_tiles
from vedette.values.frame import Pixels, Size, size_of
from vedette.values.result import Detection
from vedette.values.tiling import Region

_BAND_OPACITY = 0.6
_LINE_HEIGHT = 22.0
"""Height in pixels of a line of text at scale 1."""
_CROWD = 60
"""With more objects lines are thinner, letters smaller, and labels left out where there is no room."""


def annotate(pixels: Pixels, lines: Sequence[str]) -> Pixels:
    """A copy of the picture with lines of text in its upper left corner; the letters grow with the picture."""
    drawn = pixels.copy()
    if not lines:
        return drawn
    scale, thickness, step = _letters(drawn, lines)
    margin = max(2, step // 3)
    width = max(width_of(line, scale, thickness) for line in lines) + 2 * margin
    band = drawn[: step * len(lines) + margin, :width]
    band[:] = np.multiply(band, 1 - _BAND_OPACITY).astype(np.uint8)
    for number, line in enumerate(lines, 1):
        origin = (margin, step * number - step // 4 + margin // 2)
        write(drawn, line, origin, scale, thickness, WHITE)
    return drawn


def _letters(pixels: Pixels, lines: Sequence[str]) -> tuple[float, int, int]:
    """Scale, thickness and line step: a 25th of the shorter side, less where the longest line would not fit."""
    size = size_of(pixels)
    scale = max(min(size.width, size.height) / 25, 10) / _LINE_HEIGHT
    longest = max(width_of(line, scale, max(1, round(scale * 1.4))) for line in lines) + _LINE_HEIGHT * scale
    scale = min(scale, scale * 0.96 * size.width / longest)
    return scale, max(1, round(scale * 1.4)), max(4, round(_LINE_HEIGHT * scale * 1.5))


def draw_detections(pixels: Pixels, found: Sequence[Detection], *, tiles: Sequence[Region] = ()) -> Pixels:
    """A copy of the picture with a box and a label for each object, and the edges of the tiles if given.

    A box that is not a number, inside out or outside of the picture is not drawn; one without width is.

    Args:
        pixels: the picture, uint8, shape (height, width, 3), RGB.
        found: the objects, the most important first: its label has the first choice of place and lies on top.
        tiles: the regions that the detector looked at.
    """
    drawn = pixels.copy()
    style = _style_for(size_of(pixels), crowded=len(found) > _CROWD)
    draw_tiles(drawn, tiles, style.tile_line, style.dash)
    frames = [frame for one in found if (frame := _frame(one, size_of(pixels), style)) is not None]
    for frame in sorted(frames, key=lambda frame: -frame.area):
        _draw_frame(drawn, frame)
    _draw_labels(drawn, frames, style)
    return drawn


@dataclass(frozen=True, slots=True)
class _Style:
    """Lengths in pixels: widths of the lines of boxes and tiles, a dash, and the height of capital letters."""

    line: int
    tile_line: int
    dash: int
    capital: int
    crowded: bool

    @property
    def scale(self) -> float:
        return scale_for(self.capital)

    @property
    def thickness(self) -> int:
        return max(1, round(self.scale * 1.8))

    @property
    def padding(self) -> int:
        """Room around the letters: also what some reach below their baseline."""
        return round(0.4 * self.capital)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is drawn around an object: outer edges in whole pixels (xyxy) and widths of the lines."""

    found: Detection
    left: int
    top: int
    right: int
    bottom: int
    line: int
    rim: int

    @property
    def area(self) -> int:
        return (self.right - self.left) * (self.bottom - self.top)

    @property
    def colour(self) -> Colour:
        return colour_of(self.found.class_id)


def _style_for(size: Size, *, crowded: bool) -> _Style:
    side = math.sqrt(size.pixels)
    less = 0.7 if crowded else 1.0
    return _Style(
        line=max(1, round(less * (1.2 + side / 350))),
        tile_line=max(1, round(side / 1500)),
        dash=max(4, round(side / 150)),
        capital=max(8, round(less * (4 + side / 100))),
        crowded=crowded,
    )


def _rim(line: int) -> int:
    return max(1, round(line / 4))


def _frame(found: Detection, size: Size, style: _Style) -> _Frame | None:
    left, top, right, bottom = found.box
    if not (left <= right and top <= bottom and left < size.width and top < size.height and right > 0 and bottom > 0):
        return None
    longer = min(max(right - left, bottom - top), max(size.width, size.height))
    line = min(style.line, max(math.ceil(style.line / 2), int(longer / 4)))
    rim = _rim(line)
    around = line + 2 * rim
    return _Frame(
        found,
        max(0, math.floor(max(left, 0)) - around),
        max(0, math.floor(max(top, 0)) - around),
        min(size.width, math.ceil(min(right, size.width)) + around),
        min(size.height, math.ceil(min(bottom, size.height)) + around),
        line,
        rim,
    )


def _draw_frame(drawn: Pixels, frame: _Frame) -> None:
    rectangle = drawn[frame.top : frame.bottom, frame.left : frame.right]
    _draw_ring(rectangle, frame.line + 2 * frame.rim, ink_on(frame.colour))
    _draw_ring(_shrunk(rectangle, frame.rim), frame.line, frame.colour)


def _shrunk(rectangle: Pixels, by: int) -> Pixels:
    """The rectangle without its edges; the whole one where nothing would be left."""
    return rectangle[by:-by, by:-by] if min(rectangle.shape[:2]) > 2 * by else rectangle


def _draw_ring(rectangle: Pixels, width: int, colour: Colour) -> None:
    for side in (rectangle[:width], rectangle[-width:], rectangle[:, :width], rectangle[:, -width:]):
        _fill(side, colour)


def _fill(area: Pixels, colour: Colour) -> None:
    """Several times as fast as an assignment."""
    cv2.rectangle(area, (0, 0), (area.shape[1] - 1, area.shape[0] - 1), colour, cv2.FILLED)


def _draw_labels(drawn: Pixels, frames: Sequence[_Frame], style: _Style) -> None:
    """The least important first, so that the others lie on top."""
    size = size_of(drawn)
    lines = [_line(frame.found, size, style) for frame in frames]
    plates = [None if line is None else _plate(frame, line, style) for frame, line in zip(frames, lines, strict=True)]
    edges = np.array([(frame.left, frame.top, frame.right, frame.bottom) for frame in frames], np.int64)
    corners = place(size, edges.reshape(-1, 4), plates)
    for frame, line, plate, corner in zip(*(reversed(part) for part in (frames, lines, plates, corners)), strict=True):
        if line is not None and plate is not None and corner is not None:
            left, top = corner
            area = drawn[top : top + plate.size.height, left : left + plate.size.width]
            _draw_plate(area, line, frame.colour, style)


def _line(found: Detection, size: Size, style: _Style) -> str | None:
    """The label and the score as far as they fit; None where the picture is too small for letters."""
    if size.height < 2 * (style.capital + 2 * style.padding):
        return None
    room = size.width - 2 * style.padding
    return shortened(found.label, f"{found.score:.2f}", room, style.scale, style.thickness)


def _plate(frame: _Frame, line: str, style: _Style) -> Plate:
    width = width_of(line, style.scale, style.thickness) + 2 * style.padding
    height = style.capital + 2 * style.padding
    tiny = max(frame.right - frame.left, frame.bottom - frame.top) < height
    return Plate(Size(width, height), optional=style.crowded or tiny)


def _draw_plate(area: Pixels, line: str, colour: Colour, style: _Style) -> None:
    rim = _rim(style.line)
    ink = ink_on(colour)
    _fill(area, ink)
    _fill(_shrunk(area, rim), colour)
    origin = (style.padding, style.padding + style.capital)
    write(area, line, origin, style.scale, style.thickness, ink)
