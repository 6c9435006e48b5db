"""Text on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.rules.vision.draw import annotate
from vedette.values.frame import Pixels

LINES = ("tabby cat 0.81", "tiger cat 0.12", "Egyptian cat 0.05")


def plain(width: int, height: int, shade: int = 128) -> Pixels:
    return np.full((height, width, 3), shade, np.uint8)


def touched(before: Pixels, after: Pixels) -> tuple[int, int]:
    """Width and height of the upper left rectangle that holds every change."""
    rows, columns = np.nonzero((before != after).any(2))
    return int(columns.max()) + 1, int(rows.max()) + 1


def test_the_picture_itself_is_not_drawn_on() -> None:
    """A copy comes back, even without a line of text."""
    pixels = plain(200, 100)

    drawn, same = annotate(pixels, LINES), annotate(pixels, ())

    assert (pixels == 128).all()
    assert (drawn != pixels).any()
    assert same is not pixels
    assert (same == pixels).all()
    assert (drawn.dtype, drawn.shape) == (pixels.dtype, pixels.shape)


def test_a_read_only_picture_is_drawn() -> None:
    """The pixels of a decoder need not be writable."""
    pixels = plain(200, 100)
    pixels.flags.writeable = False

    assert (annotate(pixels, LINES) != pixels).any()


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_letters_are_white_on_a_dark_band(shade: int) -> None:
    """On black, grey and white pictures the letters stand out by 100 of 255 at least."""
    drawn = annotate(plain(640, 480, shade), ("HHHH",))
    width, height = touched(plain(640, 480, shade), drawn)
    band = drawn[:height, :width]

    assert band.max() == 255
    assert np.median(band) <= 0.4 * shade + 1
    assert band.max() - np.median(band) >= 100


def test_text_stays_in_the_upper_left_corner() -> None:
    """The rest of a large picture is as it was."""
    pixels = plain(1000, 1000)

    width, height = touched(pixels, annotate(pixels, ("cat",)))

    assert width < 300
    assert height < 150


def test_letters_grow_with_the_picture() -> None:
    """A picture four times as large has letters about four times as large."""
    small, large = plain(500, 500), plain(2000, 2000)

    one, other = touched(small, annotate(small, LINES)), touched(large, annotate(large, LINES))

    assert 3 < other[0] / one[0] < 5
    assert 3 < other[1] / one[1] < 5


@pytest.mark.parametrize("width", [32, 48, 64, 100, 224, 640, 2100])
@pytest.mark.parametrize("text", ["cat", "cat 0.98", "a long name of a class, as ImageNet has them 0.98"])
def test_no_line_runs_out_of_the_picture(width: int, text: str) -> None:
    """The last column holds no letter, however long the text and narrow the picture."""
    drawn = annotate(plain(width, 2 * width, 0), (text,))

    assert drawn.max() > 0
    assert drawn[:, -1].max() == 0


@pytest.mark.parametrize("sides", [(1, 1), (1, 500), (500, 1), (2, 2), (9, 7), (20_000, 1)])
def test_the_smallest_picture_is_survived(sides: tuple[int, int]) -> None:
    """Where no letter fits, a picture of the same size comes back."""
    pixels = plain(*sides)

    assert annotate(pixels, LINES).shape == pixels.shape


def test_more_lines_than_room_are_cut_off() -> None:
    """A hundred lines leave the size of the picture alone."""
    pixels = plain(100, 60)

    assert annotate(pixels, LINES * 33).shape == pixels.shape


def test_letters_that_the_font_lacks_are_question_marks() -> None:
    """Chinese and accents are drawn as one mark each."""
    pixels = plain(400, 300)

    assert (annotate(pixels, ("猫 é 0.5",)) == annotate(pixels, ("? ? 0.5",))).all()


@pytest.mark.parametrize("lines", [("",), ("", "cat"), (" ",)])
def test_an_empty_line_takes_its_place(lines: tuple[str, ...]) -> None:
    """It is no error and as high as any other."""
    pixels = plain(400, 300)

    assert touched(pixels, annotate(pixels, lines))[1] == touched(pixels, annotate(pixels, ("a",) * len(lines)))[1]
