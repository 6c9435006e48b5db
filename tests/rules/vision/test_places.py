"""Where in an image the rows of a model come from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes import plain

from vedette.errors import InvalidError
from vedette.rules.vision.places import Kind, bounds_of, hull, make_row, places
from vedette.values.frame import Size
from vedette.values.manifest import InputSpec, Layout, ResizeType
from vedette.values.tiling import Fill, Region, Tiling

CAR = Size(2100, 2700)
SPEC = InputSpec(name="input", layout=Layout.NCHW, size=Size(300, 300), pad_value=7)


def test_without_tiles_there_is_one_row_of_the_whole_image() -> None:
    """Its geometry is the model's own."""
    (place,) = places(CAR, SPEC)

    assert (place.kind, str(place.region), place.geometry.source) == (Kind.WHOLE, "0,0,2100,2700", CAR)


def test_the_seeds_image_has_63_tiles_and_one_blank_or_one_overview() -> None:
    """7 columns x 9 rows, and what the 64th slot holds."""
    kinds = {
        fill: [place.kind for place in places(CAR, SPEC, Tiling(Size(300, 300), fill=fill))]
        for fill in (None, *Fill)
    }  # fmt: skip

    assert kinds[None] == [Kind.TILE] * 63
    assert kinds[Fill.BLANK] == [Kind.TILE] * 63 + [Kind.BLANK]
    assert kinds[Fill.OVERVIEW] == [Kind.TILE] * 63 + [Kind.OVERVIEW]


def test_an_image_of_one_tile_needs_no_overview() -> None:
    """The tile shows all of it."""
    assert [place.kind for place in places(Size(200, 300), SPEC, Tiling(Size(300, 300), fill=Fill.OVERVIEW))] == [
        Kind.TILE
    ]


@pytest.mark.parametrize("resize_type", list(ResizeType))
def test_every_place_knows_its_way_back(resize_type: ResizeType) -> None:
    """A corner of the row is a corner of its region, in pixels of the whole image."""
    spec = InputSpec(name="input", layout=Layout.NCHW, size=Size(320, 320), resize_type=resize_type)
    tile = places(CAR, spec, Tiling(Size(300, 300)))[8]

    corners = tile.geometry.to_source(np.array([[0.0, 0.0], [320.0, 320.0]]))

    assert np.allclose(corners, [[300, 300], [600, 600]])


def test_a_row_is_the_pixels_of_its_region() -> None:
    """A tile as large as the model's input is cut out as it is, into an array of its own."""
    picture = np.random.default_rng(0).integers(0, 256, (700, 650, 3), np.uint8)
    place = places(Size(650, 700), SPEC, Tiling(Size(300, 300)))[-1]

    row = make_row(picture, place, SPEC)

    assert np.array_equal(row, picture[400:, 350:])
    assert row.base is None


def test_a_tile_of_another_size_is_resized_as_opencv_does() -> None:
    """The same pixels as cutting first and resizing then."""
    spec = InputSpec(name="input", layout=Layout.NCHW, size=Size(320, 320))
    picture = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)

    row = make_row(picture, places(Size(600, 600), spec, Tiling(Size(300, 300)))[3], spec)

    assert np.array_equal(row, cv2.resize(picture[300:, 300:], (320, 320), interpolation=cv2.INTER_LINEAR))


def test_a_tile_that_reaches_beyond_its_image_is_padded_at_the_right_and_the_bottom() -> None:
    """The scale stays that of every other tile."""
    row = make_row(plain((200, 200, 200), 100, 300), places(Size(100, 300), SPEC, Tiling(Size(300, 300)))[0], SPEC)

    assert np.all(row[:, :100] == 200)
    assert np.all(row[:, 100:] == 7)


def test_a_blank_row_is_padding_alone() -> None:
    """What the model would see of nothing."""
    blank = places(CAR, SPEC, Tiling(Size(300, 300), fill=Fill.BLANK))[-1]

    assert np.all(make_row(plain((200, 200, 200), 2100, 2700), blank, SPEC) == 7)


def test_a_region_of_interest_is_cut_as_if_it_were_the_image() -> None:
    """Its tiles are flush with its own edges, and lie where it lies."""
    regions = [
        str(place.region) for place in places(CAR, SPEC, Tiling(Size(300, 300)), Region(1000, 100, Size(450, 300)))
    ]

    assert regions == ["1000,100,300,300", "1150,100,300,300"]


def test_the_part_of_a_region_of_interest_that_lies_in_the_image_counts() -> None:
    """A camera that was exchanged for a smaller one."""
    assert str(bounds_of(CAR, Region(2000, 2600, Size(500, 500)))) == "2000,2600,100,100"
    with pytest.raises(InvalidError, match="lies outside the image of 2100x2700"):
        bounds_of(CAR, Region(2100, 0, Size(10, 10)))


def test_what_places_cover_together_is_what_they_were_made_for() -> None:
    """The outer edges, where nothing is joined."""
    roi = Region(1000, 100, Size(950, 1111))

    assert hull(places(CAR, SPEC, Tiling(Size(300, 300), 20), roi)) == roi
    assert hull(places(Size(100, 80), SPEC, Tiling(Size(300, 300)))) == Region(0, 0, Size(100, 80))


def test_what_lies_beyond_a_region_of_interest_is_not_seen_by_its_tiles() -> None:
    """A tile may reach beyond a narrow region; what is found there does not count."""
    roi = Region(0, 0, Size(100, 1000))

    placed = places(Size(1000, 1000), SPEC, Tiling(Size(300, 300)), roi)

    assert [str(place.seen) for place in placed][:2] == ["0,0,100,300", "0,233,100,300"]
    assert hull(placed) == roi


def test_a_tile_many_times_larger_than_the_image_costs_no_more_than_the_image() -> None:
    """Only what there is is scaled; the scale is that of the tile."""
    (place,) = places(Size(60, 40), SPEC, Tiling(Size(60000, 60000)))

    row = make_row(plain((200, 200, 200), 60, 40), place, SPEC)

    assert row.shape == (300, 300, 3)
    assert np.count_nonzero(row[..., 0] == 200) == 1


def test_more_tiles_than_anybody_means_are_refused() -> None:
    """With their number, before any is planned."""
    with pytest.raises(InvalidError, match="5,670,000 tiles, more than 4,096") as caught:
        places(CAR, SPEC, Tiling(Size(1, 1)))

    assert "larger tiles" in caught.value.help
