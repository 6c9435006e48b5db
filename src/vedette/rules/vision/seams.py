"""What the boxes of different tiles have to do with each other: which may be pieces of one object.

    two tiles that overlap        both boxes clipped to what both tiles see     the same there? then a link
    two tiles that share a seam   both boxes touch it, their extents along it   the same there? then a link

A side of a box is cut where it lies at an inner edge of its tile: the object may go on there. For the comparison a cut
side is taken to lie on the edge itself. Which links are believed is not decided here (`grouping`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.boxes import Columns, columns, inside, measurable, of_sides
from vedette.rules.vision.neighbours import Floats, Groups, Pairs, Rows, joined, overlapping
from vedette.values.detection import Boxes, Detections

MARGIN_PX = 3.0
"""A side this near to its tile's edge lies at the edge ..."""

MARGIN_SHARE = 0.02
"""... or this share of the tile's side, if that is more: detectors miss an edge by more when the tile is larger."""

AGREEMENT = 0.5
"""Boxes of two tiles may be one object if the IoU of what both tiles see of them is above this."""

COVERED = 0.7
"""A cut box is a piece of a whole one of another tile only if at least this share of it lies inside."""

LEFT, TOP, RIGHT, BOTTOM = 1, 2, 4, 8
"""Bits of a set of sides."""

