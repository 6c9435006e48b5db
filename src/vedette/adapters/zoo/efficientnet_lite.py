"""EfficientNet-Lite from its state dict to ONNX: batch norm folded into the convolutions, TensorFlow's SAME padding.

input N x 3 x S x S, RGB, (x - 127) / 128
stem 3x3/2 -> seven stages of inverted bottlenecks, ReLU6, no squeeze-and-excite -> head 1x1 -> mean -> 1000 logits
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError

if TYPE_CHECKING:
    from onnx import ModelProto

    from vedette.adapters.zoo.graph import Graph

Weights = Mapping[str, NDArray[Any]]

CLASSES = 1000
_EPSILON = 1e-3
_HEAD = 1280
_STEM = 32


@dataclass(frozen=True, slots=True)
class Variant:
    """How much wider and deeper than Lite0, and the side of the square input."""

    name: str
    width: float
    depth: float
    side: int


LITE0 = Variant("efficientnet-lite0", 1.0, 1.0, 224)
LITE1 = Variant("efficientnet-lite1", 1.0, 1.1, 240)
LITE2 = Variant("efficientnet-lite2", 1.1, 1.2, 260)


@dataclass(frozen=True, slots=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


@dataclass(frozen=True, slots=True)
class _Block:
    """One inverted bottleneck."""

    kernel: int
    stride: int
    expand: int
    channels_in: int
    channels_out: int


def build(variant: Variant, weights: Weights) -> ModelProto:
    """The ONNX model of a variant.

    Raises:
        InvalidError: the weights are those of another model.
    """
    from vedette.adapters.zoo.graph import Graph

    graph = Graph(variant.name.replace("-", "_"), "input", (3, variant.side, variant.side))
    body = _Body(graph, weights, variant.side)
    try:
        last = body.convolution("input", "_conv_stem", "_bn0", 3, 2)
        for index, block in enumerate(_blocks(variant)):
            last = body.bottleneck(last, f"_blocks.{index}", block)
        last = body.convolution(last, "_conv_head", "_bn1", 1, 1)
        last = graph.node("Flatten", graph.node("GlobalAveragePool", last), axis=1)
        weight = graph.constant("_fc.weight", _float(weights["_fc.weight"]))
        bias = graph.constant("_fc.bias", _float(weights["_fc.bias"]))
        return graph.model(graph.node("Gemm", last, weight, bias, transB=1), "logits", CLASSES)
    except KeyError as error:
        raise InvalidError(
            f"these are not the weights of {variant.name}: {error.args[0]} is missing", help="pull the model again"
        ) from None


class _Body:
    """Convolutions in a row; keeps the side of the feature map, on which SAME padding depends."""

    def __init__(self, graph: Graph, weights: Weights, side: int) -> None:
        self._graph, self._weights, self._side = graph, weights, side

    def bottleneck(self, entry: str, key: str, block: _Block) -> str:
        """Widen, filter each channel by itself, narrow; add the entry where the shapes allow."""
        last, middle = entry, block.channels_in * block.expand
        if block.expand != 1:
            last = self.convolution(last, f"{key}._expand_conv", f"{key}._bn0", 1, 1)
        last = self.convolution(last, f"{key}._depthwise_conv", f"{key}._bn1", block.kernel, block.stride, group=middle)
        last = self.convolution(last, f"{key}._project_conv", f"{key}._bn2", 1, 1, relu=False)
        if block.stride == 1 and block.channels_in == block.channels_out:
            last = self._graph.node("Add", last, entry)
        return last

    def convolution(
        self, entry: str, key: str, norm: str, kernel: int, stride: int, *, group: int = 1, relu: bool = True
    ) -> str:
        """Convolution with its batch norm folded in, and ReLU6."""
        weight, bias = _folded(self._weights, key, norm)
        before, after = same_padding(self._side, kernel, stride)
        self._side = math.ceil(self._side / stride)
        last = self._graph.node(
            "Conv",
            entry,
            self._graph.constant(f"{key}.weight", weight),
            self._graph.constant(f"{key}.bias", bias),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=group,
        )
        if not relu:
            return last
        zero = self._graph.constant("zero", np.array(0, np.float32))
        six = self._graph.constant("six", np.array(6, np.float32))
        return self._graph.node("Clip", last, zero, six)


def same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME: the output has ceil(side / stride) pixels, an odd pixel of padding comes last."""
    total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def _folded(weights: Weights, key: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    gamma, beta = weights[f"{norm}.weight"], weights[f"{norm}.bias"]
    mean, variance = weights[f"{norm}.running_mean"], weights[f"{norm}.running_var"]
    factor = gamma.astype(np.float64) / np.sqrt(variance.astype(np.float64) + _EPSILON)
    return _float(weights[f"{key}.weight"] * factor[:, None, None, None]), _float(beta - mean * factor)


def _blocks(variant: Variant) -> Iterator[_Block]:
    """The bottlenecks in order; stem, head and the repeats of the first and last stage are not scaled in Lite."""
    channels = _STEM
    for number, stage in enumerate(_STAGES):
        fixed = number in (0, len(_STAGES) - 1)
        repeats = stage.repeats if fixed else math.ceil(variant.depth * stage.repeats)
        wanted = _scaled(stage.channels, variant.width)
        for repeat in range(repeats):
            yield _Block(stage.kernel, stage.stride if repeat == 0 else 1, stage.expand, channels, wanted)
            channels = wanted


def _scaled(channels: int, width: float) -> int:
    """Channels times width, to the nearest multiple of 8 that is not 10 % too few."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    fewest = 0.9
    return rounded + 8 if rounded < fewest * wanted else rounded


def _float(values: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, np.float32)
