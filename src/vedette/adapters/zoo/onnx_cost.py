"""What a graph costs, counted on the graph itself: weights, and multiply-adds of one image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Number of floating-point weights, and 2 x multiply-adds in 10^9; None where a shape is not known."""

    parameters: int
    gflops: float | None


def cost_of(model: onnx.ModelProto) -> Cost:
    """Count convolutions and matrix products of one image, as papers do; everything else is small beside them."""
    from onnx import TensorProto

    floats = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
    weights = [tensor for tensor in model.graph.initializer if tensor.data_type in floats and len(tensor.dims)]
    shapes = _shapes(model)
    total = 0
    for node in model.graph.node:
        counted = _multiply_adds(node, shapes)
        if counted is None:
            return Cost(sum(math.prod(tensor.dims) for tensor in weights), None)
        total += counted
    return Cost(sum(math.prod(tensor.dims) for tensor in weights), 2 * total / 1e9)


def _multiply_adds(node: Any, shapes: Shapes) -> int | None:
    if node.op_type == "Conv":
        weight, output = shapes.get(node.input[1]), shapes.get(node.output[0])
        return None if weight is None or output is None else math.prod(output) * math.prod(weight[1:])
    if node.op_type in ("Gemm", "MatMul"):
        left, output = shapes.get(node.input[0]), shapes.get(node.output[0])
        if left is None or output is None:
            return None
        across = next((item.i for item in node.attribute if item.name == "transA"), 0)
        return math.prod(output) * left[0 if across else -1]
    known_free = node.op_type not in (
        "ConvTranspose",
        "Einsum",
        "LSTM",
        "GRU",
        "RNN",
        "QLinearConv",
        "ConvInteger",
        "If",
        "Loop",
    )
    return 0 if known_free else None


def _shapes(model: onnx.ModelProto) -> Shapes:
    """Shapes for a batch of one, of every tensor whose other sides are known; none if the graph contradicts itself."""
    import onnx

    single = onnx.ModelProto()
    single.CopyFrom(model)
    constants = {tensor.name for tensor in single.graph.initializer}
    for tensor in single.graph.input:
        if tensor.name not in constants and tensor.type.tensor_type.shape.dim:
            tensor.type.tensor_type.shape.dim[0].dim_value = 1
    for tensor in (*single.graph.value_info, *single.graph.output):
        tensor.type.tensor_type.ClearField("shape")
    try:
        graph = onnx.shape_inference.infer_shapes(single).graph
    except (onnx.shape_inference.InferenceError, ValueError, RuntimeError):
        return {}
    shapes: Shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for tensor in (*graph.input, *graph.value_info, *graph.output):
        sides = tensor.type.tensor_type.shape.dim
        if tensor.type.tensor_type.HasField("shape") and all(side.dim_value > 0 for side in sides):
            shapes[tensor.name] = tuple(side.dim_value for side in sides)
    return shapes
