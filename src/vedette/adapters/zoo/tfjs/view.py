"""A tensor of TensorFlow as the ONNX graph holds it: dimensions in another order, work that is not written yet.

TensorFlow keeps images as NHWC, ONNX as NCHW. Nothing is transposed for that: a view says where each dimension of
TensorFlow's tensor is in the stored one, and a TensorFlow transpose only changes the view.

    stored (N, 64, 52, 52)  +  order (0, 2, 3, 1)  =  TensorFlow's (1, 52, 52, 64)

A convolution and a padding wait in their view until somebody needs their numbers: until then a product or a sum with
constants changes the weights, and a padding becomes that of the convolution after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Shape = tuple[int, ...]

NHWC: Shape = (0, 2, 3, 1)
"""The order of a view whose TensorFlow tensor is NHWC and whose stored one is NCHW."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor that is in the graph."""

    tensor: str


@dataclass(frozen=True, slots=True, eq=False)
class Padding:
    """A padding to be written: numbers before and after by stored dimension."""

    tensor: str
    before: Shape
    after: Shape
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution to be written; NCHW, weights of shape (out, in / group, height, width), `pads` as ONNX has them."""

    tensor: str
    weight: Floats
    bias: Floats
    strides: Shape
    dilations: Shape
    pads: Shape
    group: int

    def times(self, factor: NDArray[Any]) -> Convolution:
        """Its product with a number a channel, or with one number."""
        weight = self.weight.astype(np.float64) * factor.reshape(-1, 1, 1, 1)
        bias = self.bias.astype(np.float64) * factor.reshape(-1)
        return replace(self, weight=weight.astype(np.float32), bias=bias.astype(np.float32))

    def plus(self, offset: NDArray[Any]) -> Convolution:
        """Its sum with a number a channel, or with one number."""
        return replace(self, bias=(self.bias.astype(np.float64) + offset.reshape(-1)).astype(np.float32))


Source = Stored | Padding | Convolution


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A tensor of TensorFlow.

    Attributes:
        source: what the graph holds or will hold.
        order: where each dimension of TensorFlow's tensor is in the stored one; the batch is first in both.
        saved: TensorFlow's shape at the input size that the model was saved with, for a batch of one.
        shape: the same at the input size that is wanted.
    """

    source: Source
    order: Shape
    saved: Shape
    shape: Shape

    def transposed(self, places: Shape) -> View:
        """The same tensor seen with dimension `places[i]` as dimension i."""
        order, saved, shape = (tuple(row[place] for place in places) for row in (self.order, self.saved, self.shape))
        return View(self.source, order, saved, shape)

    def becoming(self, source: Source, reshape: Callable[[Shape], Shape] = lambda shape: shape) -> View:
        """What an operation makes of it: the order stays, `reshape` tells the new shape for an old one."""
        return View(source, self.order, reshape(self.saved), reshape(self.shape))

    def aligned(self, constant: NDArray[Any]) -> NDArray[Any]:
        """A constant in TensorFlow's order brought to the rank and order of the stored tensor."""
        rank = len(self.order)
        full = constant.reshape((1,) * (rank - constant.ndim) + constant.shape)
        return np.transpose(full, [self.order.index(place) for place in range(rank)])


Value = View | NDArray[Any] | tuple[View, ...]
"""What a node gives: a tensor, a constant, or the parts of a split."""
