"""How an image is cut in tiles: positions and counts; nothing here touches a pixel."""

from __future__ import annotations

from vedette.values.frame import Size
from vedette.values.tiling import Region


def grid(bounds: Region, tile: Size, overlap: int) -> tuple[Region, ...]:
    """The tiles that cover `bounds`, row by row from the upper left; all have the size of `tile`.

    Each axis has max(1, ceil((side - overlap) / (tile - overlap))) of them, spread evenly (positions are rounded) and
    flush with both edges, so neighbours overlap by at least `overlap` pixels. An axis shorter than the tile has one
    tile, which starts where the bounds start and reaches beyond their end.

    Raises:
        ValueError: the overlap is negative or not below both sides of the tile.
    """
    if not 0 <= overlap < min(tile.width, tile.height):
        raise ValueError(f"the overlap must be at least 0 and below both sides of {tile}, got {overlap}")
    lefts = _starts(bounds.left, bounds.size.width, tile.width, overlap)
    tops = _starts(bounds.top, bounds.size.height, tile.height, overlap)
    return tuple(Region(left, top, tile) for top in tops for left in lefts)


def counts(size: Size, tile: Size, overlap: int) -> tuple[int, int]:
    """How many columns and rows of tiles `grid` makes."""
    return _count(size.width, tile.width, overlap), _count(size.height, tile.height, overlap)


def blanks(count: int) -> int:
    """How many blank tiles bring `count` to the next power of two: 63 gives 1, 64 gives 0, and 0 gives 0."""
    return (1 << (count - 1).bit_length()) - count if count > 0 else 0


def intersection(a: Region, b: Region) -> Region | None:
    """The pixels that both have, or None."""
    left, top = max(a.left, b.left), max(a.top, b.top)
    width, height = min(a.right, b.right) - left, min(a.bottom, b.bottom) - top
    return Region(left, top, Size(width, height)) if width > 0 and height > 0 else None


def _starts(first: int, side: int, tile: int, overlap: int) -> list[int]:
    """Where the tiles of one axis start; whole-number arithmetic, halves are rounded up."""
    count = _count(side, tile, overlap)
    gaps = max(count - 1, 1)
    return [first + (2 * number * (side - tile) + gaps) // (2 * gaps) for number in range(count)]


def _count(side: int, tile: int, overlap: int) -> int:
    return max(1, -((overlap - side) // (tile - overlap)))
