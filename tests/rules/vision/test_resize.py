"""Every resize mode is one geometry: one way forward, one way back."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vedette.rules.vision.decode import JPEG_SHRINKS, decode
from vedette.rules.vision.resize import Geometry, apply, plan_input, plan_resize, resize, shrink_for
from vedette.values.frame import Pixels, Size
from vedette.values.manifest import InputSpec, Interpolation, Layout, ResizeType

KEEPS_RATIO = [ResizeType.FIT_TO_WINDOW, ResizeType.LETTERBOX]

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)
sizes = st.builds(Size, st.integers(1, 30_000), st.integers(1, 30_000))
targets = st.builds(Size, st.integers(1, 1500), st.integers(1, 1500))
fractions = st.floats(0.05, 1.0)
geometries = st.builds(plan_resize, sizes, targets, st.sampled_from(ResizeType), fractions)
points = st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)), min_size=1, max_size=8)


def corners(left: int, top: int, size: Size) -> np.ndarray:
    return np.array([(left, top), (left + size.width, top + size.height)], float)


def noise(size: Size, seed: int = 3) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)


@lru_cache(maxsize=16)
def slope(size: Size) -> Pixels:
    """A smooth picture: red grows to the right, green downwards."""
    x, y = np.meshgrid(np.linspace(0, 255, size.width), np.linspace(0, 255, size.height))
    return np.stack([x, y, (x + y) / 2], -1).round().astype(np.uint8)


# Geometry ------------------------------------------------------------------------------------------------------------


@prove
@given(geometries, points)
def test_the_way_back_undoes_the_way_forward(geometry: Geometry, found: list[tuple[float, float]]) -> None:
    """A point of the source mapped to the target and back is the same point, and the other way round."""
    given_points = np.array(found)

    assert np.allclose(geometry.to_source(geometry.to_target(given_points)), given_points, rtol=1e-9, atol=1e-6)
    assert np.allclose(geometry.to_target(geometry.to_source(given_points)), given_points, rtol=1e-9, atol=1e-6)


@prove
@given(geometries)
def test_the_filled_rectangle_of_the_target_is_the_crop(geometry: Geometry) -> None:
    """Its corners map onto the corners of the crop."""
    there = corners(*geometry.offset, geometry.scaled)
    here = corners(geometry.left, geometry.top, geometry.crop)

    assert np.allclose(geometry.to_source(there), here)
    assert np.allclose(geometry.to_target(here), there)


@prove
@given(geometries)
def test_rectangles_lie_inside_their_images(geometry: Geometry) -> None:
    """The crop never leaves the source, the filled rectangle never leaves the target."""
    x, y = geometry.offset

    assert geometry.left >= 0 <= geometry.top
    assert geometry.left + geometry.crop.width <= geometry.source.width
    assert geometry.top + geometry.crop.height <= geometry.source.height
    assert x >= 0 <= y
    assert x + geometry.scaled.width <= geometry.target.width
    assert y + geometry.scaled.height <= geometry.target.height


@prove
@given(sizes, targets, fractions)
def test_standard_stretches_everything_onto_everything(source: Size, target: Size, fraction: float) -> None:
    """Neither crop nor padding, whatever the crop fraction."""
    geometry = plan_resize(source, target, ResizeType.STANDARD, fraction)

    assert geometry == Geometry(source, 0, 0, source, target, (0, 0), target)


@prove
@given(sizes, targets, st.sampled_from(KEEPS_RATIO))
def test_fitting_keeps_the_ratio_and_touches_two_edges(source: Size, target: Size, mode: ResizeType) -> None:
    """One side is the target's, the other follows to half a pixel (one pixel at least)."""
    geometry = plan_resize(source, target, mode)
    ratio = min(target.width / source.width, target.height / source.height)

    assert (geometry.left, geometry.top, geometry.crop) == (0, 0, source)
    assert geometry.scaled.width == target.width or geometry.scaled.height == target.height
    assert abs(geometry.scaled.width - max(1, source.width * ratio)) <= 0.5 + 1e-6
    assert abs(geometry.scaled.height - max(1, source.height * ratio)) <= 0.5 + 1e-6


