"""Which answers of a model are worth a box: those whose score reaches the threshold, the best of them.

    (N, classes) scores or logits -> pairs (row, class) -> the best `max_candidates`, equal ones in the order of rows

A box may be a candidate for several classes. Scores that are no finite number are dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.classes import best
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.values.manifest import Activation

_MARGIN = 1e-3
_ALMOST_1 = 1 - 1e-7


@dataclass(frozen=True, slots=True)
class Candidates:
    """Row of the model's output, class_id and score of each candidate, best first."""

    rows: NDArray[np.intp]
    class_ids: NDArray[np.int64]
    scores: NDArray[np.float64]

    def among(self, rows: NDArray[np.intp]) -> Candidates:
        """The same, where the rows counted so far are `rows` of something larger."""
        return replace(self, rows=rows[self.rows])


def from_table(table: Array, activation: Activation, decoding: Decoding) -> Candidates:
    """Candidates of a table (N, classes) that still needs `activation`; softmax is over the classes alone."""
    if activation is Activation.SIGMOID:
        return from_logits(table, decoding)
    if activation is Activation.SOFTMAX:
        return from_softmax(table, None, decoding)
    return from_scores(table, decoding)


def from_scores(table: Array, decoding: Decoding) -> Candidates:
    """Candidates of scores (N, classes)."""
    rows, class_ids = _pairs(table >= np.float32(decoding.threshold))
    return _best(rows, class_ids, table[rows, class_ids], decoding)


def from_logits(table: Array, decoding: Decoding) -> Candidates:
    """Candidates of logits (N, classes): sigmoid(x) reaches the threshold where x reaches its logit."""
    rows, class_ids = _pairs(table >= floor_of(decoding.threshold))
    return _best(rows, class_ids, sigmoid(table[rows, class_ids]), decoding)


def from_softmax(table: Array, background: int | None, decoding: Decoding) -> Candidates:
    """Candidates of logits (N, columns) with a softmax over all columns.

    softmax_c <= sigmoid(x_c - x_background): rows that fall short of that bound are not computed.

    Args:
        table: the labels' columns start at `spec.first_class`.
        background: the column that means no object; None if every column is a class.
        decoding: how to read it.
    """
    first = decoding.spec.first_class
    wanted = slice(first, first + decoding.classes)
    rows = np.arange(len(table))
    if background is not None:
        with np.errstate(invalid="ignore"):
            above = table[:, wanted].max(axis=1) - table[:, background]
        rows = np.flatnonzero(above >= floor_of(decoding.threshold))
    chosen = table[rows].astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite gives chances that are none
        powers = np.exp(chosen - chosen.max(axis=1, keepdims=True, initial=-np.inf))
        chances = powers / powers.sum(axis=1, keepdims=True)
    return from_scores(chances[:, wanted], decoding).among(rows)


def from_products(objectness: Array, table: Array, decoding: Decoding) -> Candidates:
    """Candidates of objectness (N,) times class score (N, classes), both 0..1."""
    rows = np.flatnonzero(objectness >= np.float32(decoding.threshold))
    with np.errstate(invalid="ignore", over="ignore"):
        products = table[rows].astype(np.float32) * objectness[rows, None].astype(np.float32)
    return from_scores(products, decoding).among(rows)


def from_list(scores: Array, class_ids: Array, decoding: Decoding) -> Candidates:
    """Candidates of boxes that have one score (N,) and one class (N,) each, the latter counted as the model does."""
    rows = np.flatnonzero(scores >= np.float32(decoding.threshold))
    numbers = class_ids[rows].astype(np.float64)
    known = (numbers >= decoding.spec.first_class) & (numbers < decoding.spec.first_class + decoding.classes)
    rows = rows[known]
    return _best(rows, numbers[known].astype(np.int64) - decoding.spec.first_class, scores[rows], decoding)


def sigmoid(logits: Array) -> NDArray[np.float32]:
    """1 / (1 + exp(-x)), NaN where x is not finite."""
    with np.errstate(invalid="ignore"):
        scores = 0.5 * (1 + np.tanh(logits.astype(np.float64) / 2))
    return np.where(np.isfinite(logits), scores, np.nan).astype(np.float32)


def floor_of(threshold: float) -> np.float32:
    """A number that every logit exceeds whose sigmoid reaches the threshold."""
    if threshold <= 0:
        return np.float32(-np.inf)
    share = min(threshold, _ALMOST_1)
    return np.float32(math.log(share / (1 - share)) - _MARGIN)


def _pairs(mask: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of what is true, row by row, whichever of the two is contiguous in memory."""
    if mask.flags.c_contiguous or not mask.T.flags.c_contiguous:
        rows, columns = np.divmod(np.flatnonzero(mask), max(1, mask.shape[1]))  # much quicker than nonzero of a table
        return rows, columns
    columns, rows = np.divmod(np.flatnonzero(mask.T), max(1, len(mask)))
    order = np.lexsort((columns, rows))
    return rows[order], columns[order]


def _best(rows: NDArray[np.intp], class_ids: Array, scores: Array, decoding: Decoding) -> Candidates:
    scores = scores.astype(np.float32)
    keep = np.isfinite(scores) & (scores >= np.float32(decoding.threshold))
    if decoding.only is not None:
        keep &= np.isin(class_ids, sorted(decoding.only))
    rows, class_ids, scores = rows[keep], class_ids[keep], scores[keep]
    order = best(scores, decoding.spec.max_candidates)
    return Candidates(rows[order], class_ids[order].astype(np.int64), scores[order].astype(np.float64))
