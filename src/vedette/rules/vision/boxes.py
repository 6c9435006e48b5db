"""Areas and overlaps of boxes.

Boxes are float64 (N, 4): left, top, right, bottom in continuous pixels, so a side is right - left, with no pixel added.
A box whose sides are crossed or equal has no area, and what has no area overlaps nothing. Nothing here knows of scores
beyond dropping those that are no number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.values.detection import Boxes, Detections

_quiet = np.errstate(over="ignore", invalid="ignore")  # an area beyond float64 is infinite, and overlaps nothing


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Boxes as five arrays of one shape, each contiguous: ten times faster to compute with than rows of four."""

    left: NDArray[np.float64]
    top: NDArray[np.float64]
    right: NDArray[np.float64]
    bottom: NDArray[np.float64]
    area: NDArray[np.float64]

    def take(self, rows: NDArray[np.intp]) -> Columns:
        """Those of the rows."""
        return Columns(*(column.take(rows) for column in (self.left, self.top, self.right, self.bottom, self.area)))

    def upright(self) -> Columns:
        """With shape (N, 1), to be met by each of (M,)."""
        sides = (self.left, self.top, self.right, self.bottom, self.area)
        return Columns(*(column[:, np.newaxis] for column in sides))


def columns(boxes: Boxes) -> Columns:
    """The columns of boxes (N, 4), and their areas."""
    return of_sides(*np.ascontiguousarray(boxes.T))


@_quiet
def of_sides(
    left: NDArray[np.float64], top: NDArray[np.float64], right: NDArray[np.float64], bottom: NDArray[np.float64]
) -> Columns:
    """Columns of boxes with these sides."""
    return Columns(left, top, right, bottom, np.maximum(right - left, 0.0) * np.maximum(bottom - top, 0.0))


@_quiet
def shared_area(a: Columns, b: Columns) -> NDArray[np.float64]:
    """Area of the intersections, for shapes that broadcast."""
    across = np.minimum(a.right, b.right)
    across -= np.maximum(a.left, b.left)
    down = np.minimum(a.bottom, b.bottom)
    down -= np.maximum(a.top, b.top)
    across = np.maximum(across, 0.0, out=across)
    across *= np.maximum(down, 0.0, out=down)
    return across


@_quiet
def over_union(a: Columns, b: Columns) -> NDArray[np.float64]:
    """Intersection over union, for shapes that broadcast; 0 where there is no area."""
    both = shared_area(a, b)
    return _quotient(both, a.area + b.area - both)


@_quiet
def inside(a: Columns, b: Columns) -> NDArray[np.float64]:
    """Share of a that lies inside b, for shapes that broadcast; 0 where a has no area."""
    return _quotient(shared_area(a, b), a.area)


def area(boxes: Boxes) -> NDArray[np.float64]:
    """Areas in square pixels, shape (N,); 0 for a box whose sides are crossed."""
    return columns(boxes).area


def iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Intersection over union of each of a with each of b: (N, 4) and (M, 4) give (N, M)."""
    return over_union(columns(a).upright(), columns(b))


def ios(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Intersection over the smaller area of each of a with each of b: (N, 4) and (M, 4) give (N, M)."""
    each, other = columns(a).upright(), columns(b)
    return _quotient(shared_area(each, other), np.minimum(each.area, other.area))


def paired_iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Intersection over union of each of a with the one of b in the same row: twice (N, 4) gives (N,)."""
    return over_union(columns(a), columns(b))


def clip(boxes: Boxes, left: float, top: float, right: float, bottom: float) -> Boxes:
    """The parts inside a rectangle; a box that lies outside ends without area, on its nearest edge."""
    low, high = np.array([left, top, left, top]), np.array([right, bottom, right, bottom])
    return np.asarray(np.clip(boxes, low, high), np.float64)


def sound(found: Detections) -> Detections:
    """Without those that are no boxes: a score or side that is NaN or infinite, an area of nothing or beyond float64.

    Scores are not judged: one that rounding lifted above 1 stays. A zero with a minus sign becomes a plain zero, so
    that equal boxes have equal bits.
    """
    return plain(found.take(fit(found)))


def fit(found: Detections) -> NDArray[np.bool_]:
    """Which ones `sound` leaves."""
    return measurable(area(found.boxes)) & np.isfinite(found.scores)


def plain(found: Detections) -> Detections:
    """With plain zeros instead of those with a minus sign."""
    return Detections(found.boxes + 0.0, found.scores + 0.0, found.class_ids)


def measurable(sizes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which areas are more than nothing and finite; only boxes with four finite sides have such an area."""
    return (sizes > 0) & (sizes < np.inf)


@_quiet
def _quotient(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part over whole, and 0 where the whole is nothing or no number."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
