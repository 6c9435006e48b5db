"""What an operator is handed."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.adapters.zoo.graph import Graph
from vedette.adapters.zoo.tfjs.call import Call
from vedette.adapters.zoo.tfjs.topology import Node
from vedette.adapters.zoo.tfjs.view import Stored, View
from vedette.adapters.zoo.tfjs.writer import Writer
from vedette.errors import UnsupportedError

VIEW = View(Stored("t"), (0, 1), (1, 2), (1, 2))
CALL = Call(Node("n", "Op", ("a", "b"), {}), (VIEW, np.int32([[1, 2]])), Writer(Graph("g", "input", (3, 2, 2))))


def test_inputs_by_place() -> None:
    """A tensor as its view, a constant as its array or its whole numbers."""
    assert CALL.view(0) is VIEW
    assert CALL.array(1).shape == (1, 2)
    assert CALL.integers(1) == (1, 2)


def test_the_wrong_kind_is_refused() -> None:
    """Operator, node and place are named."""
    with pytest.raises(UnsupportedError, match="Op n cannot be converted: input 1 is a constant"):
        CALL.view(1)
    with pytest.raises(UnsupportedError, match="Op n cannot be converted: input 0 is not a constant"):
        CALL.integers(0)
