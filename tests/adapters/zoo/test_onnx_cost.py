"""Weights and multiply-adds, counted by hand for graphs small enough for it."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper, numpy_helper
from tiny_models import classifier, model

from vedette.adapters.zoo.onnx_cost import cost_of


def zeros(name: str, *shape: int) -> object:
    return numpy_helper.from_array(np.zeros(shape, np.float32), name)


def test_a_convolution() -> None:
    """Output pixels x output channels x kernel x input channels, twice."""
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
    graph = model([node], [("x", ["N", 3, 8, 10])], [("y", ["N", 16, 4, 5])], [zeros("w", 16, 3, 3, 3), zeros("b", 16)])

    assert cost_of(graph).parameters == 16 * 27 + 16
    assert cost_of(graph).gflops == pytest.approx(2 * 4 * 5 * 16 * 27 / 1e9)


def test_a_depthwise_convolution() -> None:
    """A group sees its own channels only."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=8)
    graph = model([node], [("x", ["N", 8, 5, 5])], [("y", ["N", 8, 5, 5])], [zeros("w", 8, 1, 3, 3)])

    assert cost_of(graph).gflops == pytest.approx(2 * 5 * 5 * 8 * 9 / 1e9)


@pytest.mark.parametrize(
    ("operator", "attributes", "shape"), [("MatMul", {}, (7, 4)), ("Gemm", {}, (7, 4)), ("Gemm", {"transB": 1}, (4, 7))]
)
def test_a_matrix(operator: str, attributes: dict, shape: tuple[int, int]) -> None:
    """Inputs x outputs, twice."""
    node = helper.make_node(operator, ["x", "w"], ["y"], **attributes)
    graph = model([node], [("x", ["N", 7])], [("y", ["N", 4])], [zeros("w", *shape)])

    assert cost_of(graph).gflops == pytest.approx(2 * 28 / 1e9)


def test_an_open_size_has_no_cost() -> None:
    """A figure that is not known is none, not 0."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[1, 1])
    graph = model([node], [("x", ["N", 3, "H", "W"])], [("y", ["N", 4, "H", "W"])], [zeros("w", 4, 3, 1, 1)])

    assert cost_of(graph).parameters == 12
    assert cost_of(graph).gflops is None


def test_an_operator_that_is_not_counted_has_no_cost() -> None:
    """What would be too low is not told."""
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], kernel_shape=[2, 2])
    graph = model([node], [("x", ["N", 3, 4, 4])], [("y", ["N", 4, 5, 5])], [zeros("w", 3, 4, 2, 2)])

    assert cost_of(graph).gflops is None


def test_the_batch_does_not_count() -> None:
    """The cost is that of one image, whatever the graph calls its batch."""
    assert cost_of(classifier((5, 3, 32, 48))).gflops == cost_of(classifier()).gflops == pytest.approx(2 * 12 / 1e9)


def test_a_graph_that_contradicts_itself_is_counted_as_far_as_it_goes() -> None:
    """Shapes that do not fit are for the run to refuse, not for the count."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[9, 9])
    graph = model([node], [("x", ["N", 3, 4, 4])], [("y", ["N", 4, 1, 1])], [zeros("w", 4, 3, 3)])

    assert cost_of(graph).parameters == 36
    assert cost_of(graph).gflops is None
