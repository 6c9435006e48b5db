"""Objects are cut out as whole pixels inside of the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.vision.crop import crop_detections
from vedette.values.frame import Pixels
from vedette.values.result import Detection

Box = tuple[float, float, float, float]

PICTURE = np.arange(40 * 60 * 3, dtype=np.uint32).astype(np.uint8).reshape(40, 60, 3)
SIDES = st.floats(-100, 200) | st.sampled_from([math.inf, -math.inf, math.nan, 0.0, 60.0, 40.0, 1e300, 5e-324])


def crop(box: Box, margin: float = 0.0, pixels: Pixels = PICTURE) -> Pixels | None:
    (cut,) = crop_detections(pixels, [Detection("cat", 0, 0.5, box)], margin=margin)
    return cut


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((10, 5, 20, 15), (5, 15), (10, 20)),
        ((10.2, 5.9, 19.1, 14.01), (5, 15), (10, 20)),
        ((-7, -9, 999, 999), (0, 40), (0, 60)),
        ((59.5, 39.5, 80, 80), (39, 40), (59, 60)),
        ((10.4, 5.4, 10.5, 5.5), (5, 6), (10, 11)),
        ((-math.inf, 3, math.inf, 4), (3, 4), (0, 60)),
    ],
)
def test_a_crop_is_every_pixel_that_the_box_touches(box: Box, rows: Box, columns: Box) -> None:
    """Clipped to the picture; the smallest box is one pixel."""
    cut = crop(box)

    assert cut is not None
    assert (cut == PICTURE[slice(*rows), slice(*columns)]).all()
    assert cut.shape[:2] == (rows[1] - rows[0], columns[1] - columns[0])


def test_a_margin_is_a_share_of_the_box() -> None:
    """A fifth of 20x10 adds 4 columns and 2 rows on every side, as far as the picture goes."""
    cut, cornered = crop((20, 10, 40, 20), margin=0.2), crop((0, 0, 20, 10), margin=0.2)

    assert cut is not None
    assert cornered is not None
    assert (cut == PICTURE[8:22, 16:44]).all()
    assert (cornered == PICTURE[0:12, 0:24]).all()


@pytest.mark.parametrize(
    "box",
    [
        (10, 5, 10, 15),
        (10, 5, 20, 5),
        (20, 5, 10, 15),
        (60, 5, 70, 15),
        (-9, 5, 0, 15),
        (10, 40, 20, 50),
        (10, -9, 20, 0),
        (math.nan, 5, 20, 15),
        (10, 5, 20, math.nan),
    ],
)
def test_a_box_without_pixels_gives_none(box: Box) -> None:
    """No area, inside out, outside of the picture, not a number; also with a margin that would reach in."""
    assert crop(box) is None
    assert crop(box, margin=3.0) is None


def test_crops_are_in_the_order_of_the_objects() -> None:
    """One a detection, None in the place of one that cannot be cut."""
    boxes: list[Box] = [(0, 0, 3, 2), (9, 9, 9, 9), (0, 0, 5, 4)]
    cuts = crop_detections(PICTURE, [Detection("cat", 0, 0.5, box) for box in boxes])

    assert [None if cut is None else cut.shape for cut in cuts] == [(2, 3, 3), None, (4, 5, 3)]
    assert crop_detections(PICTURE, []) == []


@pytest.mark.parametrize("margin", [-0.1, math.nan, math.inf])
def test_a_margin_is_a_finite_number_from_zero_up(margin: float) -> None:
    """Anything else is refused with its value."""
    with pytest.raises(ValueError, match=f"got {margin}"):
        crop((1, 1, 2, 2), margin=margin)


@given(st.tuples(SIDES, SIDES, SIDES, SIDES), st.floats(0, 10))
def test_a_crop_is_a_view_of_at_least_one_pixel_or_none(box: Box, margin: float) -> None:
    """Whatever the box; without a margin it holds every pixel centre that the box holds, and nothing is copied."""
    cut, wider = crop(box), crop(box, margin)

    assert (cut is None) == (wider is None)
    if cut is None or wider is None:
        return
    rows, columns = np.arange(40) + 0.5, np.arange(60) + 0.5
    assert cut.shape[0] >= max(1, int(((rows > box[1]) & (rows < box[3])).sum()))
    assert cut.shape[1] >= max(1, int(((columns > box[0]) & (columns < box[2])).sum()))
    assert all(more >= less for more, less in zip(wider.shape, cut.shape, strict=True))
    assert np.shares_memory(cut, PICTURE)
