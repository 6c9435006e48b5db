"""Operators that slide a window over a feature map: convolutions and pooling, with TensorFlow's paddings."""

from __future__ import annotations

import numpy as np

from vedette.adapters.zoo.efficientnet_lite import same_padding
from vedette.adapters.zoo.tfjs.arithmetic import multiplied, summed
from vedette.adapters.zoo.tfjs.call import Call
from vedette.adapters.zoo.tfjs.view import NHWC, Convolution, Floats, Padding, Shape, Stored, View
from vedette.adapters.zoo.tfjs.weights import Array

_BATCH_AND_CHANNELS = (0, 1)


def conv2d(call: Call) -> View:
    """Conv2D: weights of shape (height, width, in, out)."""
    return _convolution(call, call.array(1).transpose(3, 2, 0, 1), group=1)


def depthwise_conv2d(call: Call) -> View:
    """DepthwiseConv2dNative: weights of shape (height, width, in, multiplier), each channel by itself."""
    weight = call.array(1)
    height, width, channels, multiplier = weight.shape
    outputs = weight.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return _convolution(call, outputs, group=channels)


def fused_batch_norm(call: Call) -> View:
    """FusedBatchNorm at inference: (x - mean) / sqrt(variance + epsilon) * gamma + beta, a number a channel each."""
    gamma, beta, mean, variance = (call.array(place).astype(np.float64) for place in range(1, 5))
    factor = gamma / np.sqrt(variance + call.node.real("epsilon", 1e-4))
    offset = beta - mean * factor
    product = multiplied(call, call.view(0), factor.astype(np.float32))
    return summed(call, product, offset.astype(np.float32))


def max_pool(call: Call) -> View:
    """MaxPool; what lies outside never wins."""
    view, tensor, around = _unpadded(call, -np.inf)
    kernel, strides = call.node.integers("ksize", ())[1:3], call.node.integers("strides", ())[1:3]
    pads = _pads(call, view.shape, kernel, strides, around)
    pooled = call.writer.graph.node("MaxPool", tensor, kernel_shape=kernel, strides=strides, pads=pads)
    saved, shape = (_slid(call, shape, kernel, strides, shape[3]) for shape in (view.saved, view.shape))
    return View(Stored(pooled), NHWC, saved, shape)


def _convolution(call: Call, weight: Array, group: int) -> View:
    view, tensor, around = _unpadded(call, 0.0)
    strides, dilations = call.node.integers("strides", ())[1:3], call.node.integers("dilations", (1, 1, 1, 1))[1:3]
    reach = _reach(weight, dilations)
    source = Convolution(
        tensor=tensor,
        weight=np.ascontiguousarray(weight, np.float32),
        bias=np.zeros(len(weight), np.float32),
        strides=strides,
        dilations=dilations,
        pads=_pads(call, view.shape, reach, strides, around),
        group=group,
    )
    saved, shape = (_slid(call, shape, reach, strides, len(weight)) for shape in (view.saved, view.shape))
    return View(source, NHWC, saved, shape)


def _reach(weight: Floats, dilations: Shape) -> Shape:
    """Rows and columns from the first to the last that a window sees."""
    height, width = weight.shape[2:]
    return (height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1


def _unpadded(call: Call, value: float) -> tuple[View, str, Shape]:
    """The input, its NCHW tensor, and the pads of ONNX that a padding with `value` before it comes to."""
    if call.node.text("data_format", "NHWC") != "NHWC":
        raise call.refused("its data_format is not NHWC")
    view = call.view(0)
    padding = view.source
    if view.order == NHWC and isinstance(padding, Padding) and _absorbable(padding, value):
        return view, padding.tensor, (*padding.before[2:], *padding.after[2:])
    return view, call.writer.tensor(view, NHWC), (0, 0, 0, 0)


def _absorbable(padding: Padding, value: float) -> bool:
    flat = all(padding.before[place] == padding.after[place] == 0 for place in _BATCH_AND_CHANNELS)
    return flat and padding.value == value


def _pads(call: Call, shape: Shape, reach: Shape, strides: Shape, around: Shape) -> Shape:
    """The pads of ONNX: top, left, bottom, right. `shape` counts a padding in that was taken from before."""
    top, left, bottom, right = around
    if call.node.text("padding", "") == "VALID":
        return around
    if call.node.text("padding", "") != "SAME":
        raise call.refused("its padding is neither VALID nor SAME")
    above, below = same_padding(shape[1], reach[0], strides[0])
    before, after = same_padding(shape[2], reach[1], strides[1])
    return top + above, left + before, bottom + below, right + after


def _slid(call: Call, shape: Shape, reach: Shape, strides: Shape, channels: int) -> Shape:
    """The shape after windows have slid over it."""
    same = call.node.text("padding", "") == "SAME"
    sides = (
        -(-side // stride) if same else (side - window) // stride + 1
        for side, window, stride in zip(shape[1:3], reach, strides, strict=True)
    )
    return (shape[0], *sides, channels)


def pad(call: Call) -> View:
    """Pad and PadV2 with a constant: it waits for the convolution or pooling after it."""
    view, amounts = call.view(0), call.array(1)
    value = float(call.array(2)) if len(call.inputs) > 2 else 0.0  # noqa: PLR2004 - Pad has two, PadV2 three
    stored = amounts[[view.order.index(place) for place in range(len(view.order))]]
    before, after = (tuple(int(amount) for amount in column) for column in stored.T)
    sums = tuple(int(amount) for amount in amounts.sum(axis=1))
    return view.becoming(
        Padding(call.writer.tensor(view), before, after, value),
        lambda shape: tuple(side + more for side, more in zip(shape, sums, strict=True)),
    )
