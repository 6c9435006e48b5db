"""Which of the found boxes is which of the reference, one to one.

    found      A .9   B .8   C .7        A looks first and takes the reference box that it overlaps most; B takes what
    reference  1      2                  is left, C finds nothing of its class that it overlaps enough

The best scores choose first, as in COCO's evaluation; a box is only matched within its class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.boxes import iou
from vedette.values.detection import Detections

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Pairs of boxes, in falling order of the found box's score.

    Attributes:
        found: intp, shape (M,): which of the found boxes.
        reference: intp, shape (M,): which of the reference it is.
        ious: float64, shape (M,): how much they overlap, 0..1.
    """

    found: Indices
    reference: Indices
    ious: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.found)


def match(found: Detections, reference: Detections, iou_threshold: float = 0.5) -> Matches:
    """Pair boxes of the same class whose intersection over union is at least `iou_threshold`.

    Greedy: found boxes choose in falling order of their scores (equal scores in their order), each takes the free
    reference box that it overlaps most (the first of several).
    """
    order = np.argsort(-found.scores, kind="stable")
    shares = iou(found.boxes[order], reference.boxes)
    enough = (shares >= iou_threshold) & (found.class_ids[order, None] == reference.class_ids)
    rows, columns = _greedy(shares, *np.nonzero(enough))
    return Matches(order[rows], columns, shares[rows, columns])


def _greedy(shares: NDArray[np.float64], rows: Indices, columns: Indices) -> tuple[Indices, Indices]:
    """Of candidate pairs those that are made: row by row the best column that is still free."""
    ranked = np.lexsort((columns, -shares[rows, columns], rows))
    made: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[ranked].tolist(), columns[ranked].tolist(), strict=True):
        if row not in made and column not in taken:
            made[row] = column
            taken.add(column)
    return np.array(list(made), np.intp), np.array(list(made.values()), np.intp)
