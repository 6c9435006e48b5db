"""Writes what views hold into an ONNX graph: each convolution and padding once, each constant once."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.adapters.zoo.graph import Graph
from vedette.adapters.zoo.tfjs.view import Convolution, Padding, Shape, Source, Stored, View


class Writer:
    """Puts nodes into `graph`."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._constants: dict[tuple[str, Shape, bytes], str] = {}
        self._written: dict[Source, str] = {}

    def constant(self, value: NDArray[Any]) -> str:
        """The name of a constant; equal ones are kept once."""
        key = (value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).digest())
        if key not in self._constants:
            self._constants[key] = self.graph.constant(f"constant_{len(self._constants)}", value)
        return self._constants[key]

    def integers(self, *values: int) -> str:
        """The name of a row of whole numbers."""
        return self.constant(np.array(values, np.int64))

    def real(self, value: float) -> str:
        """The name of one number."""
        return self.constant(np.array(value, np.float32))

    def tensor(self, view: View, order: Shape | None = None) -> str:
        """The stored tensor of a view, transposed if another `order` is wanted than the one it has."""
        name = self._name(view.source)
        if order is None or order == view.order:
            return name
        places = [view.order[order.index(place)] for place in range(len(order))]
        return self.graph.node("Transpose", name, perm=places)

    def plain(self, view: View) -> str:
        """The tensor in TensorFlow's own order."""
        return self.tensor(view, tuple(range(len(view.order))))

    def _name(self, source: Source) -> str:
        if isinstance(source, Stored):
            return source.tensor
        if source not in self._written:
            self._written[source] = (
                self._convolution(source) if isinstance(source, Convolution) else self._padding(source)
            )
        return self._written[source]

    def _padding(self, padding: Padding) -> str:
        amounts = self.integers(*padding.before, *padding.after)
        return self.graph.node("Pad", padding.tensor, amounts, self.real(padding.value))

    def _convolution(self, convolution: Convolution) -> str:
        return self.graph.node(
            "Conv",
            convolution.tensor,
            self.constant(convolution.weight),
            self.constant(convolution.bias),
            kernel_shape=convolution.weight.shape[2:],
            strides=convolution.strides,
            dilations=convolution.dilations,
            pads=convolution.pads,
            group=convolution.group,
        )
