"""Weights and multiply-adds, counted by hand for graphs small enough for it."""

from __future__ import annotations

import numpy as np
import onnx
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


@pytest.mark.parametrize(("operator", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
@pytest.mark.parametrize("directions", [1, 2])
def test_a_recurrent_layer(operator: str, gates: int, directions: int) -> None:
    """Steps x directions x gates x hidden x (inputs + hidden), twice; an open length is what the caller says."""
    way = "bidirectional" if directions == 2 else "forward"
    turn = helper.make_node("Transpose", ["x"], ["turned"], perm=[1, 0, 2])
    node = helper.make_node(operator, ["turned", "w", "r", "b"], ["y"], hidden_size=5, direction=way)
    weights = [
        zeros("w", directions, gates * 5, 7),
        zeros("r", directions, gates * 5, 5),
        zeros("b", directions, 2 * gates * 5),
    ]
    graph = model([turn, node], [("x", ["N", "T", 7])], [("y", ["T", directions, "N", 5])], weights)

    assert cost_of(graph).gflops is None
    assert cost_of(graph, {"T": 1}).gflops == pytest.approx(2 * directions * gates * 5 * (7 + 5) / 1e9)
    assert cost_of(graph, {"T": 9}).gflops == pytest.approx(9 * 2 * directions * gates * 5 * (7 + 5) / 1e9)


def test_an_integer_convolution_is_counted_like_any_other() -> None:
    """The weights are its fourth input."""
    scale, zero = numpy_helper.from_array(np.array(1, np.float32), "s"), np.array(0, np.uint8)
    node = helper.make_node("QLinearConv", ["x", "s", "z", "w", "s", "z", "s", "z"], ["y"], kernel_shape=[3, 3])
    weight = numpy_helper.from_array(np.zeros((4, 3, 3, 3), np.uint8), "w")
    graph = model(
        [node], [("x", ["N", 3, 6, 6])], [("y", ["N", 4, 4, 4])], [weight, scale, numpy_helper.from_array(zero, "z")]
    )
    for tensor in (graph.graph.input[0], graph.graph.output[0]):
        tensor.type.tensor_type.elem_type = onnx.TensorProto.UINT8

    assert cost_of(graph).gflops == pytest.approx(2 * 4 * 4 * 4 * 27 / 1e9)


def test_quantised_weights_are_parameters_and_their_scales_are_not() -> None:
    """A model in 8 bits has as many parameters as the one that it was made from."""
    restore = helper.make_node("DequantizeLinear", ["w", "scales", "zeros"], ["restored"], axis=0)
    node = helper.make_node("Conv", ["x", "restored"], ["y"], kernel_shape=[3, 3])
    weights = [numpy_helper.from_array(np.zeros((8, 3, 3, 3), np.int8), "w"), zeros("scales", 8)]
    weights.append(numpy_helper.from_array(np.zeros(8, np.int8), "zeros"))
    graph = model([restore, node], [("x", ["N", 3, 5, 5])], [("y", ["N", 8, 3, 3])], weights)

    assert cost_of(graph).parameters == 8 * 27
    assert cost_of(graph).gflops == pytest.approx(2 * 3 * 3 * 8 * 27 / 1e9)


def test_large_constants_need_no_room_of_their_own() -> None:
    """Weights of any size are counted, also where an old file lists them among the inputs."""
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = model([node], [("x", ["N", 70]), ("w", [70, 40])], [("y", ["N", 40])], [zeros("w", 70, 40)])
    graph.ir_version = 3

    assert cost_of(graph).parameters == 2800
    assert cost_of(graph).gflops == pytest.approx(2 * 2800 / 1e9)