Flags = NDArray[np.bool_]
Sides = NDArray[np.uint8]
"""Sets of sides, uint8: sums of `LEFT`, `TOP`, `RIGHT` and `BOTTOM`."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The boxes of all tiles, sorted by tile.

    Attributes:
        found: N boxes in pixels of the image.
        groups: only boxes of equal group may be one object, (N,), from 0.
        tile: number of the tile of each box, (N,), ascending.
        tiles: the tiles as boxes, (T, 4).
        cut: which sides are cut, (N,).
    """

    found: Detections
    groups: Groups
    tile: Rows
    tiles: Boxes
    cut: Sides

    def whole(self) -> Flags:
        """Which boxes are cut nowhere, (N,)."""
        return np.equal(self.cut, 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Meetings:
    """Pairs of tiles that see the same pixels or share a seam.

    Attributes:
        tiles: the two tiles, (2, P).
        shared: what both see, (P, 4); of no or hardly any thickness across a seam.
        facing: (2, P), the sides of either tile beyond which the other one sees on.
        margin: (P, 2), in x and y.
    """

    tiles: NDArray[np.intp]
    shared: Boxes
    facing: Sides
    margin: Floats

    def where(self, which: Flags) -> _Meetings:
        return _Meetings(self.tiles[:, which], self.shared[which], self.facing[:, which], self.margin[which])


@dataclass(frozen=True, slots=True, eq=False)
class _Views:
    """Boxes as far as both tiles of a meeting see them.

    Attributes:
        meeting: row of the meeting, (V,).
        row: row of the piece, (V,).
        faces: whether the piece is cut where the other tile sees on, (V,).
        boxes: what is compared; None as long as that is open.
    """

    meeting: Rows
    row: Rows
    faces: Flags
    boxes: Columns | None

    def where(self, which: Flags) -> _Views:
        rows = np.flatnonzero(which)
        boxes = self.boxes.take(rows) if self.boxes else None
        return _Views(self.meeting[rows], self.row[rows], self.faces[rows], boxes)


def margins(tiles: Boxes) -> Floats:
    """How near an edge of its tile a side lies at that edge: (T, 4) boxes give (T, 2), in x and y."""
    return np.maximum(MARGIN_PX, MARGIN_SHARE * (tiles[:, 2:] - tiles[:, :2]))


def cut_sides(boxes: Columns, tiles: Boxes, tile: Rows, bounds: tuple[float, float, float, float]) -> Sides:
    """Which sides are cut, (N,), given the number of each box's tile; edges on or beyond the bounds cut nothing."""
    left, top, right, bottom = tiles.T
    across, down = margins(tiles).T
    cut = np.where(left > bounds[0], left + across, -np.inf)[tile] >= boxes.left
    found = cut * np.uint8(LEFT)
    found |= (np.where(top > bounds[1], top + down, -np.inf)[tile] >= boxes.top) * np.uint8(TOP)
    found |= (np.where(right < bounds[2], right - across, np.inf)[tile] <= boxes.right) * np.uint8(RIGHT)
    found |= (np.where(bottom < bounds[3], bottom - down, np.inf)[tile] <= boxes.bottom) * np.uint8(BOTTOM)
    return found


def links(pieces: Pieces) -> Pairs:
    """Boxes of two tiles that agree in what both tiles see, with their agreement (an IoU, above `AGREEMENT`)."""
    if not pieces.cut.any():
        return joined([])
    overlaps, beside, above = _sorted_meetings(pieces.tiles.tobytes())
    snapped = _snapped(pieces)
    return joined(
        [
            _in_overlaps(pieces, snapped, overlaps),
            _across_seams(pieces, snapped, beside, 0),
            _across_seams(pieces, snapped, above, 1),
        ]
    )


def _snapped(pieces: Pieces) -> Columns:
    """The boxes with their cut sides moved to the edges of their tiles."""
    edges, boxes, cut = columns(pieces.tiles), columns(pieces.found.boxes), pieces.cut
    return of_sides(
        np.where(cut & LEFT, edges.left[pieces.tile], boxes.left),
        np.where(cut & TOP, edges.top[pieces.tile], boxes.top),
        np.where(cut & RIGHT, edges.right[pieces.tile], boxes.right),
        np.where(cut & BOTTOM, edges.bottom[pieces.tile], boxes.bottom),
    )


@lru_cache(maxsize=4)  # the images of a stream are cut alike
def _sorted_meetings(tiles: bytes) -> tuple[_Meetings, _Meetings, _Meetings]:
    """The meetings of tiles (the bytes of their boxes) in an area, at a seam beside and at a seam above each other."""
    meetings = _meetings(np.frombuffer(tiles).reshape(-1, 4))
    narrow, flat = (meetings.shared[:, 2:] - meetings.shared[:, :2] < meetings.margin).T
    return meetings.where(~narrow & ~flat), meetings.where(narrow & ~flat), meetings.where(flat & ~narrow)


def _meetings(tiles: Boxes) -> _Meetings:
    margin = margins(tiles)
    grown = columns(np.hstack([tiles[:, :2] - margin / 2, tiles[:, 2:] + margin / 2]))
    one = np.zeros(len(tiles), np.int64)
    near = joined(overlapping(grown, one, grown, one, 0.0))
    first, second = near.a[near.a < near.b], near.b[near.a < near.b]
    a, b = tiles[first], tiles[second]
    shared = np.hstack([np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])])
    facing = np.stack([_sees_on(a, b), _sees_on(b, a)])
    return _Meetings(np.stack([first, second]), shared, facing, np.maximum(margin[first], margin[second]))


def _sees_on(tiles: Boxes, others: Boxes) -> Sides:
    """The sides of each tile beyond which the other one sees on."""
    beyond = np.hstack([tiles[:, :2] > others[:, :2], tiles[:, 2:] < others[:, 2:]])
    return np.packbits(beyond, axis=1, bitorder="little")[:, 0]


def _in_overlaps(pieces: Pieces, snapped: Columns, meetings: _Meetings) -> Pairs:
    """Links in what two tiles both see; one of the two boxes is cut where the other tile sees on."""
    if not len(meetings.shared):
        return joined([])
    shared = columns(meetings.shared)
    one, other = (_clipped(_views(pieces, meetings, side), snapped, shared) for side in (0, 1))
    halves = ((one.where(one.faces), other), (one.where(~one.faces), other.where(other.faces)))
    agreeing = [(a, b, _agreeing(pieces, a, b)) for a, b in halves]
    found = joined([Pairs(a.row[pairs.a], b.row[pairs.b], pairs.iou) for a, b, pairs in agreeing])
    return found.where(_plausible(pieces, found.a, found.b) & _plausible(pieces, found.b, found.a))