@prove
@given(sizes, targets)
def test_fit_to_window_sits_at_the_upper_left(source: Size, target: Size) -> None:
    """All padding is at the right and at the bottom."""
    assert plan_resize(source, target, ResizeType.FIT_TO_WINDOW).offset == (0, 0)


@prove
@given(sizes, targets)
def test_a_letterbox_is_centred(source: Size, target: Size) -> None:
    """The padding of opposite sides differs by one pixel at most, the odd one at the right and at the bottom."""
    geometry = plan_resize(source, target, ResizeType.LETTERBOX)
    x, y = geometry.offset

    assert target.width - geometry.scaled.width - 2 * x in {0, 1}
    assert target.height - geometry.scaled.height - 2 * y in {0, 1}


@prove
@given(sizes, targets, fractions)
def test_a_crop_is_the_centre_with_the_ratio_of_the_target(source: Size, target: Size, fraction: float) -> None:
    """Its tighter side is that share of the source's, margins differ by one pixel at most, nothing is padded."""
    geometry = plan_resize(source, target, ResizeType.CROP, fraction)
    scale = fraction * min(source.width / target.width, source.height / target.height)

    assert abs(geometry.crop.width - max(1, target.width * scale)) <= 0.5 + 1e-6
    assert abs(geometry.crop.height - max(1, target.height * scale)) <= 0.5 + 1e-6
    assert source.width - geometry.crop.width - 2 * geometry.left in {0, 1}
    assert source.height - geometry.crop.height - 2 * geometry.top in {0, 1}
    assert (geometry.scaled, geometry.offset) == (target, (0, 0))


def test_the_crop_of_the_literature_is_found() -> None:
    """EfficientNet-Lite0 keeps 224 of 256: a 500x375 photo gives its 328x328 centre."""
    geometry = plan_resize(Size(500, 375), Size(224, 224), ResizeType.CROP, 224 / 256)

    assert (geometry.left, geometry.top, geometry.crop) == (86, 23, Size(328, 328))


def test_the_input_of_a_model_plans_its_own_geometry() -> None:
    """Size, resize type and crop fraction come from the manifest."""
    spec = InputSpec("images", Layout.NCHW, Size(224, 192), resize_type=ResizeType.CROP, crop_fraction=0.8)

    assert plan_input(Size(640, 480), spec) == plan_resize(Size(640, 480), Size(224, 192), ResizeType.CROP, 0.8)


def test_points_of_any_shape_are_mapped() -> None:
    """(..., 2) in, the same shape out, x before y."""
    geometry = plan_resize(Size(200, 100), Size(100, 100), ResizeType.LETTERBOX)

    assert geometry.offset == (0, 25)
    assert (geometry.to_target(np.array([200.0, 100.0])) == (100, 75)).all()
    assert geometry.to_source(np.zeros((4, 3, 2))).shape == (4, 3, 2)


# Shrinks -------------------------------------------------------------------------------------------------------------


@prove
@given(geometries)
def test_a_shrink_never_leaves_fewer_pixels_than_needed(geometry: Geometry) -> None:
    """The largest shrink whose crop still covers the target is taken, 1 if even the source is too small."""
    enough = [
        shrink
        for shrink in JPEG_SHRINKS
        if geometry.crop.width >= shrink * geometry.scaled.width
        and geometry.crop.height >= shrink * geometry.scaled.height
    ]

    assert shrink_for(geometry, JPEG_SHRINKS) == max(enough, default=1)


def test_without_shrinks_everything_is_decoded() -> None:
    """A format that has none gives 1."""
    assert shrink_for(plan_resize(Size(4000, 4000), Size(10, 10), ResizeType.STANDARD), ()) == 1


