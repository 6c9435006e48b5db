"""Convolutions, batch norm, paddings and pooling of TensorFlow against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from tfjs_graphs import Converted, convolved, images, integers, text, topology

from vedette.errors import UnsupportedError

SLIDING = {"strides": integers(1, 1, 1, 1), "padding": text("VALID")}
WEIGHT = images(3, 3, 3, 5, seed=1)


def sliding(stride: int = 1, padding: str = "VALID", dilation: int = 1) -> dict[str, object]:
    sides = {"strides": (1, stride, stride, 1), "dilations": (1, dilation, dilation, 1)}
    return {"padding": text(padding), **{key: integers(*value) for key, value in sides.items()}}


def close(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("side", "stride", "pads"), [(8, 1, (1, 1)), (8, 2, (0, 1)), (9, 2, (1, 1)), (7, 3, (1, 1))])
def test_same_puts_the_odd_pixel_last(side: int, stride: int, pads: tuple[int, int]) -> None:
    """SAME gives ceil(side / stride) rows: the zeros that this needs are halved, an odd one comes after."""
    graph = topology(("c", "Conv2D", "x w", sliding(stride, "SAME")), w=WEIGHT)
    converted, pixels = Converted(graph, "c", (1, side, side, 3)), images(2, side, side, 3)

    assert converted(pixels).shape[1] == -(-side // stride)
    close(converted(pixels), convolved(pixels, WEIGHT, stride, pads=pads))
    assert converted.operators == ["Conv", "Transpose"]


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_valid_pads_nothing(stride: int, dilation: int) -> None:
    """Strides and dilations as in the formula."""
    graph = topology(("c", "Conv2D", "x w", sliding(stride, "VALID", dilation)), w=WEIGHT)
    pixels = images(2, 9, 8, 3)

    close(Converted(graph, "c", (1, 9, 8, 3))(pixels), convolved(pixels, WEIGHT, stride, dilation))


def test_same_with_a_dilation() -> None:
    """The window reaches over (3 - 1) x 2 + 1 = 5 pixels, so two zeros stand on each side."""
    graph = topology(("c", "Conv2D", "x w", sliding(1, "SAME", 2)), w=WEIGHT)
    pixels = images(2, 8, 8, 3)

    close(Converted(graph, "c", (1, 8, 8, 3))(pixels), convolved(pixels, WEIGHT, dilation=2, pads=(2, 2)))


def test_depthwise_filters_each_channel_by_itself() -> None:
    """Channel i gives the outputs i x multiplier and on."""
    weight = images(3, 3, 3, 2, seed=2)
    graph = topology(("c", "DepthwiseConv2dNative", "x w", sliding()), w=weight)
    pixels = images(2, 6, 7, 3)
    expected = [convolved(pixels[..., i : i + 1], weight[:, :, i : i + 1]) for i in range(3)]

    close(Converted(graph, "c", (1, 6, 7, 3))(pixels), np.concatenate(expected, axis=3))


@pytest.mark.parametrize("after", ["Conv2D", "DepthwiseConv2dNative"])
def test_what_follows_goes_into_the_weights(after: str) -> None:
    """A product, a sum and a batch norm with numbers a channel leave one convolution."""
    weight = WEIGHT if after == "Conv2D" else images(3, 3, 3, 1, seed=3)
    channels = 5 if after == "Conv2D" else 3
    gain, bias, gamma, beta, mean = images(5, channels, seed=4)
    variance = np.abs(images(channels, seed=5)) + np.float32(0.5)
    graph = topology(
        ("c", after, "x w", sliding()),
        ("m", "Mul", "c gain"),
        ("a", "BiasAdd", "m bias"),
        ("n", "FusedBatchNorm", "a gamma beta mean variance", {"epsilon": {"f": 0.001}}),
        ("z", "Mul", "n half"),
        w=weight,
        gain=gain,
        bias=bias,
        gamma=gamma,
        beta=beta,
        mean=mean,
        variance=variance,
        half=np.float32(0.5),
    )
    converted, pixels = Converted(graph, "z", (1, 6, 6, 3)), images(2, 6, 6, 3)
    parts = [convolved(pixels[..., i : i + 1], weight[:, :, i : i + 1]) for i in range(3)]
    plain = convolved(pixels, weight) if after == "Conv2D" else np.concatenate(parts, axis=3)
    normal = (plain * gain + bias - mean) / np.sqrt(variance + 0.001) * gamma + beta

    close(converted(pixels), 0.5 * normal)
    assert converted.operators == ["Conv", "Transpose"]


def test_a_batch_norm_alone_is_a_product_and_a_sum() -> None:
    """Without a convolution before it there is nothing to go into."""
    graph = topology(
        ("n", "FusedBatchNorm", "x g b m v", {"epsilon": {"f": 0.001}}),
        g=np.float32([1, 2, 3]),
        b=np.float32([3, 4, 5]),
        m=np.float32([5, 6, 7]),
        v=np.float32([1, 4, 9]),
    )
    converted, pixels = Converted(graph, "n", (1, 2, 2, 3)), images(2, 2, 2, 3)
    expected = (pixels - [5, 6, 7]) / np.sqrt(np.array([1, 4, 9]) + 0.001) * [1, 2, 3] + [3, 4, 5]

    close(converted(pixels), expected)
    assert converted.operators == ["Mul", "Add", "Transpose"]


def test_a_convolution_that_is_read_twice_stays_right() -> None:
    """One reader folds a product into its own weights, the other still sees the convolution without it."""
    graph = topology(
        ("c", "Conv2D", "x w", sliding()), ("m", "Mul", "c gain"), ("y", "AddV2", "c m"), w=WEIGHT, gain=images(5)
    )
    pixels = images(2, 5, 5, 3)

    close(Converted(graph, "y", (1, 5, 5, 3))(pixels), convolved(pixels, WEIGHT) * (1 + images(5)))


def test_a_padding_becomes_that_of_the_convolution() -> None:
    """Pad in NCHW, transpose, VALID convolution: one node, whose sides are padded by their own numbers."""
    graph = topology(
        ("p", "Pad", "x amounts"),
        ("t", "Transpose", "p last"),
        ("c", "Conv2D", "t w", sliding(2)),
        amounts=np.int32([[0, 0], [0, 0], [1, 2], [3, 0]]),
        last=np.int32([0, 2, 3, 1]),
        w=WEIGHT,
    )
    converted, pixels = Converted(graph, "c", (1, 3, 6, 7)), images(2, 3, 6, 7)
    padded = np.pad(pixels, ((0, 0), (0, 0), (1, 2), (3, 0))).transpose(0, 2, 3, 1)

    close(converted(pixels), convolved(padded, WEIGHT, 2))
    assert converted.operators == ["Conv", "Transpose"]


@pytest.mark.parametrize(
    ("amounts", "value"), [([[0, 0], [1, 1], [1, 1], [0, 0]], 7.0), ([[0, 0], [1, 0], [0, 1], [0, 2]], 0.0)]
)
def test_another_padding_stays_a_node(amounts: list[list[int]], value: float) -> None:
    """A value that is no zero, or channels that are added, are no padding of a convolution."""
    padded = np.pad(images(2, 5, 5, 3), amounts, constant_values=value)
    weight = images(2, 2, padded.shape[3], 4, seed=6)
    graph = topology(
        ("p", "PadV2", "x amounts value"),
        ("c", "Conv2D", "p w", sliding()),
        amounts=np.int32(amounts),
        value=np.float32(value),
        w=weight,
    )
    converted = Converted(graph, "c", (1, 5, 5, 3))

    close(converted(images(2, 5, 5, 3)), convolved(padded, weight))
    assert converted.operators == ["Pad", "Conv", "Transpose"]


@pytest.mark.parametrize(("padding", "side", "pads"), [("VALID", 7, (0, 0)), ("SAME", 7, (1, 1)), ("SAME", 8, (0, 1))])
def test_max_pool(padding: str, side: int, pads: tuple[int, int]) -> None:
    """The greatest of each 3 x 3 window, two apart; what lies outside never wins."""
    attributes = {**sliding(2, padding), "ksize": integers(1, 3, 3, 1)}
    pixels = images(2, side, side, 3) - 5
    padded = np.pad(pixels, ((0, 0), pads, pads, (0, 0)), constant_values=-np.inf)
    starts = range(0, padded.shape[1] - 2, 2)
    expected = np.array([[padded[:, i : i + 3, j : j + 3].max(axis=(1, 2)) for j in starts] for i in starts])

    converted = Converted(topology(("m", "MaxPool", "x", attributes)), "m", (1, side, side, 3))
    close(converted(pixels), expected.transpose(2, 0, 1, 3))


def test_a_padding_with_nothing_becomes_that_of_the_pooling() -> None:
    """Minus infinity around a pooling is what ONNX does by itself; zeros are not."""
    attributes = {**sliding(2), "ksize": integers(1, 3, 3, 1)}
    pixels = images(2, 6, 6, 3) - 5
    for value, operators in ((-np.inf, ["MaxPool"]), (0.0, ["Pad", "MaxPool"])):
        graph = topology(
            ("p", "PadV2", "x amounts value"),
            ("m", "MaxPool", "p", attributes),
            amounts=np.int32([[0, 0], [1, 1], [1, 1], [0, 0]]),
            value=np.float32(value),
        )
        converted = Converted(graph, "m", (1, 6, 6, 3))
        padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=value)
        expected = np.array([[padded[:, i : i + 3, j : j + 3].max(axis=(1, 2)) for j in (0, 2, 4)] for i in (0, 2, 4)])

        close(converted(pixels), expected.transpose(2, 0, 1, 3))
        assert converted.operators == [*operators, "Transpose"]


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({**SLIDING, "padding": text("EXPLICIT")}, "its padding is neither VALID nor SAME"),
        ({**SLIDING, "data_format": text("NCHW")}, "its data_format is not NHWC"),
    ],
)
def test_what_is_not_covered_is_told(attributes: dict[str, object], reason: str) -> None:
    """Operator, node and reason are in the message."""
    with pytest.raises(UnsupportedError, match=f"Conv2D c cannot be converted: {reason}"):
        Converted(topology(("c", "Conv2D", "x w", attributes), w=WEIGHT), "c", (1, 6, 6, 3))
