"""Small graph models of TensorFlow.js for tests, and their conversion run on ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vedette.adapters.zoo.graph import Answer
from vedette.adapters.zoo.tfjs.converter import Converter, Entrance
from vedette.adapters.zoo.tfjs.topology import Node, Topology
from vedette.values.frame import Size

Array = NDArray[Any]


def integers(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def text(value: str) -> dict[str, Any]:
    return {"s": list(value.encode())}


def topology(*nodes: tuple[str, str, str] | tuple[str, str, str, dict[str, Any]], **weights: Any) -> Topology:
    """Nodes as (name, operator, inputs separated by blanks, attributes); weights become constants."""
    listed = {
        name: Node(name, operator, tuple(inputs.split()), *(rest or [{}])) for name, operator, inputs, *rest in nodes
    }
    constants = {name: Node(name, "Const", (), {}) for name in weights}
    return Topology({**listed, **constants}, {name: np.asarray(value) for name, value in weights.items()})


class Converted:
    """The tensor of node `end`, in TensorFlow's order, for images that enter at node `x`.

    `saved` is the shape that the graph was saved with, (1, H, W, 3) or (1, 3, H, W); `size` another one to convert for.
    """

    def __init__(self, graph: Topology, end: str, saved: tuple[int, ...], size: Size | None = None) -> None:
        self.colours_last = saved[3] == 3
        height, width = saved[1:3] if self.colours_last else saved[2:]
        converter = Converter("test", graph, Entrance("x", saved), size or Size(width, height))
        self.view = converter.view(end)
        tensor = converter.writer.plain(self.view)
        self.model = converter.writer.graph.answering({"y": Answer(tensor, self.view.shape[1:])})

    @property
    def operators(self) -> list[str]:
        """The nodes of the ONNX graph but for the one that names the output."""
        return [node.op_type for node in self.model.graph.node][:-1]

    def __call__(self, images: Array) -> Array:
        session = onnxruntime.InferenceSession(self.model.SerializeToString(), providers=["CPUExecutionProvider"])
        stored = images.transpose(0, 3, 1, 2) if self.colours_last else images
        return session.run(None, {"input": np.ascontiguousarray(stored, np.float32)})[0]


def images(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def convolved(
    pixels: Array, weight: Array, stride: int = 1, dilation: int = 1, pads: tuple[int, int] = (0, 0)
) -> Array:
    """A convolution written out: NHWC pixels, weights (height, width, in, out), zeros before and after each side."""
    padded = np.pad(pixels.astype(np.float64), ((0, 0), pads, pads, (0, 0)))
    height, width = (dilation * (side - 1) + 1 for side in weight.shape[:2])
    rows = range(0, padded.shape[1] - height + 1, stride)
    columns = range(0, padded.shape[2] - width + 1, stride)
    windows = [
        [padded[:, row : row + height : dilation, column : column + width : dilation] for column in columns]
        for row in rows
    ]
    return np.einsum("rcbhwi,hwio->brco", np.array(windows), weight.astype(np.float64))