@pytest.mark.parametrize("mode", ResizeType)
@pytest.mark.parametrize("shrink", [2, 4, 8])
@pytest.mark.parametrize("source", [Size(2100, 2700), Size(1999, 1333), Size(1801, 2403)])
def test_reduced_pixels_give_nearly_the_same_input(source: Size, shrink: int, mode: ResizeType) -> None:
    """Applied to every n-th part of a smooth picture, a geometry gives what it gives on the whole one."""
    full = slope(source)
    reduced = slope(Size(-(-source.width // shrink), -(-source.height // shrink)))
    geometry = plan_resize(source, Size(224, 160), mode, 0.875)

    difference = np.abs(apply(full, geometry).astype(int) - apply(reduced, geometry).astype(int))

    assert difference.mean() < 1
    assert difference.max() <= 4


@pytest.mark.parametrize("mode", ResizeType)
@pytest.mark.parametrize("name", ["chelsea.jpg", "coffee.jpg", "rocket.jpg", "astronaut.jpg"])
def test_a_photo_decoded_at_its_shrink_gives_nearly_the_same_input(photos: Path, name: str, mode: ResizeType) -> None:
    """It differs from the averaged full picture by less than a shift of one pixel of the input would."""
    data = (photos / name).read_bytes()
    whole = decode(data)
    geometry = plan_resize(whole.size, Size(64, 64), mode, 0.875)
    shrink = shrink_for(geometry, JPEG_SHRINKS)
    quick = apply(decode(data, shrink=shrink).pixels, geometry, Interpolation.AREA).astype(int)

    full = apply(whole.pixels, geometry, Interpolation.AREA).astype(int)
    one_pixel = max(np.abs(np.diff(full, axis=axis)).mean() for axis in (0, 1))

    assert shrink >= 2
    assert np.abs(quick - full).mean() < one_pixel


# Pixels --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ResizeType)
@pytest.mark.parametrize("interpolation", Interpolation)
@pytest.mark.parametrize(
    "source", [Size(1, 1), Size(20_000, 1), Size(1, 20_000), Size(2, 3), Size(224, 160), Size(333, 217)]
)
def test_any_image_becomes_the_input(source: Size, interpolation: Interpolation, mode: ResizeType) -> None:
    """One pixel and one very long line too: uint8 of the target's shape, contiguous, and grey stays that grey."""
    pixels = np.full((source.height, source.width, 3), 77, np.uint8)

    row = resize(pixels, Size(224, 160), mode, interpolation=interpolation, pad_value=77)

    assert (row.dtype, row.shape) == (np.uint8, (160, 224, 3))
    assert row.flags.c_contiguous
    assert (row == 77).all()


@pytest.mark.parametrize("mode", ResizeType)
def test_an_image_of_the_right_size_is_not_changed(mode: ResizeType) -> None:
    """Its pixels are the input."""
    pixels = noise(Size(96, 64))

    assert (resize(pixels, Size(96, 64), mode) == pixels).all()


@prove
@given(
    st.builds(Size, st.integers(1, 300), st.integers(1, 300)),
    st.builds(Size, st.integers(1, 200), st.integers(1, 200)),
    st.sampled_from(KEEPS_RATIO),
    st.integers(0, 255),
)
def test_padding_is_where_the_geometry_says(source: Size, target: Size, mode: ResizeType, pad_value: int) -> None:
    """Outside of the filled rectangle every pixel has the pad value, inside none is padding."""
    shade = (pad_value + 100) % 256
    pixels = np.full((source.height, source.width, 3), shade, np.uint8)
    geometry = plan_resize(source, target, mode)
    inside = np.zeros((target.height, target.width), bool)
    x, y = geometry.offset
    inside[y : y + geometry.scaled.height, x : x + geometry.scaled.width] = True

    row = apply(pixels, geometry, pad_value=pad_value)

    assert (row[inside] == shade).all()
    assert (row[~inside] == pad_value).all()


def test_a_crop_uses_the_centre_alone() -> None:
    """A white frame around the centre square is not seen."""
    pixels = np.full((100, 300, 3), 255, np.uint8)
    pixels[:, 100:200] = 10

    assert (resize(pixels, Size(50, 50), ResizeType.CROP) == 10).all()
    assert (resize(pixels, Size(50, 50), ResizeType.STANDARD) == 255).any()


def test_the_channels_are_kept_apart() -> None:
    """Red stays first and blue last."""
    pixels = np.full((40, 30, 3), (200, 100, 50), np.uint8)

    assert (resize(pixels, Size(7, 5), ResizeType.STANDARD) == (200, 100, 50)).all()


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_area_is_the_average_of_blocks(factor: int) -> None:
    """Divided by a whole number, each pixel is the mean of its block, to rounding."""
    pixels = noise(Size(60, 30))
    blocks = pixels.reshape(30 // factor, factor, 60 // factor, factor, 3).mean((1, 3))
    target = Size(60 // factor, 30 // factor)

    row = resize(pixels, target, ResizeType.STANDARD, interpolation=Interpolation.AREA)

    assert np.abs(row - blocks).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("factor", [2, 3, 8])
def test_nearest_repeats_pixels(factor: int) -> None:
    """Multiplied by a whole number, each pixel becomes a block of itself."""
    pixels = noise(Size(6, 4))
    target = Size(6 * factor, 4 * factor)

    row = resize(pixels, target, ResizeType.STANDARD, interpolation=Interpolation.NEAREST)

    assert (row == pixels.repeat(factor, 0).repeat(factor, 1)).all()


def test_linear_halves_by_the_average_of_neighbours() -> None:
    """At half the size the sample points lie in the middle of 2x2 pixels."""
    pixels = noise(Size(40, 20))
    averages = pixels.reshape(10, 2, 20, 2, 3).mean((1, 3))

    assert np.abs(resize(pixels, Size(20, 10), ResizeType.STANDARD) - averages).max() <= 0.5 + 1e-6


@prove
@given(st.builds(Size, st.integers(20, 400), st.integers(20, 400)), st.sampled_from(ResizeType), st.floats(0.3, 1.0))
def test_a_place_in_the_input_is_found_again_in_the_image(source: Size, mode: ResizeType, fraction: float) -> None:
    """On a slope, the colour of each input pixel tells the place that `to_source` gives, to two pixels."""
    geometry = plan_resize(source, Size(64, 48), mode, fraction)
    assume(min(geometry.scaled.width, geometry.scaled.height) >= 8)
    row = apply(slope(source), geometry, Interpolation.LINEAR)
    x, y = geometry.offset
    places = np.array(
        [(x + across * geometry.scaled.width, y + down * geometry.scaled.height) for across, down in QUARTERS]
    )

    for place, found in zip(places, geometry.to_source(places), strict=True):
        column, line = (min(int(value), limit - 1) for value, limit in zip(place, (64, 48), strict=True))
        step = max(geometry.crop.width / geometry.scaled.width, geometry.crop.height / geometry.scaled.height, 1)
        red, green, _ = row[line, column].astype(float)
        assert abs(red / 255 * (source.width - 1) + 0.5 - found[0]) <= 2 * step + source.width / 255
        assert abs(green / 255 * (source.height - 1) + 0.5 - found[1]) <= 2 * step + source.height / 255


QUARTERS = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]


def test_a_larger_crop_fraction_shows_more() -> None:
    """On a slope the contrast of the input grows with the share that is kept."""
    pixels = slope(Size(300, 300))
    contrast = [
        int(np.ptp(resize(pixels, Size(50, 50), ResizeType.CROP, crop_fraction=fraction)[:, :, 0]))
        for fraction in (0.2, 0.5, 0.9, 1.0)
    ]

    assert all(less < more for less, more in pairwise(contrast))
