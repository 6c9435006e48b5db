"""What a graph costs, counted on the graph itself: weights, and multiply-adds of one input."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

Shapes = dict[str, tuple[int, ...]]

_CONVOLUTIONS = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3}
"""Where each operator has its weights among its inputs."""
_PRODUCTS = ("Gemm", "MatMul", "MatMulInteger", "QLinearMatMul")
_CELLS = ("LSTM", "GRU", "RNN")
_NOT_COUNTED = ("ConvTranspose", "DeformConv", "Einsum", "If", "Loop", "Scan")
_SMALL = 1000
"""Constants of more numbers are never what a shape is computed from."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Number of weights, and 2 x multiply-adds in 10^9; None where a shape is not known."""

    parameters: int
    gflops: float | None


def cost_of(model: onnx.ModelProto, sides: Mapping[str, int] | None = None) -> Cost:
    """Count convolutions, matrix products and recurrent cells of one input, as papers do; all else is small.

    Args:
        model: any graph; a quantised one is counted as what it was made from.
        sides: lengths for open sides of the inputs by their names, such as {"T": 1}; the batch is always 1.
    """
    parameters = _parameters(model)
    shapes = _shapes(model, sides or {})
    total = 0
    for node in model.graph.node:
        counted = _multiply_adds(node, shapes)
        if counted is None:
            return Cost(parameters, None)
        total += counted
    return Cost(parameters, 2 * total / 1e9)


def _parameters(model: onnx.ModelProto) -> int:
    """Floating-point weights and quantised ones; not the scales and zero points of the latter."""
    from onnx import TensorProto

    floats = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
    beside, quantised = set(), set()
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            beside |= set(node.input[1:])
            quantised |= {node.input[0]} if node.op_type == "DequantizeLinear" else set()
    weights = (
        tensor
        for tensor in model.graph.initializer
        if tensor.name not in beside and (tensor.data_type in floats or tensor.name in quantised)
    )
    return sum(math.prod(tensor.dims) for tensor in weights if len(tensor.dims))


def _multiply_adds(node: Any, shapes: Shapes) -> int | None:
    if node.op_type in _CONVOLUTIONS:
        weight, output = shapes.get(node.input[_CONVOLUTIONS[node.op_type]]), shapes.get(node.output[0])
        return None if weight is None or output is None else math.prod(output) * math.prod(weight[1:])
    if node.op_type in _PRODUCTS:
        left, output = shapes.get(node.input[0]), shapes.get(node.output[0])
        if left is None or output is None:
            return None
        across = next((item.i for item in node.attribute if item.name == "transA"), 0)
        return math.prod(output) * left[0 if across else -1]
    if node.op_type in _CELLS:
        return _recurrent(node, shapes)
    return None if node.op_type in _NOT_COUNTED else 0


def _recurrent(node: Any, shapes: Shapes) -> int | None:
    """At each step every number of both matrices: directions x (gates hidden) x in, and x hidden."""
    entry, weight, recurrence = (shapes.get(name) for name in node.input[:3])
    if entry is None or weight is None or recurrence is None:
        return None
    steps = entry[0] * entry[1]  # times the batch, in either order of the two
    return steps * (math.prod(weight) + math.prod(recurrence))


def _shapes(model: onnx.ModelProto, given: Mapping[str, int]) -> Shapes:
    """Shapes for a batch of one, of every tensor whose other sides are known; none if the graph contradicts itself."""
    import onnx

    single = _without_weights(model)
    for tensor in _open_inputs(single, {tensor.name for tensor in model.graph.initializer}):
        for number, side in enumerate(tensor.type.tensor_type.shape.dim):
            if number == 0:
                side.dim_value = 1
            elif side.dim_param in given:
                side.dim_value = given[side.dim_param]
    for tensor in (*single.graph.value_info, *single.graph.output):
        tensor.type.tensor_type.ClearField("shape")
    try:
        graph = onnx.shape_inference.infer_shapes(single).graph
    except (onnx.shape_inference.InferenceError, ValueError, RuntimeError):
        return {}
    shapes: Shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for tensor in (*graph.input, *graph.value_info, *graph.output):
        sides = tensor.type.tensor_type.shape.dim
        if tensor.type.tensor_type.HasField("shape") and all(side.dim_value > 0 for side in sides):
            shapes[tensor.name] = tuple(side.dim_value for side in sides)
    return shapes


def _without_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with its large constants as inputs of their shape: inference copies the model several times."""
    import onnx

    light = onnx.ModelProto(ir_version=max(model.ir_version, 4))  # from 4 on constants need not be inputs too
    light.opset_import.extend(model.opset_import)
    light.functions.extend(model.functions)
    own, graph = model.graph, light.graph
    graph.name = own.name or "graph"
    graph.node.extend(own.node)
    graph.input.extend(own.input)
    graph.output.extend(own.output)
    graph.value_info.extend(own.value_info)
    known = {tensor.name for tensor in own.input}
    for tensor in own.initializer:
        if math.prod(tensor.dims) <= _SMALL:
            graph.initializer.append(tensor)
        elif tensor.name not in known:
            graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return light


def _open_inputs(model: onnx.ModelProto, constants: Container[str]) -> Iterator[Any]:
    """What is fed when the model runs."""
    for tensor in model.graph.input:
        if tensor.name not in constants and tensor.type.tensor_type.shape.dim:
            yield tensor
