"""Tensors by name, with the types of the Open Inference Protocol: what a model takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor as it is told: name, type as the Open Inference Protocol writes it, shape (-1: any)."""

    name: str
    datatype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """All that a graph takes and gives, in its order; the first dimension of each is the batch where it has one."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @property
    def fixed_batch(self) -> int | None:
        """Rows that the graph takes at a time, where its one input fixes them; of several inputs nothing is said."""
        if len(self.inputs) != 1 or not self.inputs[0].shape or self.inputs[0].shape[0] < 1:
            return None
        return self.inputs[0].shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class NamedTensor:
    """A tensor on its way in or out.

    Attributes:
        name: its name in the graph.
        datatype: as the Open Inference Protocol writes it: FP32, INT64, BYTES ...
        data: the numbers, row major; of a BYTES tensor an array of dtype object that holds `bytes`.
    """

    name: str
    datatype: str
    data: NDArray[Any]
