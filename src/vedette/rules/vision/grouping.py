"""Which links between boxes of different tiles are believed, so that each group of boxes is one object.

Links are taken from the best to the worst. One is believed unless its two groups hold boxes of the same tile: a tile
sees an object once. So two neighbours that one seam cuts stay two, and no chain of doubtful links joins a crowd.
The links are worked off in rounds: one that is the best of all at both its groups can be judged at once, and the
outcome is the same as one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.neighbours import Pairs, Rows

_WORD = 64


def group(tile: Rows, links: Pairs) -> Rows:
    """The number of each box's group, (N,); boxes with one number are one object.

    Args:
        tile: the tile of each box, (N,), from 0.
        links: pairs of boxes; the greater the IoU the better, ties by the lesser row of a, then of b.
    """
    labels = np.arange(len(tile))
    order = np.argsort(links.a * len(tile) + links.b)
    order = order[np.argsort(-links.iou[order], kind="stable")]
    is_linked = np.zeros(len(tile), bool)
    is_linked[links.a] = is_linked[links.b] = True
    linked, number = np.flatnonzero(is_linked), np.cumsum(is_linked) - 1
    labels[linked] = linked[_labels(tile[linked], number[links.a[order]], number[links.b[order]])]
    return labels


def _labels(tile: Rows, a: Rows, b: Rows) -> Rows:
    """The same for links that are sorted, best first."""
    labels = np.arange(len(tile))
    seats = _seats(tile)
    while len(a):
        first, second = labels[a], labels[b]
        free = ~(_sits(seats, first, tile[b]) | _sits(seats, second, tile[a]))
        a, b, first, second = a[free], b[free], first[free], second[free]
        best = _best_at_both(first, second, len(tile))
        _merge(seats, labels, first[best], second[best])
        a, b = a[~best], b[~best]
    return labels


def _seats(tile: Rows) -> NDArray[np.uint64]:
    """Which tiles a group has boxes of, a bit a tile: (N, W) words of 64."""
    seats = np.zeros((len(tile), int(tile.max(initial=0)) // _WORD + 1), np.uint64)
    seats[np.arange(len(tile)), tile // _WORD] = _bit(tile)
    return seats


def _bit(tile: Rows) -> NDArray[np.uint64]:
    return np.left_shift(np.uint64(1), (tile % _WORD).astype(np.uint64))


def _sits(seats: NDArray[np.uint64], groups: Rows, tile: Rows) -> NDArray[np.bool_]:
    """Whether each group has a box of the tile."""
    return np.asarray(seats[groups, tile // _WORD] & _bit(tile), np.bool_)


def _best_at_both(first: Rows, second: Rows, count: int) -> NDArray[np.bool_]:
    """Which links, given by their two groups from the best to the worst, no better one touches."""
    position = np.arange(len(first))
    best = np.full((2, count), len(first))
    best[0, first[::-1]] = position[::-1]  # the last one written is the best
    best[1, second[::-1]] = position[::-1]
    top = np.minimum(best[0], best[1])
    return np.asarray((top[first] == position) & (top[second] == position), np.bool_)


def _merge(seats: NDArray[np.uint64], labels: Rows, first: Rows, second: Rows) -> None:
    """Merge groups in pairs, in place, but those that both have boxes of one tile."""
    apart = ~(seats[first] & seats[second]).any(axis=1)
    low, high = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
    seats[low] |= seats[high]
    target = np.arange(len(labels))
    target[high] = low
    labels[:] = target[labels]
