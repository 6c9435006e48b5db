"""Large images made of photos: which crop of which photo goes where.

    grid 7x9 of 300x300 -> a few spans of several tiles, the rest single tiles -> a crop of a photo for each -> pixels

A plan depends on seed, number, sizes and order of the photos only, and image number 3 is the same in a set of 5 and in
a set of 95. No crop is used twice in one image. Of the random module only `random()` is called: its sequence is the one
that Python promises never to change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import numpy as np

from vedette.errors import InvalidError
from vedette.rules.vision.resize import Geometry, apply
from vedette.values.frame import Pixels, Size
from vedette.values.manifest import Interpolation
from vedette.values.tiling import Region

Item = TypeVar("Item")

SPANS = (Size(2, 2), Size(3, 2), Size(2, 3), Size(2, 1), Size(1, 2))
"""Columns and rows of the crops that are larger than one tile."""

LEAST_CROP = 0.5
"""A crop spans this share of its photo at least, and all of it at most."""

_DRAWS = 1000
"""Draws for one crop before the photos count as too small: most of them repeat only where few crops are possible."""


@dataclass(frozen=True, slots=True)
class Grid:
    """An image of `columns` x `rows` tiles of one size."""

    columns: int
    rows: int
    tile: Size

    @property
    def size(self) -> Size:
        """Pixels of the image."""
        return Size(self.columns * self.tile.width, self.rows * self.tile.height)


@dataclass(frozen=True, slots=True)
class Placement:
    """One crop: which photo (counting from 0), which part of it, where it goes, and whether left and right change."""

    photo: int
    crop: Region
    at: Region
    mirrored: bool


def plan_mosaic(photos: Sequence[Size], grid: Grid, *, spans: float, seed: int, number: int) -> tuple[Placement, ...]:
    """What image `number` of a seed is made of; the placements cover it without gap or overlap.

    A crop has the ratio of its place and is 50 to 100 % of the largest such part of its photo. Every photo is used once
    before one is used again.

    Args:
        photos: sizes of the photos, at least one.
        grid: the tiles of the image.
        spans: share of the tiles, 0..1, that crops larger than one tile may cover together.
        seed: any whole number.
        number: of the image within the set.

    Raises:
        InvalidError: the photos are so small that they do not hold enough different crops.
    """
    generator = Random(f"{seed}/{number}")  # noqa: S311 - a repeatable draw, no secret
    deck = _deck(len(photos), generator)
    taken: set[tuple[int, Region]] = set()
    placements = []
    for cells in _layout(grid, round(spans * grid.columns * grid.rows), generator):
        at = _in_pixels(cells, grid.tile)
        photo, crop = _new_crop(photos, deck, at.size, taken, generator)
        placements.append(Placement(photo, crop, at, mirrored=generator.random() < 0.5))  # noqa: PLR2004 - even odds
    return tuple(placements)


def geometry(placement: Placement, photo: Size) -> Geometry:
    """How the crop of a photo of that size is scaled to its place."""
    crop, place = placement.crop, placement.at.size
    return Geometry(photo, crop.left, crop.top, crop.size, place, (0, 0), place)


def paint(canvas: Pixels, photo: Pixels, placement: Placement, size: Size) -> None:
    """Put one crop on the canvas.

    Args:
        canvas: the mosaic, uint8, shape (height, width, 3); changed in place.
        photo: pixels of the photo, whole or decoded at a shrink.
        placement: what goes where.
        size: of the original photo.
    """
    at = placement.at
    grows = placement.crop.size.width < at.size.width
    part = apply(photo, geometry(placement, size), Interpolation.CUBIC if grows else Interpolation.AREA)
    canvas[at.top : at.bottom, at.left : at.right] = np.fliplr(part) if placement.mirrored else part


def _layout(grid: Grid, most: int, generator: Random) -> list[Region]:
    """Places in columns and rows: spans that cover `most` tiles together at most, then every tile that is left."""
    tiles = [(column, row) for row in range(grid.rows) for column in range(grid.columns)]
    free = set(tiles)
    places = []
    for column, row in _shuffled(tiles, generator):
        for span in _shuffled(SPANS, generator):
            cells = [(column + x, row + y) for y in range(span.height) for x in range(span.width)]
            if span.pixels <= most and free.issuperset(cells):
                places.append(Region(column, row, span))
                free.difference_update(cells)
                most -= span.pixels
                break
    single = Size(1, 1)
    return places + [Region(*tile, single) for tile in tiles if tile in free]


def _in_pixels(cells: Region, tile: Size) -> Region:
    size = Size(cells.size.width * tile.width, cells.size.height * tile.height)
    return Region(cells.left * tile.width, cells.top * tile.height, size)


def _new_crop(
    photos: Sequence[Size], deck: Iterator[int], place: Size, taken: set[tuple[int, Region]], generator: Random
) -> tuple[int, Region]:
    """A crop that this image does not have yet; it is added to those taken."""
    for _ in range(_DRAWS):
        photo = next(deck)
        crop = _crop(photos[photo], place, generator)
        if (photo, crop) not in taken:
            taken.add((photo, crop))
            return photo, crop
    raise InvalidError(
        f"{len(photos)} photos of at most {max(photos, key=lambda size: size.pixels)} do not hold {len(taken) + 1} "
        "different crops",
        help="name larger --photos, or more of them",
    )


def _crop(photo: Size, place: Size, generator: Random) -> Region:
    share = LEAST_CROP + (1 - LEAST_CROP) * generator.random()
    scale = share * min(photo.width / place.width, photo.height / place.height)
    size = Size(max(1, int(place.width * scale)), max(1, int(place.height * scale)))
    left = int(generator.random() * (photo.width - size.width + 1))
    top = int(generator.random() * (photo.height - size.height + 1))
    return Region(left, top, size)


def _deck(count: int, generator: Random) -> Iterator[int]:
    """Numbers below `count` without end: all of them in some order, then all in another."""
    while True:
        yield from _shuffled(range(count), generator)


def _shuffled(items: Sequence[Item], generator: Random) -> Iterator[Item]:
    left = list(items)
    while left:
        chosen = int(generator.random() * len(left))
        left[chosen], left[-1] = left[-1], left[chosen]
        yield left.pop()
