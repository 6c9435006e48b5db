"""The edges of tiles are thin dashed lines, each drawn once."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.rules.vision.tile_lines import draw_tiles
from vedette.values.frame import Pixels, Size
from vedette.values.tiling import Region


def drawn(*tiles: Region, shade: int = 128, width: int = 1, dash: int = 4) -> Pixels:
    """A picture of 60x40 with the edges of the tiles on it."""
    pixels = np.full((40, 60, 3), shade, np.uint8)
    draw_tiles(pixels, tiles, width, dash)
    return pixels


def tile(left: int, top: int, width: int, height: int) -> Region:
    return Region(left, top, Size(width, height))


def test_lines_lie_on_the_edges_and_nowhere_else() -> None:
    """The first column and row of a tile, and the first behind it, as far as the tile goes."""
    touched = (drawn(tile(10, 5, 20, 15)) != 128).any(2)
    expected = np.zeros((40, 60), bool)
    expected[5:20, [10, 30]] = True
    expected[[5, 20], 10:30] = True

    assert (touched == expected).all()


@pytest.mark.parametrize("shade", [0, 64, 128, 192, 255])
def test_dashes_are_seen_on_every_shade(shade: int) -> None:
    """Light and dark take turns, four pixels each, about 85 apart; half of the picture's shade is left."""
    line = drawn(tile(0, 20, 60, 20), shade=shade)[20, :, 0].astype(int)

    assert [set(line[start : start + 4]) for start in range(0, 16, 4)] == [
        *({shade // 2 + 105}, {shade // 2 + 20}) * 2,
    ]


def test_an_edge_that_tiles_share_is_drawn_once() -> None:
    """Two tiles side by side look like one with a line through it, and so do two that overlap along it."""
    once = drawn(tile(0, 10, 60, 20))

    for left, right in (((0, 30), (30, 30)), ((0, 40), (20, 40))):
        both = drawn(tile(left[0], 10, left[1], 20), tile(right[0], 10, right[1], 20))
        columns = np.setdiff1d(np.arange(60), [20, 30, 40])
        assert (both[:, columns] == once[:, columns]).all()


def test_the_edges_of_the_picture_are_left_out() -> None:
    """A tile that is the whole picture, or reaches beyond it, or lies outside, draws nothing there."""
    tiles = (tile(0, 0, 60, 40), tile(-5, -5, 200, 200), tile(70, 50, 9, 9), tile(-20, -20, 5, 5))

    assert (drawn(*tiles) == 128).all()


def test_lines_are_as_wide_as_asked() -> None:
    """Three pixels from the edge on; a line at the last row is cut."""
    rows = (drawn(tile(0, 20, 60, 19), width=3) != 128).any((1, 2))

    assert np.flatnonzero(rows).tolist() == [20, 21, 22, 39]
