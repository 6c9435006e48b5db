"""Operators that work number by number, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from tfjs_graphs import Converted, images, topology

from vedette.errors import UnsupportedError


@pytest.mark.parametrize(
    ("operator", "attributes", "expected"),
    [
        ("Sigmoid", {}, lambda x: 1 / (1 + np.exp(-x))),
        ("LeakyRelu", {"alpha": {"f": 0.1}}, lambda x: np.where(x < 0, 0.1 * x, x)),
        ("LeakyRelu", {}, lambda x: np.where(x < 0, 0.2 * x, x)),
        ("Relu6", {}, lambda x: np.minimum(np.maximum(x, 0), 6)),
        ("Identity", {}, lambda x: x),
    ],
)
def test_of_one_tensor(operator: str, attributes: dict[str, object], expected: object) -> None:
    """The formula, for numbers on both sides of each bend."""
    pixels = 5 * images(2, 4, 5, 3)
    converted = Converted(topology(("y", operator, "x", attributes)), "y", (1, 4, 5, 3))

    np.testing.assert_allclose(converted(pixels), expected(pixels.astype(np.float64)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("operator", "compute"), [("Add", np.add), ("AddV2", np.add), ("Mul", np.multiply)])
@pytest.mark.parametrize("shape", [(), (3,), (5, 3), (1, 4, 1, 1), (4, 5, 3)])
@pytest.mark.parametrize("inputs", ["x c", "c x"])
def test_a_constant_is_broadcast_as_tensorflow_does(
    operator: str, compute: object, shape: tuple[int, ...], inputs: str
) -> None:
    """Its last dimension meets the channels, which the stored tensor has first; the sides may be swapped."""
    constant, pixels = images(*shape, seed=1), images(2, 4, 5, 3)
    converted = Converted(topology(("y", operator, inputs), c=constant), "y", (1, 4, 5, 3))

    np.testing.assert_allclose(converted(pixels), compute(pixels, constant), rtol=1e-5)


def test_two_views_of_one_tensor_meet() -> None:
    """A transposed tensor is brought into the order of the other."""
    graph = topology(("t", "Transpose", "x p"), ("y", "AddV2", "x t"), p=np.int32([0, 2, 1, 3]))
    pixels = images(2, 4, 4, 3)

    np.testing.assert_allclose(
        Converted(graph, "y", (1, 4, 4, 3))(pixels), pixels + pixels.transpose(0, 2, 1, 3), rtol=1e-6
    )


def test_a_sum_of_many() -> None:
    """AddN takes tensors and constants alike."""
    graph = topology(("s", "Sigmoid", "x"), ("y", "AddN", "x s c x"), c=np.float32([1, 2, 3]))
    pixels = images(2, 4, 4, 3)

    expected = 2 * pixels + 1 / (1 + np.exp(-pixels)) + [1, 2, 3]
    np.testing.assert_allclose(Converted(graph, "y", (1, 4, 4, 3))(pixels), expected, rtol=1e-5, atol=1e-6)


def test_constants_are_computed_beforehand() -> None:
    """Nothing of a sum of constants reaches the graph but its result."""
    graph = topology(
        ("s", "AddV2", "a b"), ("p", "Mul", "s b"), ("y", "Mul", "x p"), a=np.float32(1), b=np.float32([1, 2, 3])
    )
    converted, pixels = Converted(graph, "y", (1, 2, 2, 3)), images(2, 2, 2, 3)

    np.testing.assert_allclose(converted(pixels), pixels * [2, 6, 12], rtol=1e-6)
    assert converted.operators == ["Mul", "Transpose"]


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([("y", "Add", "x c")], "a constant of shape .* raises the rank"),
        ([("s", "SplitV", "x half axis"), ("r", "Reshape", "x flat"), ("y", "Add", "x r")], "tensors of shapes"),
        ([("y", "Sigmoid", "c")], "input 0 is a constant"),
    ],
)
def test_what_is_not_covered_is_told(nodes: list[tuple[str, str, str]], reason: str) -> None:
    """Node and reason are in the message."""
    graph = topology(*nodes, c=images(2, 1, 1, 1, 3), half=np.int32([1, 2]), axis=np.int32(3), flat=np.int32([1, -1]))

    with pytest.raises(UnsupportedError, match=f" y cannot be converted: {reason}"):
        Converted(graph, "y", (1, 2, 2, 3))
