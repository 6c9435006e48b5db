"""Grids of tiles: what they cover, how they overlap, how many there are."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.vision.tiles import blanks, grid, intersection
from vedette.values.frame import Size
from vedette.values.tiling import Region

prove = settings(max_examples=200, deadline=None, derandomize=True, database=None)
side = st.integers(1, 300)
place = st.integers(-50, 50)
regions = st.builds(Region, place, place, st.builds(Size, side, side))


@st.composite
def cuts(draw: st.DrawFn) -> tuple[Region, Size, int]:
    """Bounds, a tile and an overlap that fits it."""
    tile = draw(st.builds(Size, st.integers(10, 400), st.integers(10, 400)))
    least = min(tile.width, tile.height)
    return draw(regions), tile, draw(st.integers(0, least - 5))


def axes(bounds: Region, tile: Size, overlap: int) -> tuple[tuple[list[int], int, int, int], ...]:
    """For each axis: where tiles start, where the bounds start, the side of the bounds and of the tile."""
    found = grid(bounds, tile, overlap)
    lefts, tops = sorted({region.left for region in found}), sorted({region.top for region in found})
    return (lefts, bounds.left, bounds.size.width, tile.width), (tops, bounds.top, bounds.size.height, tile.height)


@prove
@given(cuts())
def test_the_tiles_are_equal_and_go_row_by_row(cut: tuple[Region, Size, int]) -> None:
    """Every column meets every row once; left grows before top."""
    found = grid(*cut)
    (lefts, *_), (tops, *_) = axes(*cut)

    assert {region.size for region in found} == {cut[1]}
    assert [(region.top, region.left) for region in found] == [(top, left) for top in tops for left in lefts]


@prove
@given(cuts())
def test_an_axis_has_as_many_tiles_as_the_formula_says(cut: tuple[Region, Size, int]) -> None:
    """max(1, ceil((side - overlap) / (tile - overlap)))."""
    overlap = cut[2]

    for starts, _, length, tile in axes(*cut):
        assert len(starts) == max(1, math.ceil((length - overlap) / (tile - overlap)))


@prove
@given(cuts())
def test_neighbours_overlap_by_at_least_what_was_asked(cut: tuple[Region, Size, int]) -> None:
    """So no pixel is left out either, and steps differ by one pixel at most."""
    for starts, _, _, tile in axes(*cut):
        steps = [after - before for before, after in pairwise(starts)]
        assert all(0 < step <= tile - cut[2] for step in steps)
        assert not steps or max(steps) - min(steps) <= 1


@prove
@given(cuts())
def test_the_grid_is_flush_with_both_edges(cut: tuple[Region, Size, int]) -> None:
    """An axis shorter than a tile has one, which starts with the bounds and reaches beyond."""
    for starts, first, length, tile in axes(*cut):
        assert starts[0] == first
        assert starts[-1] + tile == max(first + length, first + tile)


def test_the_reference_image_is_63_tiles() -> None:
    """2100x2700 in tiles of 300x300: 7 columns, 9 rows, edge to edge."""
    found = grid(Region(0, 0, Size(2100, 2700)), Size(300, 300), 0)

    assert len(found) == 63
    assert found[:2] == (Region(0, 0, Size(300, 300)), Region(300, 0, Size(300, 300)))
    assert found[7] == Region(0, 300, Size(300, 300))
    assert found[-1] == Region(1800, 2400, Size(300, 300))


def test_positions_are_spread_evenly() -> None:
    """1000 pixels in tiles of 300 with 50 of overlap start at 0, 233.3, 466.7 and 700, rounded."""
    found = grid(Region(0, 0, Size(1000, 100)), Size(300, 100), 50)

    assert [region.left for region in found] == [0, 233, 467, 700]


@pytest.mark.parametrize("overlap", [-1, 20, 25])
def test_an_overlap_fits_the_tile(overlap: int) -> None:
    """A tile of 30x20 refuses a negative one, 20 and more, and says what it got."""
    with pytest.raises(ValueError, match=f"30x20, got {overlap}"):
        grid(Region(0, 0, Size(100, 100)), Size(30, 20), overlap)


@pytest.mark.parametrize(("count", "missing"), [(0, 0), (1, 0), (2, 0), (3, 1), (5, 3), (63, 1), (64, 0), (65, 63)])
def test_blanks_fill_up_to_a_power_of_two(count: int, missing: int) -> None:
    """The next power of two, and none where it is reached."""
    assert blanks(count) == missing


@prove
@given(st.integers(1, 10**6))
def test_with_its_blanks_any_count_is_a_power_of_two(count: int) -> None:
    """The sum has one bit set and is below twice the count."""
    filled = count + blanks(count)

    assert filled.bit_count() == 1
    assert count <= filled < 2 * count


@prove
@given(*(st.builds(Region, place, place, st.builds(Size, st.integers(1, 40), st.integers(1, 40))) for _ in range(2)))
def test_an_intersection_holds_the_pixels_of_both(a: Region, b: Region) -> None:
    """Pixel by pixel; None where there is none."""
    wanted = {
        (x, y)
        for x in range(max(a.left, b.left), min(a.right, b.right))
        for y in range(max(a.top, b.top), min(a.bottom, b.bottom))
    }

    found = intersection(a, b)

    held = {(x, y) for x in range(found.left, found.right) for y in range(found.top, found.bottom)} if found else set()
    assert held == wanted
    assert found == intersection(b, a)
