"""Layers of convolutional networks with random weights, added to a graph one after the other.

Every convolution is drawn so that its output has a mean square of 1 whatever comes in: normal weights of variance
1 / (fan-in x mean square of the input), which is He et al. 2015 (arXiv 1502.01852, section 2.2) for any activation. So
activations neither vanish nor overflow, however deep the network is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from vedette.adapters.zoo.graph import Graph

SEED = 0
CLASSES = 1000


@dataclass(frozen=True, slots=True)
class Features:
    """A tensor of the graph, N x channels x height x width, and the mean square that its values are expected to have.

    After `pooled` it is N x channels.
    """

    tensor: str
    channels: int
    power: float = 1.0


class Activation(Enum):
    """What follows a convolution; the value is the mean square that it makes of normal values of variance 1."""

    NONE = 1.0
    RELU = 0.5
    SWISH = 0.3558
    HARD_SWISH = 0.3316


class Gate(Enum):
    """What makes a share 0..1 of each channel in squeeze-and-excite."""

    SIGMOID = "Sigmoid"
    HARD_SIGMOID = "HardSigmoid"


_GATE_POWER = 0.27
"""Mean square of a gate: about half open, more or less."""
_BRANCH_POWER = 0.1
"""Mean square of what is added to a tensor beside it: small, as in trained networks, so that sums do not grow."""
_BIAS = 0.1


class Layers:
    """Adds layers to a graph. `norm_parameters` counts what batch norm had more than the bias that it was folded to."""

    def __init__(self, graph: Graph, seed: int = SEED) -> None:
        self._graph = graph
        self._random = np.random.default_rng(seed)
        self._constants = 0
        self.norm_parameters = 0

    def convolution(
        self,
        entry: Features,
        channels: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        *,
        groups: int = 1,
        padded: bool = True,
        activation: Activation = Activation.RELU,
    ) -> Features:
        """A convolution with its batch norm folded in: published with 2 numbers a channel, here with a bias.

        Args:
            entry: what comes in.
            channels: how many go out.
            kernel: its side, or (height, width).
            stride: in both directions.
            groups: the number of channels for a depthwise convolution.
            padded: with half a kernel of zeros on each side, else not at all.
            activation: what follows.
        """
        self.norm_parameters += channels
        convolved = self.plain_convolution(entry, channels, kernel, stride, groups=groups, padded=padded)
        return self._activated(convolved, activation)

    def plain_convolution(
        self,
        entry: Features,
        channels: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        *,
        groups: int = 1,
        padded: bool = True,
        power: float = 1.0,
    ) -> Features:
        """A convolution with a bias and neither batch norm nor activation; its output has the mean square `power`.

        The other arguments are those of `convolution`.
        """
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        shape = (channels, entry.channels // groups, height, width)
        pads = [height // 2, width // 2] * 2 if padded else [0] * 4
        tensor = self._graph.node(
            "Conv",
            entry.tensor,
            self._weights(shape, entry.power / power),
            self._bias(channels),
            kernel_shape=[height, width],
            strides=[stride, stride],
            pads=pads,
            group=groups,
        )
        return Features(tensor, channels, power)

    def narrowed(
        self, entry: Features, channels: int, beside: Features | None, activation: Activation = Activation.NONE
    ) -> Features:
        """The 1x1 convolution (batch norm folded in) that ends a branch, and the sum with what goes beside it."""
        self.norm_parameters += channels
        power = 1.0 if beside is None else _BRANCH_POWER
        last = self.plain_convolution(entry, channels, 1, power=power)
        if beside is None:
            return self._activated(last, activation)
        total = self._graph.node("Add", last.tensor, beside.tensor)
        if activation is not Activation.NONE:
            total = self._activation(total, activation)
        return Features(total, channels, power + beside.power)

    def dense(self, entry: Features, outputs: int, activation: Activation = Activation.NONE) -> Features:
        """A fully connected layer on N x channels."""
        weights = self._weights((outputs, entry.channels), entry.power)
        tensor = self._graph.node("Gemm", entry.tensor, weights, self._bias(outputs), transB=1)
        return self._activated(Features(tensor, outputs), activation)

    def squeeze_excite(self, entry: Features, squeezed: int, activation: Activation, gate: Gate) -> Features:
        """Weigh each channel by what is seen of all of them in the whole map (Hu et al. 2018, arXiv 1709.01507)."""
        mean = replace(entry, tensor=self._graph.node("GlobalAveragePool", entry.tensor))
        narrow = self._activated(self.plain_convolution(mean, squeezed, 1), activation)
        wide = self.plain_convolution(narrow, entry.channels, 1).tensor
        attributes = {"alpha": 1 / 6, "beta": 0.5} if gate is Gate.HARD_SIGMOID else {}
        share = self._graph.node(gate.value, wide, **attributes)
        weighed = self._graph.node("Mul", entry.tensor, share)
        return Features(weighed, entry.channels, entry.power * _GATE_POWER)

    def concatenated(self, *parts: Features) -> Features:
        """The channels of all parts."""
        channels = sum(part.channels for part in parts)
        power = sum(part.power * part.channels for part in parts) / channels
        return Features(self._graph.node("Concat", *(part.tensor for part in parts), axis=1), channels, power)

    def max_pool(self, entry: Features, *, padded: bool) -> Features:
        """The largest of 3x3, every second pixel."""
        pads = [int(padded)] * 4
        tensor = self._graph.node("MaxPool", entry.tensor, kernel_shape=[3, 3], strides=[2, 2], pads=pads)
        return replace(entry, tensor=tensor)

    def average_pool(self, entry: Features) -> Features:
        """The mean of 3x3 around each pixel; beyond the border are zeros that count."""
        attributes = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1] * 4, "count_include_pad": 1}
        return replace(entry, tensor=self._graph.node("AveragePool", entry.tensor, **attributes))

    def pooled(self, entry: Features) -> Features:
        """The mean of each channel: N x channels."""
        mean = self._graph.node("GlobalAveragePool", entry.tensor)
        return replace(entry, tensor=self._graph.node("Flatten", mean, axis=1))

    def _activated(self, entry: Features, activation: Activation) -> Features:
        if activation is Activation.NONE:
            return entry
        tensor = self._activation(entry.tensor, activation)
        return Features(tensor, entry.channels, activation.value)

    def _activation(self, tensor: str, activation: Activation) -> str:
        if activation is Activation.RELU:
            return self._graph.node("Relu", tensor)
        if activation is Activation.HARD_SWISH:
            return self._graph.node("HardSwish", tensor)
        return self._graph.node("Mul", tensor, self._graph.node("Sigmoid", tensor))

    def _weights(self, shape: tuple[int, ...], power: float) -> str:
        deviation = 1 / math.sqrt(math.prod(shape[1:]) * power)
        return self._constant("weight", self._random.standard_normal(shape, np.float32) * np.float32(deviation))

    def _bias(self, channels: int) -> str:
        return self._constant("bias", self._random.standard_normal(channels, np.float32) * np.float32(_BIAS))

    def _constant(self, kind: str, values: NDArray[np.float32]) -> str:
        self._constants += 1
        return self._graph.constant(f"{kind}_{self._constants}", values)
