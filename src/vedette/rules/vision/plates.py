"""Where the labels of boxes go: a plate for each, inside the picture, beside the others and not over them.

    above the box, inside its upper edge, below it, along the right end of these, beside it, a second row

Each of these places has a price: for its rank in this list, and for the share of other plates and of boxes, its own
too, that it hides. The cheapest is taken, box by box. This module knows rectangles, not pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.values.frame import Size

Rectangles = NDArray[np.int64]
"""Rectangles in whole pixels, int64, shape (N, 4): left, top, and the first column and row that are no part of it."""

_PRICE_OF_RANK = 0.03
_PRICE_OF_PLATES = 8.0
_PRICE_OF_BOXES = 1.5
_PRICE_OF_MOVING = 0.3
_PLACES = 16
_AT_ONCE = 32
"""Plates whose places are compared with all boxes in one step, which bounds the memory."""
_BESIDE = 12
"""Places, from the first, that touch the box; the others are a row away from it."""
_HIDES_A_BOX = 0.2
"""Share of a box that a plate which can be left out does not hide."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate to be placed: its size, and whether it is left out where it would hide something or stand apart."""

    size: Size
    optional: bool = False


def place(picture: Size, boxes: Rectangles, plates: Sequence[Plate | None]) -> list[tuple[int, int] | None]:
    """Left and top of each plate, the most important first; None for no plate, one too large, and one left out.

    Args:
        picture: what the plates stay inside of.
        boxes: one a plate, of at least 1x1 pixels.
        plates: what to place; None where a box has no label.
    """
    if not plates:
        return []
    sizes = np.array([(plate.size.width, plate.size.height) if plate else (1, 1) for plate in plates]).reshape(-1, 2)
    wished = _places(boxes, sizes)
    room = np.maximum((picture.width, picture.height) - sizes, 0)[:, None]
    corners = np.clip(wished, 0, room)
    spots = np.concatenate((corners, corners + sizes[:, None]), axis=2)
    of_boxes = _of_boxes(spots, boxes)
    moved = corners[:, :, 1] != wished[:, :, 1]
    prices = _PRICE_OF_RANK * np.arange(_PLACES) + _PRICE_OF_BOXES * of_boxes + _PRICE_OF_MOVING * moved
    taken = _Taken(len(plates))
    chosen: list[tuple[int, int] | None] = []
    for number, plate in enumerate(plates):
        best = None
        if plate is not None and plate.size.width <= picture.width and plate.size.height <= picture.height:
            best = _best(plate, spots[number], prices[number], of_boxes[number], taken)
        chosen.append(best)
    return chosen


class _Taken:
    """Where plates are already."""

    def __init__(self, most: int) -> None:
        self._rectangles = np.empty((most, 4), np.int64)
        self._count = 0

    def add(self, rectangle: NDArray[np.int64]) -> None:
        self._rectangles[self._count] = rectangle
        self._count += 1

    def shares(self, spots: Rectangles) -> NDArray[np.float64]:
        """How much of the plates each of K spots hides, in plates, shape (K,)."""
        shares: NDArray[np.float64] = _shares(spots[:, None], self._rectangles[: self._count]).sum(axis=1)
        return shares


def _best(
    plate: Plate, spots: Rectangles, prices: NDArray[np.float64], of_boxes: NDArray[np.float64], taken: _Taken
) -> tuple[int, int] | None:
    """Left and top of the cheapest spot, which is taken from now on."""
    of_plates = taken.shares(spots)
    price = prices + _PRICE_OF_PLATES * of_plates
    best = int((price[:_BESIDE] if plate.optional else price).argmin())
    if plate.optional and (of_plates[best] > 0 or of_boxes[best] > _HIDES_A_BOX):
        return None
    taken.add(spots[best])
    return int(spots[best, 0]), int(spots[best, 1])


def _places(boxes: Rectangles, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Upper left corners to choose from for plates of N sizes, the best first, shape (N, K, 2)."""
    left, top, right, bottom = boxes.T
    width, height = sizes.T
    flush, inside = right - width, bottom - height
    places = (
        (left, top - height),
        (left, top),
        (left, bottom),
        (flush, top - height),
        (flush, top),
        (flush, bottom),
        (left, inside),
        (flush, inside),
        (right, top),
        (left - width, top),
        (right, inside),
        (left - width, inside),
        (left, top - 2 * height),
        (left, top + height),
        (left, bottom + height),
        (left, top + 2 * height),
    )
    return np.array(places, np.int64).transpose(2, 0, 1)


def _of_boxes(spots: NDArray[np.int64], boxes: Rectangles) -> NDArray[np.float64]:
    """The largest share of any box that each of K spots of each of N plates hides, 0..1, shape (N, K)."""
    worst = np.zeros(spots.shape[:2])
    for start in range(0, len(spots), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        plates, near = _near(spots[some], boxes)
        shares = _shares(spots[some][plates], boxes[near][:, None])
        np.maximum.at(worst[some], plates, shares)
    return worst


def _near(spots: NDArray[np.int64], boxes: Rectangles) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a plate and a box that reaches into the smallest rectangle around all spots of the plate."""
    left, top = spots[:, :, :2].min(axis=1).T[:, :, None]
    right, bottom = spots[:, :, 2:].max(axis=1).T[:, :, None]
    box_left, box_top, box_right, box_bottom = boxes.T
    plates, near = np.nonzero((box_left < right) & (box_top < bottom) & (box_right > left) & (box_bottom > top))
    return plates, near


def _shares(rectangles: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each of the others that each rectangle hides, 0..1; shapes (..., 4) that broadcast become (...)."""
    size = np.minimum(rectangles[..., 2:], others[..., 2:]) - np.maximum(rectangles[..., :2], others[..., :2])
    whole = others[..., 2:] - others[..., :2]
    size = np.maximum(size, 0)
    shares: NDArray[np.float64] = size[..., 0] * size[..., 1] / (whole[..., 0] * whole[..., 1])
    return shares
