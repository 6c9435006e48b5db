"""The colours of classes, and black or white to stand out against them.

    class 0 -> sky blue with black letters, class 5 -> blue with white letters, class 10 -> as class 0

The colours differ in lightness as well as in hue: they stay apart for colour-blind eyes (at least 0.12 in OKLab with
the red-green and blue-yellow deficiencies simulated, 0.16 without), and each has a contrast of 4.5 to 1 or more to
its ink.
"""

from __future__ import annotations

Colour = tuple[int, int, int]
"""Red, green and blue, 0..255 each, sRGB."""

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

_LINEAR_BELOW = 0.04045

PALETTE: tuple[Colour, ...] = (
    (0, 180, 255),
    (255, 240, 60),
    (200, 40, 100),
    (120, 160, 0),
    (255, 180, 120),
    (80, 40, 255),
    (0, 255, 255),
    (140, 20, 20),
    (255, 100, 180),
    (100, 0, 160),
)


def colour_of(class_id: int) -> Colour:
    """The colour of a class, the same in every picture and every run."""
    return PALETTE[class_id % len(PALETTE)]


def ink_on(colour: Colour) -> Colour:
    """Black or white, whichever has more contrast to the colour."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, colour))


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, 1..21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    """Relative luminance, 0..1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= _LINEAR_BELOW else float(((value + 0.055) / 1.055) ** 2.4)
