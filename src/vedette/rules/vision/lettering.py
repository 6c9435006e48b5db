"""Letters on pictures: how large they are, what room they take, and how a line is cut to fit its room.

The font has ASCII letters only: any other is drawn as a question mark.
"""

from __future__ import annotations

from bisect import bisect_right

import cv2

from vedette.rules.vision.palette import Colour
from vedette.values.frame import Pixels

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITAL = 21.0
"""Height in pixels of a capital letter at scale 1."""
_CUT = ".."


def scale_for(capital: float) -> float:
    """The scale at which capital letters are that many pixels high."""
    return capital / _CAPITAL


def plain(line: str) -> str:
    """The line in the letters that the font has."""
    ascii_only = line.encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else "?" for letter in ascii_only)


def width_of(line: str, scale: float, thickness: int) -> int:
    """Pixels that a line takes from its first to its last letter."""
    (width, _), _ = cv2.getTextSize(plain(line), _FONT, scale, thickness)
    return int(width)


def write(pixels: Pixels, line: str, origin: tuple[int, int], scale: float, thickness: int, ink: Colour) -> None:
    """Draw a line on the pixels, antialiased; the origin (x, y) is the left end of its baseline."""
    cv2.putText(pixels, plain(line), origin, _FONT, scale, ink, thickness, cv2.LINE_AA)


def shortened(line: str, ending: str, room: int, scale: float, thickness: int) -> str | None:
    """The line with its ending, cut before the ending to fit the room in pixels; None where not even that fits.

    traffic light, 0.91 -> traffic light 0.91 -> traf.. 0.91 -> 0.91
    """
    whole = f"{line} {ending}" if line else ending
    if width_of(whole, scale, thickness) <= room:
        return whole
    fitting = bisect_right(
        range(len(line)), room, key=lambda kept: width_of(f"{line[:kept]}{_CUT} {ending}", scale, thickness)
    )
    if fitting > 1:
        return f"{line[: fitting - 1].rstrip()}{_CUT} {ending}"
    return ending if width_of(ending, scale, thickness) <= room else None
