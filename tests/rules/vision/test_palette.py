"""The colours of classes stand apart, and their ink stands out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from vedette.rules.vision.palette import BLACK, PALETTE, WHITE, Colour, colour_of, contrast, ink_on

DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What is left of linear RGB in colour-blind eyes: Machado, Oliveira and Fernandes 2009, severity 1."""

LMS = ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566))
LMS += ((0.0883024619, 0.2817188376, 0.6299787005),)
LAB = ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099))
LAB += ((0.0259040371, 0.7827717662, -0.8086757660),)


def oklab(colour: Colour, eyes: tuple[tuple[float, ...], ...]) -> NDArray[np.float64]:
    """Lightness and two opponent colours as these eyes see it (Ottosson 2020)."""
    value = np.array(colour) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.array(LAB) @ np.cbrt(np.array(LMS) @ np.clip(np.array(eyes) @ linear, 0, 1))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (BLACK, WHITE, 21.0),
        (WHITE, WHITE, 1.0),
        ((119, 119, 119), WHITE, 4.48),
        ((255, 0, 0), WHITE, 4.0),
        ((0, 0, 255), BLACK, 2.44),
        ((0, 128, 0), WHITE, 5.14),
    ],
)
def test_contrast_is_that_of_wcag(one: Colour, other: Colour, expected: float) -> None:
    """Values that published contrast checkers give, to two digits; the order does not matter."""
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("colour", PALETTE)
def test_letters_are_read_on_every_colour(colour: Colour) -> None:
    """WCAG asks for 4.5 to 1 for text; black or white, the other would be less."""
    ink = ink_on(colour)

    assert ink in (BLACK, WHITE)
    assert contrast(ink, colour) >= 4.5
    assert contrast(ink, colour) >= max(contrast(BLACK, colour), contrast(WHITE, colour))


@pytest.mark.parametrize("colour", PALETTE)
@pytest.mark.parametrize("shade", [0, 60, 119, 160, 200, 255])
def test_a_line_with_its_rim_shows_on_every_shade(colour: Colour, shade: int) -> None:
    """On a background that hides the colour its ink is seen: one of the two has at least 2.1 to 1."""
    background = (shade, shade, shade)

    assert max(contrast(colour, background), contrast(ink_on(colour), background)) >= 4.5**0.5


@pytest.mark.parametrize("eyes", DEFICIENCIES)
def test_colours_stand_apart_for_all_eyes(eyes: str) -> None:
    """Any two are 0.12 apart in OKLab at least: six times what is just noticed."""
    seen = [oklab(colour, DEFICIENCIES[eyes]) for colour in PALETTE]

    assert min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2)) >= 0.12


def test_a_class_keeps_its_colour() -> None:
    """It hangs on the number alone; the first classes all differ, then the colours begin again."""
    count = len(PALETTE)

    assert len({colour_of(number) for number in range(count)}) == count
    assert [colour_of(number) for number in range(count)] == [colour_of(number + 3 * count) for number in range(count)]
