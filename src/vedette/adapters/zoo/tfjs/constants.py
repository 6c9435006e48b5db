"""Operators whose answer is known before the model runs: shapes, and the arithmetic that makes new shapes of them.

Shapes are those at the input size that the model was saved with; reshape carries them over to another one.
"""

from __future__ import annotations

import numpy as np

from vedette.adapters.zoo.tfjs.call import Call
from vedette.adapters.zoo.tfjs.weights import Array


def shape(call: Call) -> Array:
    """Shape of a tensor, for a batch of one."""
    return np.array(call.view(0).saved, np.int32)


def strided_slice(call: Call) -> Array:
    """StridedSlice where it takes one number of a row."""
    row, (begin, *_) = call.array(0), call.integers(1)
    if row.ndim != 1 or call.node.integer("shrink_axis_mask", 0) != 1:
        raise call.refused("it takes more than one number")
    return np.asarray(row[begin])


def pack(call: Call) -> Array:
    """Pack: arrays stacked along a new axis."""
    return np.stack([call.array(place) for place in range(len(call.inputs))], call.node.integer("axis", 0))


def sparse_to_dense(call: Call) -> Array:
    """SparseToDense: a row filled with a default but for the places that are listed."""
    places, sides, values, default = (call.array(place) for place in range(4))
    if sides.size != 1:
        raise call.refused("it makes more than a row")
    dense = np.full(call.integers(1), default)
    dense[places.reshape(-1)] = values
    return dense
