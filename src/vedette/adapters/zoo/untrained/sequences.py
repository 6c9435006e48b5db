"""Layers over sequences of open length, with random weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vedette.adapters.zoo.untrained.layers import SEED

if TYPE_CHECKING:
    from onnx import ModelProto

    from vedette.adapters.zoo.graph import Graph

LENGTH = "T"
"""What the graphs call the open length."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A tensor of the graph, N x T x width."""

    tensor: str
    width: int


class Cell(Enum):
    """Recurrent cells; the value is how many matrices of the hidden state each has."""

    LSTM = 4
    GRU = 3


class SequenceLayers:
    """Adds layers to a graph. Weights are uniform in +-1 / sqrt(width), as recurrent layers are commonly started."""

    def __init__(self, graph: Graph, seed: int = SEED) -> None:
        self._graph = graph
        self._random = np.random.default_rng(seed)
        self._constants = 0

    def embedded(self, tokens: str, vocabulary: int, width: int) -> Steps:
        """A vector for each number of N x T."""
        table = self._weights("embedding", (vocabulary, width), width=1)
        return Steps(self._graph.node("Gather", table, tokens, axis=0), width)

    def recurrent(self, entry: Steps, cell: Cell, hidden: int, *, both_ways: bool = False) -> Steps:
        """A layer of cells from the first step to the last; `both_ways` adds the way back beside it."""
        ways, gates = 1 + both_ways, cell.value
        attributes = {"linear_before_reset": 1} if cell is Cell.GRU else {}
        states = self._graph.node(
            cell.name,
            self._graph.node("Transpose", entry.tensor, perm=[1, 0, 2]),  # cells take T x N x width
            self._weights("input", (ways, gates * hidden, entry.width), width=hidden),
            self._weights("recurrence", (ways, gates * hidden, hidden), width=hidden),
            self._weights("bias", (ways, 2 * gates * hidden), width=hidden),
            hidden_size=hidden,
            direction="bidirectional" if both_ways else "forward",
            **attributes,
        )
        beside = self._graph.node("Transpose", states, perm=[2, 0, 1, 3])  # and give T x ways x N x hidden
        shape = self._constant("shape", np.array([0, 0, ways * hidden], np.int64))
        return Steps(self._graph.node("Reshape", beside, shape), ways * hidden)

    def dense(self, entry: Steps, width: int, *, bias: bool = True) -> Steps:
        """A fully connected layer on each step by itself."""
        product = self._graph.node(
            "MatMul", entry.tensor, self._weights("dense", (entry.width, width), width=entry.width)
        )
        if not bias:
            return Steps(product, width)
        shift = self._weights("bias", (width,), width=entry.width)
        return Steps(self._graph.node("Add", product, shift), width)

    def applied(self, entry: Steps, operator: str) -> Steps:
        """An operator without settings on each number, such as Relu or Tanh."""
        return Steps(self._graph.node(operator, entry.tensor), entry.width)

    def attended(self, queries: Steps, keys: Steps, memory: Steps) -> Steps:
        """For each query the memory, weighed by softmax(queries . keys): Luong et al. 2015 (arXiv 1508.04025)."""
        # Keys down, queries across: OpenVINO 2026.4 fuses the other order to one kernel, which answers wrongly for
        # longer sequences once it has seen a sequence of 1.
        turned = self._graph.node("Transpose", queries.tensor, perm=[0, 2, 1])
        weights = self._graph.node("Softmax", self._graph.node("MatMul", keys.tensor, turned), axis=1)
        upright = self._graph.node("Transpose", weights, perm=[0, 2, 1])
        return Steps(self._graph.node("MatMul", upright, memory.tensor), memory.width)

    def beside(self, *parts: Steps) -> Steps:
        """All parts of each step in a row."""
        tensor = self._graph.node("Concat", *(part.tensor for part in parts), axis=2)
        return Steps(tensor, sum(part.width for part in parts))

    def _weights(self, kind: str, shape: tuple[int, ...], *, width: int) -> str:
        bound = np.float32(1 / math.sqrt(width))
        drawn = self._random.random(shape, np.float32)
        return self._constant(kind, (2 * drawn - 1) * bound)

    def _constant(self, kind: str, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        self._constants += 1
        return self._graph.constant(f"{kind}_{self._constants}", values)


def with_ports(model: ModelProto, kind: int, entry: Sequence[int | str], answer: Sequence[int | str]) -> ModelProto:
    """The model with the element type and shape of its input, and the shape of its output, as they are here."""
    from onnx import TensorProto, helper

    graph = model.graph
    graph.input[0].CopyFrom(helper.make_tensor_value_info(graph.input[0].name, kind, entry))
    graph.output[0].CopyFrom(helper.make_tensor_value_info(graph.output[0].name, TensorProto.FLOAT, answer))
    return model
