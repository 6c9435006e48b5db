"""Where in an image the rows of a model come from: the whole image, or tiles of it and perhaps an overview.

    size, input, tiling, region of interest -> places -> (with the pixels) one row each

A place knows its way back: `geometry` maps points of the row to pixels of the original image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np

from vedette.errors import InvalidError
from vedette.rules.vision.resize import Geometry, apply, plan_input, plan_resize
from vedette.rules.vision.tiles import blanks, counts, grid, intersection
from vedette.values.frame import Pixels, Size, size_of
from vedette.values.manifest import InputSpec, ResizeType
from vedette.values.tiling import Fill, Region, Tiling

MOST_TILES = 4096
"""An image that would be cut in more is refused: all of its rows are planned at once."""


class Kind(StrEnum):
    """What a row shows."""

    WHOLE = "whole"
    TILE = "tile"
    OVERVIEW = "overview"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Place:
    """One row: what it shows, of which region, and how that region was made to fit the model's input.

    A blank row has the region of the whole image; nothing that is found in it counts. `seen` is the part of the region
    that is looked at: a tile may reach beyond its image or the region of interest.
    """

    kind: Kind
    region: Region
    seen: Region
    geometry: Geometry

    @property
    def padded(self) -> bool:
        """Whether the region reaches beyond its image."""
        image = self.geometry.source
        return self.region.right > image.width or self.region.bottom > image.height


def bounds_of(image: Size, roi: Region | None) -> Region:
    """The part of the image that is looked at: all of it, or what a region of interest has in common with it.

    Raises:
        InvalidError: they have nothing in common.
    """
    whole = Region(0, 0, image)
    if roi is None:
        return whole
    bounds = intersection(whole, roi)
    if bounds is None:
        raise InvalidError(
            f"the region of interest {roi} lies outside the image of {image}",
            help="give roi as LEFT,TOP,WIDTH,HEIGHT in pixels of the image",
        )
    return bounds


@lru_cache(maxsize=64)  # images of a camera or a line have few sizes
def _whole_place(image: Size, spec: InputSpec, roi: Region | None) -> tuple[Place, ...]:
    bounds = bounds_of(image, roi)
    return (_place(Kind.WHOLE, bounds, bounds, image, spec),)


def places(image: Size, spec: InputSpec, tiling: Tiling | None = None, roi: Region | None = None) -> tuple[Place, ...]:
    """The rows that a model gets of an image: tiles row by row, then the overview or the blank ones.

    Raises:
        InvalidError: the region of interest lies outside the image, or it would be cut in more than `MOST_TILES`.
    """
    if tiling is None:
        return _whole_place(image, spec, roi)
    bounds = bounds_of(image, roi)
    whole = _place(Kind.WHOLE, bounds, bounds, image, spec)
    _check_count(bounds, tiling)
    regions = grid(bounds, tiling.tile, tiling.overlap)
    tiles = [_place(Kind.TILE, region, bounds, image, spec) for region in regions]
    if tiling.fill is Fill.OVERVIEW and len(tiles) > 1:
        tiles.append(replace(whole, kind=Kind.OVERVIEW))
    if tiling.fill is Fill.BLANK:
        tiles += [replace(whole, kind=Kind.BLANK)] * blanks(len(tiles))
    return tuple(tiles)


def hull(placed: Sequence[Place]) -> Region:
    """The part of the image that places cover together: what `bounds_of` gave when they were made."""
    left, top = min(place.seen.left for place in placed), min(place.seen.top for place in placed)
    right, bottom = max(place.seen.right for place in placed), max(place.seen.bottom for place in placed)
    return Region(left, top, Size(right - left, bottom - top))


def make_row(pixels: Pixels, place: Place, spec: InputSpec) -> Pixels:
    """The row of a place, uint8 (height, width, channels) of the model's input, an array of its own.

    The pixels may have been decoded at a shrink, unless the place is padded.
    """
    if place.kind is Kind.BLANK:
        return np.full((spec.size.height, spec.size.width, spec.channels), spec.pad_value, np.uint8)
    if place.padded:
        row = _padded(pixels, place, spec)
    else:
        row = apply(pixels, place.geometry, spec.interpolation, spec.pad_value)
    if spec.channels == 1:
        return cv2.cvtColor(row, cv2.COLOR_RGB2GRAY)[:, :, np.newaxis].astype(np.uint8, copy=False)
    return row.copy() if place.kind is Kind.TILE and row.base is not None else row  # a view keeps its image alive


def part_of(pixels: Pixels, place: Place, spec: InputSpec) -> Pixels:
    """What a row shows, as large as its region; padded where the region reaches beyond the image.

    Args:
        pixels: the whole image in full size.
        place: of the row.
        spec: whose `pad_value` fills what is missing.

    Returns:
        uint8, shape (height, width, 3) of the region: a view of the pixels where nothing is missing.
    """
    region = place.region
    part = pixels[region.top : region.bottom, region.left : region.right]
    return _filled(part, region, spec) if place.padded else part


def _filled(part: Pixels, region: Region, spec: InputSpec) -> Pixels:
    canvas = np.full((region.size.height, region.size.width, 3), spec.pad_value, np.uint8)
    canvas[: part.shape[0], : part.shape[1]] = part
    return canvas


def _check_count(bounds: Region, tiling: Tiling) -> None:
    columns, rows = counts(bounds.size, tiling.tile, tiling.overlap)
    if columns * rows > MOST_TILES:
        raise InvalidError(
            f"{bounds.size} pixels in tiles of {tiling.tile} with an overlap of {tiling.overlap} are "
            f"{columns * rows:,} tiles, more than {MOST_TILES:,}",
            help="take larger tiles, a smaller overlap or a region of interest",
        )


def _place(kind: Kind, region: Region, bounds: Region, image: Size, spec: InputSpec) -> Place:
    local = plan_input(region.size, spec)
    placed = replace(local, source=image, left=local.left + region.left, top=local.top + region.top)
    seen = intersection(region, bounds)
    assert seen is not None, "a tile lies within its bounds, at least in part"
    return Place(kind, region, seen, placed)


def _padded(pixels: Pixels, place: Place, spec: InputSpec) -> Pixels:
    """The row of a region that reaches beyond its image: only what there is of it is scaled, the rest is padding."""
    region, local = place.region, plan_input(place.region.size, spec)
    part = pixels[region.top : region.bottom, region.left : region.right]
    if local.crop != region.size:  # the centre of the region: as if it were all there
        return apply(_filled(part, region, spec), local, spec.interpolation, spec.pad_value)
    here = size_of(part)
    width = max(1, round(here.width * local.scaled.width / region.size.width))
    height = max(1, round(here.height * local.scaled.height / region.size.height))
    scaled = apply(part, plan_resize(here, Size(width, height), ResizeType.STANDARD), spec.interpolation)
    row = np.full((spec.size.height, spec.size.width, 3), spec.pad_value, np.uint8)
    left, top = local.offset
    row[top : top + height, left : left + width] = scaled
    return row
