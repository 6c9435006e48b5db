"""Fewer points for display: a chart cannot show more than it has pixels, but the extremes must stay.

time series   -> the lowest and the highest of each stretch (min-max decimation; Steinarsson 2013 compares methods)
distribution  -> steps at even shares, and every one of the largest values: the tail is what is looked at
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


def thinned(y: Column, most: int) -> Column:
    """Indices, ascending, of at most `most` values out of `y`, shape (n,), such that what stands out still does.

    Each of `most // 2` stretches of equal count keeps its lowest and its highest value, so the extremes of the whole
    and of every stretch stay. NaN is kept only in a stretch that holds nothing else.
    """
    assert most >= 2, "the extremes are two"  # noqa: PLR2004 - the lowest and the highest
    count = len(y)
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, most // 2 + 1).astype(int)
    low, high = np.where(np.isnan(y), np.inf, y), np.where(np.isnan(y), -np.inf, y)
    kept = [
        first + pick(values[first:last])
        for first, last in pairwise(edges)
        for pick, values in ((np.argmin, low), (np.argmax, high))
    ]
    return np.unique(np.asarray(kept))


def steps(values: Column, most: int) -> tuple[Column, Column]:
    """The empirical distribution of `values`: sorted values and the share (0..1) at or below each, `most` at most.

    A third of the points are the largest values, one by one; the others lie at even shares of the rest.
    """
    ordered = np.sort(values)
    count = len(ordered)
    shares = np.arange(1, count + 1) / count
    if count <= most:
        return ordered, shares
    tail = most // 3
    body = np.linspace(0, count - tail - 1, most - tail).astype(int)
    kept = np.unique(np.concatenate([body, np.arange(count - tail, count)]))
    return ordered[kept], shares[kept]
