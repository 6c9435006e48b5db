"""What an operator is handed: its node, its inputs, and where to write; and the words for what it cannot do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.adapters.zoo.tfjs.topology import Node
from vedette.adapters.zoo.tfjs.view import Value, View
from vedette.adapters.zoo.tfjs.weights import Array
from vedette.adapters.zoo.tfjs.writer import Writer
from vedette.errors import UnsupportedError


@dataclass(frozen=True, slots=True)
class Call:
    """One node about to be converted."""

    node: Node
    inputs: tuple[Value, ...]
    writer: Writer

    def view(self, place: int) -> View:
        """The input at a place, which has to be a tensor.

        Raises:
            UnsupportedError: it is a constant.
        """
        value = self.inputs[place]
        if not isinstance(value, View):
            raise self.refused(f"input {place} is a constant")
        return value

    def array(self, place: int) -> Array:
        """The input at a place, which has to be known before the model runs.

        Raises:
            UnsupportedError: it depends on the image.
        """
        value = self.inputs[place]
        if not isinstance(value, np.ndarray):
            raise self.refused(f"input {place} is not a constant")
        return value

    def integers(self, place: int) -> tuple[int, ...]:
        """The input at a place as whole numbers."""
        return tuple(int(value) for value in self.array(place).reshape(-1))

    def refused(self, reason: str) -> UnsupportedError:
        """The error for a use of the operator that is not converted."""
        return UnsupportedError(
            f"{self.node.operator} {self.node.name} cannot be converted: {reason}",
            help="take the model in another format, such as ONNX",
        )
