"""Pairs of boxes that overlap, found without comparing each with each.

    boxes of b -> strips of equal height in each group -> sorted by centre within their strip -> one row of keys
    a box of a -> the strips that it can reach -> a stretch of keys in each -> candidates -> IoU

How far a box reaches follows from the threshold t. An IoU above t needs the same of the two intervals on either axis,
and intervals of lengths h and k whose overlap is above t of their union have centres less than (h + k) / 2 (1 - t) /
(1 + t) apart, with k below h / t. Nothing here knows what the groups are: classes, or classes within pairs of tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.boxes import Columns, over_union

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]
Groups = NDArray[np.int64]
_Stretches = tuple[Rows, Rows, Rows]
"""Rows of boxes, where in the index the candidates of each begin, and how many they are."""

_CANDIDATES = 1 << 13  # compared at once: bounds the memory, and stays in the caches
_EACH_WITH_EACH = 1 << 14  # up to here each is compared with each: an index costs more
_STRIPS_OF_ONE = 16  # a box reaches into so many strips at most, to either side
_STRIPS = 4096
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Pairs:
    """Overlapping pairs: row of a, row of b, and their IoU; three arrays of one length."""

    a: Rows
    b: Rows
    iou: Floats

    def where(self, which: NDArray[np.bool_]) -> Pairs:
        """Those that a mask names."""
        return Pairs(self.a[which], self.b[which], self.iou[which])


def joined(blocks: Iterable[Pairs]) -> Pairs:
    """All pairs of several blocks."""
    found = [Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)), *blocks]
    return Pairs(*(np.concatenate([getattr(pairs, name) for pairs in found]) for name in ("a", "b", "iou")))


def overlapping(a: Columns, a_groups: Groups, b: Columns, b_groups: Groups, threshold: float) -> Iterator[Pairs]:
    """All pairs of one group whose IoU is above the threshold (0..1), in blocks of bounded size.

    Boxes must be finite and have an area. Groups count from 0; the lower their numbers, the better the index.
    """
    if not len(a_groups) or not len(b_groups):
        return
    if len(a_groups) * len(b_groups) <= _EACH_WITH_EACH:
        share = over_union(a.upright(), b)
        rows, found = np.nonzero((share > threshold) & (a_groups[:, np.newaxis] == b_groups))
        yield Pairs(rows, found, share[rows, found])
        return
    reach = _reach(a, b, threshold)
    index = _index(b, b_groups, reach, threshold)
    stretches = _stretches(index, a, a_groups, reach)
    for pairs in _compared(a, b.take(index.rows), stretches, threshold):
        yield Pairs(pairs.a, index.rows.take(pairs.b), pairs.iou)


def among(boxes: Columns, groups: Groups, threshold: float, most: int | None = None) -> Pairs | None:
    """The same among boxes of one list, each pair once and a below b; None if more than `most` were to be compared."""
    count = len(groups)
    if count * count <= _EACH_WITH_EACH:
        if most is not None and count * (count - 1) // 2 > most:
            return None
        pairs = joined(overlapping(boxes, groups, boxes, groups, threshold))
        return pairs.where(pairs.a < pairs.b)
    reach = _reach(boxes, boxes, threshold)
    index = _index(boxes, groups, reach, threshold)
    order = index.rows
    in_order = boxes.take(order)
    stretches = _onwards(index, in_order, groups.take(order), (reach[0].take(order), reach[1].take(order)))
    if most is not None and int(stretches[2].sum()) > most:
        return None
    found = joined(_compared(in_order, in_order, stretches, threshold))
    a, b = order.take(found.a), order.take(found.b)
    return Pairs(np.minimum(a, b), np.maximum(a, b), found.iou)


def _compared(a: Columns, b: Columns, stretches: _Stretches, threshold: float) -> Iterator[Pairs]:
    """The candidates whose IoU is above the threshold, with rows of a and b."""
    for rows, found in _blocks(stretches):
        share = over_union(a.take(rows), b.take(found))
        hits = np.flatnonzero(share > threshold)
        yield Pairs(rows[hits], found[hits], share[hits])


def _reach(a: Columns, b: Columns, threshold: float) -> tuple[Floats, Floats]:
    """How far the centre of a partner of each of a can be, in x and in y; slightly more for rounding."""
    extent = max(float(max(-c.left.min(), c.right.max(), -c.top.min(), c.bottom.max())) for c in (a, b))

    def along(sides: Floats, largest: float) -> Floats:
        partner = np.minimum(sides, largest * threshold) / threshold if threshold > 0 else largest
        reach = (sides + partner) * (0.5 * (1 - threshold) / (1 + threshold))
        return np.asarray(reach * (1 + _ROUNDING) + extent * _ROUNDING, np.float64)

    across = along(a.right - a.left, float((b.right - b.left).max()))
    return across, along(a.bottom - a.top, float((b.bottom - b.top).max()))


def _centres(low: Floats, high: Floats) -> Floats:
    return low * 0.5 + high * 0.5


@dataclass(frozen=True, slots=True)
class _Index:
    """Boxes in the order of their keys: number of group and strip times `stride`, plus the centre's x.

    Attributes:
        rows: row of the box behind each key.
        keys: ascending.
        origin: the least centre, (x, y).
        width: the largest x minus the least; less than half of `stride`, so that no stretch reaches the next strip.
        height, strips: of one strip in pixels, and how many a group has.
        slack: what rounding may have done to a key.
    """

    rows: Rows
    keys: Floats
    origin: tuple[float, float]
    width: float
    stride: float
    height: float
    strips: int
    slack: float

    def strip(self, y: Floats) -> NDArray[np.int64]:
        """The strip in which a height lies, or the nearest one."""
        return np.clip((y - self.origin[1]) / self.height, 0, self.strips - 1).astype(np.int64)

    def key(self, group: Groups, strip: NDArray[np.int64], x: Floats) -> Floats:
        """Where a centre stands in the row of keys."""
        across = np.clip(x - self.origin[0], 0, self.width)
        return np.asarray((group * self.strips + strip) * self.stride + across, np.float64)


def _index(boxes: Columns, groups: Groups, reach: tuple[Floats, Floats], threshold: float) -> _Index:
    x, y = _centres(boxes.left, boxes.right), _centres(boxes.top, boxes.bottom)
    origin = float(x.min()), float(y.min())
    width, spread = float(x.max()) - origin[0], float(y.max()) - origin[1]
    usual = float(np.median(boxes.bottom - boxes.top)) * (1 - threshold) / (1 + threshold)
    height = max(usual, float(reach[1].max()) / _STRIPS_OF_ONE, spread / _STRIPS)
    strips = int(spread / height) + 1
    stride = 2 * width + height
    slack = float(np.spacing((float(groups.max()) + 1) * strips * stride)) * 2
    blank = _Index(np.empty(0, np.intp), np.empty(0), origin, width, stride, height, strips, slack)
    keys = blank.key(groups, blank.strip(y), x)
    rows = np.argsort(keys)
    return _Index(rows, keys.take(rows), origin, width, stride, height, strips, slack)


def _blocks(stretches: _Stretches) -> Iterator[tuple[Rows, Rows]]:
    """Candidates as (row of a, position in the index), in blocks of about `_CANDIDATES`."""
    rows, begin, count = stretches
    block = np.cumsum(count) // _CANDIDATES
    cuts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(rows)]
    for low, high in pairwise(cuts):
        lengths = count[low:high]
        total = int(lengths.sum())
        if total:
            shift = begin[low:high] - (np.cumsum(lengths) - lengths)
            yield np.repeat(rows[low:high], lengths), np.repeat(shift, lengths) + np.arange(total)


def _stretches(index: _Index, boxes: Columns, groups: Groups, reach: tuple[Floats, Floats]) -> _Stretches:
    """The candidates of each box in each strip in its reach."""
    y = _centres(boxes.top, boxes.bottom)
    first, last = index.strip(y - reach[1]), index.strip(y + reach[1])
    return _within(index, _centres(boxes.left, boxes.right), groups, reach[0], first, last)


def _onwards(index: _Index, boxes: Columns, groups: Groups, reach: tuple[Floats, Floats]) -> _Stretches:
    """The same for the boxes of the index, in its order, but only what comes after a box in that order."""
    x, y = _centres(boxes.left, boxes.right), _centres(boxes.top, boxes.bottom)
    own = index.strip(y)
    place = np.arange(len(groups))
    end = np.searchsorted(index.keys, index.key(groups, own, x + reach[0]) + index.slack, "right")
    rows, begin, count = _within(index, x, groups, reach[0], own + 1, index.strip(y + reach[1]))
    here = np.maximum(end - place - 1, 0)
    return np.concatenate([place, rows]), np.concatenate([place + 1, begin]), np.concatenate([here, count])


def _within(
    index: _Index, x: Floats, groups: Groups, across: Floats, first: NDArray[np.int64], last: NDArray[np.int64]
) -> _Stretches:
    """The candidates of each box in its strips from first to last."""
    strips = np.maximum(last - first + 1, 0)
    rows = np.repeat(np.arange(len(groups)), strips)
    strip = np.arange(len(rows)) - np.repeat(np.cumsum(strips) - strips - first, strips)
    group = groups.take(rows)
    begin = np.searchsorted(index.keys, index.key(group, strip, (x - across).take(rows)) - index.slack)
    end = np.searchsorted(index.keys, index.key(group, strip, (x + across).take(rows)) + index.slack, "right")
    return rows, begin, end - begin