def _clipped(views: _Views, snapped: Columns, shared: Columns) -> _Views:
    """Those that both tiles see something of, and what they see."""
    boxes, window = snapped.take(views.row), shared.take(views.meeting)
    clipped = of_sides(
        np.maximum(boxes.left, window.left),
        np.maximum(boxes.top, window.top),
        np.minimum(boxes.right, window.right),
        np.minimum(boxes.bottom, window.bottom),
    )
    return replace(views, boxes=clipped).where(measurable(clipped.area))


def _plausible(pieces: Pieces, piece: Rows, of: Rows) -> Flags:
    """What is whole shows all there is: a piece of it lies inside it."""
    boxes = columns(pieces.found.boxes)
    return ~pieces.whole()[of] | (inside(boxes.take(piece), boxes.take(of)) >= COVERED)


def _across_seams(pieces: Pieces, snapped: Columns, meetings: _Meetings, axis: int) -> Pairs:
    """Links across seams that are crossed along `axis`; both boxes end at the seam, with hardly a gap between them."""
    if not len(meetings.shared):
        return joined([])
    crossed = replace(meetings, facing=meetings.facing & np.uint8((LEFT | RIGHT, TOP | BOTTOM)[axis]))
    one, other = (_bars(_views(pieces, crossed, side), snapped, meetings.shared, axis) for side in (0, 1))
    found = _agreeing(pieces, one, other)
    margin = meetings.margin[one.meeting[found.a], axis]
    found = Pairs(one.row[found.a], other.row[found.b], found.iou)
    low, high = pieces.found.boxes[:, axis], pieces.found.boxes[:, axis + 2]
    gap = np.maximum(low[found.a], low[found.b]) - np.minimum(high[found.a], high[found.b])
    return found.where(gap <= margin)


def _bars(views: _Views, snapped: Columns, shared: Boxes, axis: int) -> _Views:
    """Those that are cut at the seam, as bars of thickness 1 whose length is their extent along the seam."""
    cut = views.where(views.faces)
    low, high = (snapped.top, snapped.bottom) if axis == 0 else (snapped.left, snapped.right)
    begin = np.maximum(low[cut.row], shared[cut.meeting, 1 - axis])
    end = np.minimum(high[cut.row], shared[cut.meeting, 3 - axis])
    bars = of_sides(begin, np.zeros(len(begin)), end, np.ones(len(begin)))
    return replace(cut, boxes=bars).where(measurable(bars.area))


def _views(pieces: Pieces, meetings: _Meetings, side: int) -> _Views:
    """Every piece of one of the two tiles of each meeting; what is compared of it is still open."""
    tile = meetings.tiles[side]
    begin, end = np.searchsorted(pieces.tile, tile), np.searchsorted(pieces.tile, tile, "right")
    count = end - begin
    meeting = np.repeat(np.arange(len(tile)), count)
    row = np.arange(len(meeting)) + np.repeat(begin - (np.cumsum(count) - count), count)
    faces = np.not_equal(pieces.cut.take(row) & meetings.facing[side].take(meeting), 0)
    return _Views(meeting, row, faces, None)


def _agreeing(pieces: Pieces, one: _Views, other: _Views) -> Pairs:
    """Pairs of views of one meeting and group whose IoU is above `AGREEMENT`; rows are those of the views."""
    assert one.boxes is not None
    assert other.boxes is not None
    count = int(pieces.groups.max()) + 1
    groups = [views.meeting * count + pieces.groups.take(views.row) for views in (one, other)]
    return joined(overlapping(one.boxes, groups[0], other.boxes, groups[1], AGREEMENT))
