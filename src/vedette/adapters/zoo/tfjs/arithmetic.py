"""Operators that work number by number; a constant beside a convolution goes into its weights."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from vedette.adapters.zoo.tfjs.call import Call
from vedette.adapters.zoo.tfjs.view import Convolution, Shape, Stored, Value, View
from vedette.adapters.zoo.tfjs.weights import Array


def add(call: Call) -> Value:
    """Add, AddV2, BiasAdd and AddN."""
    if call.node.text("data_format", "NHWC") != "NHWC":
        raise call.refused("its data_format is not NHWC")
    return functools.reduce(functools.partial(_binary, call, "Add", np.add, Convolution.plus), call.inputs)


def multiply(call: Call) -> Value:
    """Mul."""
    return _binary(call, "Mul", np.multiply, Convolution.times, *call.inputs)


def summed(call: Call, view: View, constant: Array) -> View:
    """A tensor plus a constant."""
    return _with_constant(call, "Add", Convolution.plus, view, constant)


def multiplied(call: Call, view: View, constant: Array) -> View:
    """A tensor times a constant."""
    return _with_constant(call, "Mul", Convolution.times, view, constant)


def sigmoid(call: Call) -> View:
    """Sigmoid."""
    return _unary(call, "Sigmoid")


def leaky_relu(call: Call) -> View:
    """LeakyRelu: x, or alpha * x below 0."""
    return _unary(call, "LeakyRelu", alpha=call.node.real("alpha", 0.2))


def relu6(call: Call) -> View:
    """Relu6: x held within 0..6."""
    return _unary(call, "Clip", call.writer.real(0), call.writer.real(6))


def identity(call: Call) -> Value:
    """Identity."""
    return call.inputs[0]


Fold = Callable[[Convolution, Array], Convolution]


def _unary(call: Call, operator: str, *constants: str, **attributes: Any) -> View:
    view = call.view(0)
    return view.becoming(Stored(call.writer.graph.node(operator, call.writer.tensor(view), *constants, **attributes)))


def _binary(
    call: Call, operator: str, compute: Callable[[Array, Array], Array], fold: Fold, left: Value, right: Value
) -> Value:
    match left, right:
        case np.ndarray(), np.ndarray():
            return np.asarray(compute(left, right))
        case View(), np.ndarray():
            return _with_constant(call, operator, fold, left, right)
        case np.ndarray(), View():
            return _with_constant(call, operator, fold, right, left)
        case View(), View():
            return _with_view(call, operator, left, right)
        case _:
            raise call.refused("an input is a list of tensors")


def _with_constant(call: Call, operator: str, fold: Fold, view: View, constant: Array) -> View:
    """A convolution swallows a number a channel; anything else becomes a node."""
    if constant.ndim > len(view.shape):
        raise call.refused(f"a constant of shape {constant.shape} raises the rank")
    aligned, source = view.aligned(constant), view.source
    if isinstance(source, Convolution) and aligned.shape[0] == 1 and aligned.shape[2:] == (1, 1):
        return view.becoming(fold(source, aligned))
    tensors = call.writer.tensor(view), call.writer.constant(aligned)
    return _result(call, operator, view, tensors, constant.shape, constant.shape)


def _with_view(call: Call, operator: str, left: View, right: View) -> View:
    if len(left.shape) != len(right.shape):
        raise call.refused(f"tensors of shapes {left.shape} and {right.shape}")
    tensors = call.writer.tensor(left), call.writer.tensor(right, left.order)
    return _result(call, operator, left, tensors, right.saved, right.shape)


def _result(call: Call, operator: str, view: View, tensors: tuple[str, str], saved: Shape, shape: Shape) -> View:
    return View(
        Stored(call.writer.graph.node(operator, *tensors)),
        view.order,
        np.broadcast_shapes(view.saved, saved),
        np.broadcast_shapes(view.shape, shape),
    )
