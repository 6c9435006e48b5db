"""The edges of tiles as thin dashed lines, light and dark grey in turn, through which the picture is seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from vedette.values.frame import Pixels, size_of
from vedette.values.tiling import Region

_HALF_LIGHT = 105
_HALF_DARK = 20
"""What is added to half of the picture's shade."""

Spans = dict[int, list[tuple[int, int]]]
"""Position of a line -> from where to where it goes."""


def draw_tiles(pixels: Pixels, tiles: Sequence[Region], width: int, dash: int) -> None:
    """Draw the edges of all tiles on the pixels, each once; edges of the picture are left out.

    Args:
        pixels: drawn on.
        tiles: regions of it; what lies outside is left out.
        width: of the lines, in pixels.
        dash: length of a dash and of the gap after it, in pixels.
    """
    size = size_of(pixels)
    columns: Spans = defaultdict(list)
    rows: Spans = defaultdict(list)
    for tile in tiles:
        for column in (tile.left, tile.right):
            columns[column].append((tile.top, tile.bottom))
        for row in (tile.top, tile.bottom):
            rows[row].append((tile.left, tile.right))
    _draw_rows(pixels, rows, size.height, width, dash)
    _draw_rows(pixels.swapaxes(0, 1), columns, size.width, width, dash)


def _draw_rows(pixels: Pixels, rows: Spans, height: int, width: int, dash: int) -> None:
    for row, spans in rows.items():
        if not 0 < row < height:
            continue
        for start, end in _united(spans):
            strip = pixels[row : row + width, max(start, 0) : max(end, 0)].swapaxes(0, 1)
            light = (np.arange(len(strip)) // dash) % 2 == 0
            grey = np.where(light, _HALF_LIGHT, _HALF_DARK).astype(np.uint8)
            strip[:] = (strip >> 1) + grey[:, None, None]


def _united(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans without overlaps, in order."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united
