"""The walk through a graph."""

from __future__ import annotations

import numpy as np
import pytest
from tfjs_graphs import Converted, images, topology

from vedette.errors import InvalidError, UnsupportedError
from vedette.values.frame import Size

ONE = (1, 2, 2, 3)


def test_only_what_is_needed_is_converted() -> None:
    """A node that nobody asks for may be of any kind, and so may all that comes before the entrance."""
    graph = topology(("image", "Placeholder", ""), ("x", "While", "image"), ("y", "Sigmoid", "x"), ("z", "NMS", "y"))

    assert Converted(graph, "y", ONE).operators == ["Sigmoid", "Transpose"]


def test_a_deep_graph_is_no_problem() -> None:
    """Far more nodes in a row than Python would call in each other."""
    nodes = [(f"n{number + 1}", "Identity", f"n{number}") for number in range(5000)]
    graph = topology(("n0", "Sigmoid", "x"), *reversed(nodes))

    assert Converted(graph, "n5000", ONE).operators == ["Sigmoid", "Transpose"]


def test_a_node_is_converted_once() -> None:
    """However many read it."""
    graph = topology(("s", "Sigmoid", "x"), ("a", "AddV2", "s s"), ("y", "AddV2", "a s"))

    assert Converted(graph, "y", ONE).operators == ["Sigmoid", "Add", "Add", "Transpose"]


def test_an_operator_that_is_not_covered_is_told() -> None:
    """Its name, its node, and all that are."""
    with pytest.raises(UnsupportedError, match="operator Einsum of node e is not converted") as caught:
        Converted(topology(("e", "Einsum", "x"), ("y", "Sigmoid", "e")), "y", ONE)
    assert "Conv2D, DepthwiseConv2dNative" in caught.value.help


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([("a", "Sigmoid", "y"), ("y", "Sigmoid", "a")], "the graph goes in a circle at"),
        ([("y", "Sigmoid", "gone")], "the graph has no node gone"),
        ([], "the graph has no node y"),
        ([("y", "Identity", "c")], "y is no tensor of this graph"),
    ],
)
def test_a_broken_graph_is_refused(nodes: list[tuple[str, str, str]], reason: str) -> None:
    """It is not followed forever, and nothing is made up."""
    with pytest.raises(InvalidError, match=reason):
        Converted(topology(*nodes, c=np.float32(1)), "y", ONE)


@pytest.mark.parametrize(("saved", "size"), [((1, 4, 6, 3), Size(5, 3)), ((1, 3, 4, 6), Size(5, 3))])
def test_the_entrance_has_the_wanted_size(saved: tuple[int, ...], size: Size) -> None:
    """The ONNX input is N x 3 x height x width, whichever order TensorFlow's has."""
    converted = Converted(topology(("y", "Identity", "x")), "y", saved, size)
    sides = converted.model.graph.input[0].type.tensor_type.shape.dim
    pixels = images(*((2, 3, 5, 3) if saved[3] == 3 else (2, 3, 3, 5)))

    assert [side.dim_param or side.dim_value for side in sides] == ["N", 3, 3, 5]
    np.testing.assert_array_equal(converted(pixels), pixels)
