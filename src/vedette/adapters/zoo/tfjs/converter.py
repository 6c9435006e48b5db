"""Converts the part of a graph that its outputs need, node after node.

    "input" (N, 3, S, S) -> views, node by node -> the caller's head -> ONNX

`OPERATORS` is the list of everything that is converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vedette.adapters.zoo.graph import Graph
from vedette.adapters.zoo.tfjs import arithmetic, constants, convolutions, shaping
from vedette.adapters.zoo.tfjs.call import Call
from vedette.adapters.zoo.tfjs.topology import Node, Topology
from vedette.adapters.zoo.tfjs.view import NHWC, Shape, Stored, Value, View
from vedette.adapters.zoo.tfjs.writer import Writer
from vedette.errors import InvalidError, UnsupportedError
from vedette.values.frame import Size

INPUT = "input"
_NCHW: Shape = (0, 1, 2, 3)

OPERATORS: Mapping[str, Callable[[Call], Value]] = {
    "Add": arithmetic.add,
    "AddN": arithmetic.add,
    "AddV2": arithmetic.add,
    "BiasAdd": arithmetic.add,
    "ConcatV2": shaping.concatenate,
    "Conv2D": convolutions.conv2d,
    "DepthwiseConv2dNative": convolutions.depthwise_conv2d,
    "FusedBatchNorm": convolutions.fused_batch_norm,
    "Identity": arithmetic.identity,
    "LeakyRelu": arithmetic.leaky_relu,
    "MaxPool": convolutions.max_pool,
    "Mul": arithmetic.multiply,
    "Pack": constants.pack,
    "Pad": convolutions.pad,
    "PadV2": convolutions.pad,
    "Relu6": arithmetic.relu6,
    "Reshape": shaping.reshape,
    "ResizeBilinear": shaping.resize_bilinear,
    "Shape": constants.shape,
    "Sigmoid": arithmetic.sigmoid,
    "SparseToDense": constants.sparse_to_dense,
    "SplitV": shaping.split,
    "StridedSlice": constants.strided_slice,
    "Transpose": shaping.transpose,
}


@dataclass(frozen=True, slots=True)
class Entrance:
    """The node whose value is the image, which need not be the placeholder, and TensorFlow's shape of it as saved."""

    node: str
    saved: Shape

    def view(self, size: Size) -> View:
        """The input of the ONNX graph, NCHW, seen as TensorFlow's node sees it."""
        colours_last = self.saved[3] == 3  # noqa: PLR2004 - red, green, blue
        shape = (1, size.height, size.width, 3) if colours_last else (1, 3, size.height, size.width)
        return View(Stored(INPUT), NHWC if colours_last else _NCHW, self.saved, shape)


class Converter:
    """Converts one topology for one input size; `writer` takes the nodes of a head."""

    def __init__(self, name: str, topology: Topology, entrance: Entrance, size: Size) -> None:
        self.writer = Writer(Graph(name, INPUT, (3, size.height, size.width)))
        self._topology = topology
        self._values: dict[str, Value] = {entrance.node: entrance.view(size)}

    def view(self, name: str) -> View:
        """The tensor that a node gives, for a head to read.

        Raises:
            InvalidError: the graph has no such node, or goes in a circle.
            UnsupportedError: a node on the way is not converted.
        """
        self._convert(name)
        value = self._value(name)
        if not isinstance(value, View):
            raise InvalidError(f"{name} is no tensor of this graph", help="pull the model again")
        return value

    def _convert(self, name: str) -> None:
        """Everything that `name` needs, what comes first first; deep graphs would be too much for recursion."""
        waiting, begun = [name], set[str]()
        while waiting:
            current = waiting[-1]
            missing = [needed for needed in self._needs(current) if needed not in self._values]
            if current not in self._values and missing:
                if current in begun:
                    raise InvalidError(f"the graph goes in a circle at {current}", help="pull the model again")
                begun.add(current)
                waiting += missing
                continue
            waiting.pop()
            if current not in self._values:
                self._values[current] = self._converted(self._node(current))

    def _needs(self, name: str) -> list[str]:
        return [] if name in self._values else [reference.partition(":")[0] for reference in self._node(name).inputs]

    def _node(self, name: str) -> Node:
        if name not in self._topology.nodes:
            raise InvalidError(f"the graph has no node {name}", help="pull the model again")
        return self._topology.nodes[name]

    def _converted(self, node: Node) -> Value:
        if node.operator == "Const" and node.name in self._topology.weights:
            return self._topology.weights[node.name]
        convert = OPERATORS.get(node.operator)
        if convert is None:
            raise UnsupportedError(
                f"operator {node.operator} of node {node.name} is not converted",
                help=f"these are: {', '.join(OPERATORS)}",
            )
        return convert(Call(node, tuple(self._value(reference) for reference in node.inputs), self.writer))

    def _value(self, reference: str) -> Value:
        """The value of `name` or `name:1`."""
        name, _, place = reference.partition(":")
        value = self._values[name]
        return value[int(place or 0)] if isinstance(value, tuple) else value
