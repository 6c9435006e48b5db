"""Objects that several tiles have seen come out once.

    boxes of all tiles -> links (`seams`) -> groups (`grouping`) -> whole ones and hulls -> overview -> NMS

Everything that decides which box stands for an object seen in pieces lives in this file:
- a group that has whole boxes: its cut ones go, NMS takes the best of the whole ones;
- a group of cut boxes only: their hull, with the score and the class of the best of them;
- an overview, which has seen the whole image at once, speaks only for objects that no tile sees whole: its boxes that
  lie within a tile go, because the tile has seen more pixels;
- those that are left beat pieces and hulls that lie mostly inside them, but never one with a better score, and a whole
  box of a tile beats the overview's box of the same object.
An object that ends exactly at a seam where a similar one begins cannot be told from one object, unless an overview
tells: of objects that no tile sees whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.boxes import columns, fit, inside, plain
from vedette.rules.vision.grouping import group
from vedette.rules.vision.neighbours import Pairs, Rows, joined, overlapping
from vedette.rules.vision.seams import COVERED, Pieces, cut_sides, links, margins
from vedette.rules.vision.suppress import best_first, class_groups, suppress
from vedette.values.detection import Boxes, Detections, concatenate
from vedette.values.tiling import Region

Flags = NDArray[np.bool_]

_COMPARED = 1 << 16  # boxes with tiles at once: bounds the memory


@dataclass(frozen=True, slots=True)
class Part:
    """What one tile gave.

    Attributes:
        region: the tile in pixels of the image; it may reach beyond the bounds.
        found: boxes in pixels of the image, suppressed within the tile and clipped to the image.
        overview: the tile is the whole of the bounds, seen at once at a lower resolution.
    """

    region: Region
    found: Detections
    overview: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Hulls:
    """Objects put together from pieces: their boxes, and for each piece of one its row and the row of its object."""

    found: Detections
    piece: Rows
    of: Rows


def merge(parts: Sequence[Part], bounds: Region, iou_threshold: float, *, agnostic: bool = False) -> Detections:
    """The objects of the image, best first in the order of `suppress`.

    The result is the same, bit for bit, for every order of the parts and of the boxes within them.

    Args:
        parts: what each tile gave.
        bounds: the image or the region of interest; at its edges nothing is joined.
        iou_threshold: 0..1; boxes with an IoU above it are the same object.
        agnostic: boxes of different classes may be the same object.

    Raises:
        ValueError: the threshold is outside of 0..1.
    """
    pieces = _pieces([part for part in parts if not part.overview], bounds, agnostic=agnostic)
    overview = _gathered([part for part in parts if part.overview])[0]
    overview = overview.take(~_seen_by_a_tile(overview.boxes, pieces.tiles))
    labels = group(pieces.tile, links(pieces))
    is_whole = pieces.whole()
    complete = np.zeros(len(labels), bool)
    complete[labels[is_whole]] = True
    whole = pieces.found.take(is_whole)
    hulls = _hulls(pieces.found, labels, np.flatnonzero(~is_whole & ~complete[labels]))
    if len(overview):
        replaced = _seen_better(hulls, pieces.found, overview, iou_threshold, agnostic=agnostic)
        seen_closer = np.zeros(len(overview), np.bool_)
        seen_closer[_pairs(overview, whole, iou_threshold, agnostic=agnostic).a] = True
        found = concatenate([whole, hulls.found.take(~replaced), overview.take(~seen_closer)])
    else:
        found = concatenate([whole, hulls.found])
    return found.take(suppress(found, iou_threshold, agnostic=agnostic))


def _gathered(parts: Sequence[Part]) -> tuple[Detections, Rows, Boxes]:
    """All sound boxes in an order that is theirs alone, the number of each one's tile, and the tiles' boxes."""
    regions = sorted({_sides(part.region) for part in parts})
    number = {region: row for row, region in enumerate(regions)}
    counts = [len(part.found) for part in parts]
    tile = np.repeat(np.array([number[_sides(part.region)] for part in parts], np.intp), counts)
    everything = concatenate([part.found for part in parts])
    rows = np.flatnonzero(fit(everything))
    everything, tile = plain(everything.take(rows)), tile[rows]
    order = best_first(everything)
    order = order[np.argsort(tile[order], kind="stable")]
    return everything.take(order), tile[order], np.array(regions, np.float64).reshape(-1, 4)


def _sides(region: Region) -> tuple[int, int, int, int]:
    return region.left, region.top, region.right, region.bottom


def _pieces(parts: Sequence[Part], bounds: Region, *, agnostic: bool) -> Pieces:
    found, tile, tiles = _gathered(parts)
    cut = cut_sides(columns(found.boxes), tiles, tile, _sides(bounds))
    return Pieces(found, class_groups(found.class_ids, agnostic=agnostic), tile, tiles, cut)


def _hulls(found: Detections, labels: Rows, rows: Rows) -> _Hulls:
    """One box for each group among the rows: the hull, with score and class of the best."""
    among = found.take(rows)
    order = best_first(among)
    order = order[np.argsort(labels[rows[order]], kind="stable")]
    sorted_labels = labels[rows[order]]
    new = np.diff(sorted_labels, prepend=-1) > 0
    starts = np.flatnonzero(new)
    best = order[starts]
    low = np.minimum.reduceat(among.boxes[order, :2], starts) if len(rows) else np.empty((0, 2))
    high = np.maximum.reduceat(among.boxes[order, 2:], starts) if len(rows) else np.empty((0, 2))
    objects = Detections(np.hstack([low, high]), among.scores[best], among.class_ids[best])
    return _Hulls(objects, rows[order], np.cumsum(new) - 1)


def _seen_by_a_tile(boxes: Boxes, tiles: Boxes) -> Flags:
    """Which boxes lie within one of the tiles, grown by its margin."""
    near = margins(tiles)
    left, top = (tiles[:, :2] - near).T
    right, bottom = (tiles[:, 2:] + near).T
    seen = np.zeros(len(boxes), np.bool_)
    step = max(1, _COMPARED // max(1, len(tiles)))
    for start in range(0, len(boxes), step):
        some = boxes[start : start + step].T[:, :, np.newaxis]
        fits = (some[0] >= left) & (some[1] >= top) & (some[2] <= right) & (some[3] <= bottom)
        seen[start : start + step] = fits.any(axis=1)
    return seen


def _seen_better(
    hulls: _Hulls, found: Detections, overview: Detections, iou_threshold: float, *, agnostic: bool
) -> Flags:
    """Which hulls the overview replaces: those that equal one of its boxes, or lie in one, or all their pieces do.

    A box of the overview speaks for no hull and no piece that has a better score.
    """
    parts = found.take(hulls.piece)
    pieces = _pairs(overview, parts, 0.0, agnostic=agnostic)
    lies_in = np.zeros(len(hulls.piece), np.bool_)
    lies_in[pieces.b[_covered(parts, overview, pieces) & _no_worse(overview, parts, pieces)]] = True
    replaced = np.ones(len(hulls.found), np.bool_)
    replaced[hulls.of[~lies_in]] = False
    left = np.flatnonzero(~replaced)
    objects = hulls.found.take(left)
    pairs = _pairs(overview, objects, 0.0, agnostic=agnostic)
    same = _covered(objects, overview, pairs) | (pairs.iou > iou_threshold)
    replaced[left[pairs.b[same & _no_worse(overview, objects, pairs)]]] = True
    return replaced


def _no_worse(overview: Detections, found: Detections, pairs: Pairs) -> Flags:
    """Whether the overview's box of each pair has at least the score of the other."""
    return np.greater_equal(overview.scores[pairs.a], found.scores[pairs.b])


def _covered(found: Detections, overview: Detections, pairs: Pairs) -> Flags:
    """Whether the box of each pair lies with `COVERED` or more of its area inside that of the overview."""
    boxes, frames = columns(found.boxes).take(pairs.b), columns(overview.boxes).take(pairs.a)
    return np.greater_equal(inside(boxes, frames), COVERED)


def _pairs(found: Detections, others: Detections, iou_threshold: float, *, agnostic: bool) -> Pairs:
    """Pairs of one class whose IoU is above the threshold; quickest if the others are more."""
    groups = class_groups(np.concatenate([found.class_ids, others.class_ids]), agnostic=agnostic)
    one, other = groups[: len(found)], groups[len(found) :]
    return joined(overlapping(columns(found.boxes), one, columns(others.boxes), other, iou_threshold))
