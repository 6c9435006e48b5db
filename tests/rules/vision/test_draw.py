"""Text and boxes on pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vedette.rules.vision.draw import annotate, draw_detections
from vedette.rules.vision.palette import PALETTE, colour_of, ink_on
from vedette.values.frame import Pixels, Size
from vedette.values.result import Detection
from vedette.values.tiling import Region

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


Box = tuple[float, float, float, float]


def cat(box: Box, class_id: int = 0, label: str = "cat", score: float = 0.81) -> Detection:
    return Detection(label, class_id, score, box)


def changed(before: Pixels, *found: Detection, tiles: tuple[Region, ...] = ()) -> NDArray[np.bool_]:
    """Which pixels are drawn on."""
    mask: NDArray[np.bool_] = (draw_detections(before, found, tiles=tiles) != before).any(2)
    return mask


def noise(width: int, height: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_the_picture_itself_has_no_boxes_afterwards() -> None:
    """A copy comes back, also of a read-only picture and without an object."""
    pixels = plain(200, 100)
    pixels.flags.writeable = False

    drawn, same = draw_detections(pixels, [cat((20, 30, 90, 90))]), draw_detections(pixels, [])

    assert (pixels == 128).all()
    assert (drawn != pixels).any()
    assert (same == pixels).all()
    assert same is not pixels
    assert (drawn.dtype, drawn.shape) == (pixels.dtype, pixels.shape)


@pytest.mark.parametrize("sides", [(64, 64), (640, 480), (2100, 2700)])
def test_only_the_line_around_the_object_and_its_plate_are_drawn(sides: tuple[int, int]) -> None:
    """The object is as it was, and so is everything a sixteenth of the picture and 16 pixels away from it."""
    width, height = sides
    box = (width // 4, height // 2, 3 * width // 4, 3 * height // 4)
    pixels = noise(width, height)
    drawn_on = changed(pixels, cat(box, label=""))

    around = max(width, height) // 16 + 16
    outside = drawn_on.copy()
    outside[max(0, box[1] - around) : box[3] + around, max(0, box[0] - around) : box[2] + around] = False
    assert not outside.any()
    assert not drawn_on[box[1] : box[3], box[0] : box[2]].any()
    for edge in (
        drawn_on[box[1] - 1, box[0] : box[2]],
        drawn_on[box[3], box[0] : box[2]],
        drawn_on[box[1] : box[3], box[0] - 1],
        drawn_on[box[1] : box[3], box[2]],
    ):
        assert edge.mean() > 0.95


@pytest.mark.parametrize("class_id", range(len(PALETTE)))
@pytest.mark.parametrize("ground", ["black", "white", "own"])
def test_a_box_shows_on_black_on_white_and_on_its_own_colour(class_id: int, ground: str) -> None:
    """Its colour runs all around the object, between two lines in the colour that stands out against it."""
    colour, ink = colour_of(class_id), ink_on(colour_of(class_id))
    pixels = np.full((480, 640, 3), {"black": (0, 0, 0), "white": (255, 255, 255), "own": colour}[ground], np.uint8)
    drawn = draw_detections(pixels, [cat((200, 150, 400, 350), class_id)])

    for line in (drawn[250, :200][::-1], drawn[250, 400:], drawn[350:, 300]):
        assert [tuple(pixel) for pixel in line[:5].tolist()] == [ink, colour, colour, colour, ink]
        assert (line[5:] == pixels[0, 0]).all()


def test_the_plate_has_the_colour_of_the_class_and_readable_letters() -> None:
    """Above the box: colour for the most part, ink for the letters."""
    drawn = draw_detections(plain(640, 480), [cat((200, 150, 400, 350), 5)])
    plate = drawn[132:144, 200:240].reshape(-1, 3)
    colour, ink = colour_of(5), ink_on(colour_of(5))

    assert 0.4 < (plate == colour).all(1).mean() < 0.95
    assert np.abs(plate.astype(int) - ink).sum(1).min() < 60


def test_letters_and_lines_grow_with_the_picture() -> None:
    """In a picture five times as large the plate is three times as high at least, the line 2.5 times as wide."""
    heights, widths = [], []
    for side in (600, 3000):
        drawn_on = changed(plain(side, side), cat((0.4 * side, 0.5 * side, 0.6 * side, 0.7 * side)))
        rows, columns = np.flatnonzero(drawn_on.any(1)), np.flatnonzero(drawn_on[int(0.6 * side)])
        heights.append(0.5 * side - rows.min())
        widths.append(0.4 * side - columns.min())

    assert heights[1] >= 3 * heights[0]
    assert widths[1] >= 2.5 * widths[0]


def test_a_low_score_looks_as_a_high_one() -> None:
    """The boxes are the same, pixel by pixel; only the figure differs."""
    high, low = (draw_detections(plain(640, 480), [cat((200, 150, 400, 350), score=score)]) for score in (0.99, 0.11))

    assert (high[150:] == low[150:]).all()
    assert (high[:150] != low[:150]).any()


def test_a_plate_at_the_upper_edge_lies_inside_the_box() -> None:
    """Nothing is cut off: the plate of a large box at the edge begins in the first row."""
    drawn_on = changed(plain(640, 480), cat((100, 0, 500, 400)))

    assert drawn_on[5:12, 110:130].mean() > 0.9


def test_two_plates_do_not_hide_each_other() -> None:
    """Two equal boxes of different classes show both of their colours on plates of the same size."""
    one, other = cat((200, 150, 400, 350), 0), cat((200, 150, 400, 350), 1)
    both = draw_detections(plain(640, 480), [one, other])
    alone = draw_detections(plain(640, 480), [one])

    assert (both[130:145, 200:250] == alone[130:145, 200:250]).all()
    assert (both == colour_of(1)).all(2)[355:370, 200:250].mean() > 0.4


def test_where_plates_must_overlap_the_first_lies_on_top() -> None:
    """In a picture with room for few plates, that of the most important object is whole."""
    pixels = plain(64, 64)
    found = [cat((4, 20, 60, 60), number) for number in range(12)]
    alone, drawn = draw_detections(pixels, found[:1]), draw_detections(pixels, found)
    plate = (alone == colour_of(0)).all(2)
    plate[17:] = False

    assert plate.sum() > 100
    assert (drawn[plate] == colour_of(0)).all()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_small_box_lies_on_a_large_one(order: tuple[int, int]) -> None:
    """The line of the smaller is whole where both share an edge, whichever has the higher score."""
    found = (cat((200, 150, 500, 450), 0), cat((200, 250, 300, 350), 1))
    drawn = draw_detections(plain(640, 480), [found[number] for number in order])

    assert (drawn[260:340, 197] == colour_of(1)).all()


def test_every_box_of_a_crowd_is_drawn_and_some_labels_are_not() -> None:
    """Two hundred boxes side by side: a line around each, and most of their insides free."""
    boxes: list[Box] = [(x, y, x + 20, y + 14) for x in range(20, 620, 30) for y in range(30, 460, 43)]
    drawn_on = changed(plain(640, 480, 77), *(cat(box, number) for number, box in enumerate(boxes)))
    inside = [drawn_on[int(top) : int(bottom), int(left) : int(right)].mean() for left, top, right, bottom in boxes]

    assert len(boxes) == 200
    assert all(drawn_on[int(bottom), int(left) : int(right)].all() for left, _, right, bottom in boxes)
    assert np.mean(np.array(inside) == 0) > 0.5
    assert max(inside) < 0.5


@pytest.mark.parametrize("label", ["", "猫", "x" * 5000, "two\nlines", "\udcff\0"])
def test_any_label_is_drawn(label: str) -> None:
    """Empty, foreign, far too long, broken: a plate is there and stays in the picture."""
    plate = changed(plain(640, 480), cat((300, 200, 400, 300), label=label))[:190]

    assert plate.any()


@pytest.mark.parametrize(
    "box",
    [
        (math.nan, 10, 20, 30),
        (10, 10, 20, math.nan),
        (30, 10, 20, 30),
        (10, 30, 20, 10),
        (200, 10, 300, 30),
        (-50, 10, -20, 30),
        (10, 100, 20, 130),
        (math.inf, 0, math.inf, 9),
    ],
)
def test_a_box_that_is_none_is_not_drawn(box: Box) -> None:
    """Not a number, inside out, outside of the picture."""
    assert not changed(plain(200, 100), cat(box)).any()


@pytest.mark.parametrize(
    "box", [(50, 50, 50, 50), (50, 20, 50, 80), (60, 60, 65, 65), (-math.inf, -math.inf, math.inf, math.inf)]
)
def test_the_smallest_and_the_largest_box_are_drawn(box: Box) -> None:
    """A point, a line, five pixels, everything."""
    assert changed(plain(200, 100), cat(box)).any()


@pytest.mark.parametrize("sides", [(1, 1), (1, 500), (500, 1), (2, 2), (9, 7), (5000, 3), (40, 40)])
def test_boxes_on_the_smallest_picture_are_survived(sides: tuple[int, int]) -> None:
    """Where no letter fits there are boxes only."""
    pixels = plain(*sides)
    drawn = draw_detections(pixels, [cat((0, 0, 1, 1)), cat((0, 0, 9999, 9999), 3)])

    assert drawn.shape == pixels.shape
    assert (drawn != pixels).any()


_SIDES = st.floats(-50, 250) | st.sampled_from([math.nan, math.inf, -math.inf, 1e300, 5e-324, 0.0])
_FOUND = st.builds(
    Detection, st.text(max_size=9), st.integers(0, 99), st.floats(), st.tuples(_SIDES, _SIDES, _SIDES, _SIDES)
)


@given(st.lists(_FOUND, max_size=12), st.integers(1, 150), st.integers(1, 150))
@settings(max_examples=60)
def test_no_box_is_too_strange(found: list[Detection], width: int, height: int) -> None:
    """Whatever a model gives, a picture of the same size comes back."""
    pixels = plain(width, height)

    assert draw_detections(pixels, found).shape == pixels.shape
    assert (pixels == 128).all()


def test_tiles_lie_beneath_the_boxes() -> None:
    """Their edges are thin, and a box looks as it does without them."""
    tiles = tuple(Region(left, 0, Size(300, 480)) for left in (0, 170, 340))
    pixels, found = plain(640, 480), cat((100, 100, 500, 400))
    boxes, both = changed(pixels, found), draw_detections(pixels, [found], tiles=tiles)

    assert (both[boxes] == draw_detections(pixels, [found])[boxes]).all()
    assert np.flatnonzero(changed(pixels, tiles=tiles).all(0)).tolist() == [170, 300, 340, 470]
