"""Which of many overlapping boxes stay: greedy non-maximum suppression (NMS), exact and the same for any input order.

Everything that decides which of two boxes is the better one lives in this file: the higher score; of equal scores the
lesser left, then top, right, bottom, and last the lesser class id. What is equal in all of them is equal in all that
Detections hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.boxes import Columns, columns, measurable
from vedette.rules.vision.neighbours import Groups, Rows, among, overlapping
from vedette.values.detection import Detections

_HEAD = 1024
_AT_ONCE = 1 << 18  # candidates, whose pairs fit in memory
_FEW = 16  # boxes of a usual tile: plain numbers are quicker than arrays
_CLASSES = 4096  # ids below need no new numbers


def suppress(found: Detections, iou_threshold: float, *, agnostic: bool = False) -> Rows:
    """The rows that greedy NMS keeps, best first.

    Boxes are visited from the best to the worst: higher score first, ties by the lesser left, top, right, bottom and
    class id. One is dropped when its IoU with a better one that was kept is above the threshold (not when equal to
    it), among boxes of its class or, if `agnostic`, of any. The boxes kept are the same, bit for bit, for every order
    of the input. A box of no area neither drops nor is dropped.

    Raises:
        ValueError: the threshold is outside of 0..1.
    """
    if not 0 <= iou_threshold <= 1:
        raise ValueError(f"the IoU threshold must lie in 0..1, got {iou_threshold}")
    if len(found) <= _FEW and np.isfinite(found.scores).all():
        return _kept_of_few(found, iou_threshold, agnostic=agnostic)
    ranked = best_first(found)
    boxes = columns(found.boxes[ranked])
    kept = np.ones(len(ranked), bool)
    rows = np.flatnonzero(measurable(boxes.area))
    kept[rows] = _kept(boxes.take(rows), class_groups(found.class_ids[ranked[rows]], agnostic=agnostic), iou_threshold)
    return ranked[kept]


def _kept_of_few(found: Detections, iou_threshold: float, *, agnostic: bool) -> Rows:
    """The same for a handful of boxes, one by one."""
    boxes, class_ids = found.boxes.tolist(), found.class_ids.tolist()
    ranks = zip((-found.scores).tolist(), boxes, class_ids, range(len(found)), strict=True)
    kept: list[int] = []
    for _, box, class_id, row in sorted(ranks):
        rivals = (boxes[better] for better in kept if agnostic or class_ids[better] == class_id)
        if not any(_iou(rival, box) > iou_threshold for rival in rivals):
            kept.append(row)
    return np.array(kept, np.intp)


def _iou(a: Sequence[float], b: Sequence[float]) -> float:
    """As `boxes.iou`, of two boxes; 0 where one has no area."""
    area_a = max(a[2] - a[0], 0.0) * max(a[3] - a[1], 0.0)
    area_b = max(b[2] - b[0], 0.0) * max(b[3] - b[1], 0.0)
    both = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
    union = area_a + area_b - both
    return both / union if area_a > 0 and area_b > 0 and 0 < union < math.inf else 0.0


def keep_best(found: Detections, count: int) -> Rows:
    """The rows of the best `count`, best first, in the order of `suppress`."""
    return best_first(found)[:count]


def best_first(found: Detections) -> Rows:
    """All rows, best first: higher score, then lesser left, top, right, bottom, class id."""
    rows = np.argsort(-found.scores, kind="stable")
    scores = found.scores[rows]
    equal = scores[1:] == scores[:-1]
    tied = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False)) if len(rows) else rows
    if len(tied):
        among = found.take(rows[tied])
        sides = among.boxes.T[::-1]
        rows[tied] = rows[tied][np.lexsort((among.class_ids, *sides, -among.scores))]
    return rows


def class_groups(class_ids: NDArray[np.int64], *, agnostic: bool) -> Groups:
    """The classes as numbers from 0 that are not much greater than there are classes; all of them 0 if agnostic."""
    if agnostic or not len(class_ids):
        return np.zeros(len(class_ids), np.int64)
    if class_ids.min() >= 0 and class_ids.max() < _CLASSES:
        return class_ids
    return np.unique(class_ids, return_inverse=True)[1].astype(np.int64)


def settle(count: int, better: Rows, worse: Rows) -> NDArray[np.bool_]:
    """Which of `count` boxes stay, given all pairs of which one drops the other if it stays itself.

    Works in rounds: whoever has no better one left stays, and drops its worse ones. Better ones must have the lower
    numbers, or a ring of pairs would never be resolved.
    """
    kept = np.ones(count, bool)
    while len(better):
        challenged = np.zeros(count, bool)
        challenged[worse] = True
        kept[worse[~challenged[better]]] = False
        open_pairs = kept[better] & kept[worse]
        better, worse = better[open_pairs], worse[open_pairs]
    return kept


def _kept(boxes: Columns, groups: Groups, threshold: float) -> NDArray[np.bool_]:
    """Which boxes, given best first, greedy NMS keeps.

    Where few are near each other, all pairs are settled at once. In a crowd, a chunk of the best is settled, then all
    that it drops leave, and the next chunk is taken of those that are left: so a crowd on one spot is gone after the
    first chunk instead of being compared each with each.
    """
    at_once = among(boxes, groups, threshold, _AT_ONCE) if len(groups) else None
    if at_once is not None:
        return settle(len(groups), at_once.a, at_once.b)
    kept = np.zeros(len(groups), bool)
    waiting = np.arange(len(groups))
    while len(waiting):
        head, waiting = waiting[:_HEAD], waiting[_HEAD:]
        head = head[_settled(boxes.take(head), groups[head], threshold)]
        kept[head] = True
        dropped = np.zeros(len(waiting), bool)
        for pairs in overlapping(boxes.take(head), groups[head], boxes.take(waiting), groups[waiting], threshold):
            dropped[pairs.b] = True
        waiting = waiting[~dropped]
    return kept


def _settled(boxes: Columns, groups: Groups, threshold: float) -> NDArray[np.bool_]:
    """The same for boxes so few that their pairs fit in memory."""
    pairs = among(boxes, groups, threshold)
    assert pairs is not None
    return settle(len(groups), pairs.a, pairs.b)
