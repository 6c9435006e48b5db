"""Single layers against what NumPy says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from untrained_graphs import constants, in_onnxruntime, layered, noise

from vedette.adapters.zoo.untrained.layers import Activation, Features, Gate


def applied(activation: Activation, values: np.ndarray) -> np.ndarray:
    if activation is Activation.RELU:
        return np.maximum(values, 0)
    if activation is Activation.SWISH:
        return values / (1 + np.exp(-values))
    if activation is Activation.HARD_SWISH:
        return values * np.clip(values / 6 + 0.5, 0, 1)
    return values


@pytest.mark.parametrize("activation", list(Activation))
def test_an_activation_is_its_formula_and_its_mean_square_is_known(activation: Activation) -> None:
    """What the graph computes is the formula, whose mean square over a normal is the member's value."""
    model, _ = layered(2, 6, lambda layers, image: layers.convolution(image, 3, 1, activation=activation))
    weight, bias = constants(model)
    pixels = noise(1, 2, 6, 6)
    plain = np.einsum("nchw,oc->nohw", pixels, weight[:, :, 0, 0]) + bias[:, None, None]
    points = np.linspace(-12, 12, 200_001)
    density = np.exp(-(points**2) / 2) / math.sqrt(2 * math.pi)

    np.testing.assert_allclose(in_onnxruntime(model, pixels)[0], applied(activation, plain), atol=1e-5)
    assert np.trapezoid(applied(activation, points) ** 2 * density, points) == pytest.approx(activation.value, abs=1e-4)


@pytest.mark.parametrize("groups", [1, 64])
@pytest.mark.parametrize("power", [0.01, 1.0, 30.0])
def test_a_convolution_brings_its_output_to_a_mean_square_of_1(groups: int, power: float) -> None:
    """Whatever comes in, many channels or one a group."""

    def add(layers, image):
        return layers.convolution(
            Features(image.tensor, 64, power), 64, 3, groups=groups, padded=False, activation=Activation.NONE
        )

    answer = in_onnxruntime(layered(64, 20, add)[0], noise(4, 64, 20, 20) * np.float32(math.sqrt(power)))[0]

    assert np.mean(answer**2) == pytest.approx(1, rel=0.25)


@pytest.mark.parametrize(("kernel", "stride", "shape"), [(3, 2, (5, 5)), ((1, 7), 1, (9, 9)), (5, 2, (5, 5))])
def test_padding_keeps_the_size_but_for_the_stride(kernel: int | tuple[int, int], stride: int, shape: tuple) -> None:
    """Nine pixels stay nine, or become five with a stride of 2."""
    model, _ = layered(2, 9, lambda layers, image: layers.convolution(image, 4, kernel, stride))

    assert in_onnxruntime(model, noise(1, 2, 9, 9))[0].shape == (1, 4, *shape)


@pytest.mark.parametrize("gate", list(Gate))
def test_squeeze_and_excite_weighs_channels(gate: Gate) -> None:
    """The share of a channel is made of the means of all channels, through two small layers."""
    model, _ = layered(6, 5, lambda layers, image: layers.squeeze_excite(image, 3, Activation.RELU, gate))
    narrow, narrow_bias, wide, wide_bias = (values.reshape(values.shape[:2]) for values in constants(model))
    pixels = noise(2, 6, 5, 5)
    hidden = np.maximum(pixels.mean(axis=(2, 3)) @ narrow.T + narrow_bias, 0)
    asked = hidden @ wide.T + wide_bias
    share = np.clip(asked / 6 + 0.5, 0, 1) if gate is Gate.HARD_SIGMOID else 1 / (1 + np.exp(-asked))

    np.testing.assert_allclose(in_onnxruntime(model, pixels)[0], pixels * share[:, :, None, None], atol=1e-5)


def test_a_branch_adds_little_to_what_goes_beside_it() -> None:
    """A tenth of its mean square, so that a hundred sums in a row stay finite."""
    model, _ = layered(64, 8, lambda layers, image: layers.narrowed(image, 64, image))
    pixels = noise(4, 64, 8, 8)

    assert np.mean((in_onnxruntime(model, pixels)[0] - pixels) ** 2) == pytest.approx(0.1, rel=0.2)


def test_only_convolutions_with_batch_norm_are_counted_as_such() -> None:
    """Two numbers a channel are published where the folded graph has one."""

    def add(layers, image):
        wide = layers.convolution(image, 10, 1)
        return layers.narrowed(layers.squeeze_excite(wide, 2, Activation.RELU, Gate.SIGMOID), 7, None)

    assert layered(3, 4, add)[1].norm_parameters == 10 + 7


def test_pools_and_joins() -> None:
    """Means count the zeros beyond the border; the largest of 3x3 every second pixel; channels side by side."""

    def add(layers, image):
        return layers.concatenated(layers.average_pool(image), image)

    pixels = noise(1, 2, 7, 7)
    padded = np.pad(pixels, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    largest = np.lib.stride_tricks.sliding_window_view(pixels, (3, 3), axis=(2, 3))[:, :, ::2, ::2].max(axis=(4, 5))
    joined = in_onnxruntime(layered(2, 7, add)[0], pixels)[0]
    pooled = in_onnxruntime(layered(2, 7, lambda layers, image: layers.max_pool(image, padded=False))[0], pixels)[0]

    np.testing.assert_allclose(joined[:, :2], windows.mean(axis=(4, 5)), atol=1e-6)
    np.testing.assert_array_equal(joined[:, 2:], pixels)
    np.testing.assert_array_equal(pooled, largest)


def test_weights_are_the_same_every_time() -> None:
    """The seed decides them."""
    one, other = (layered(2, 4, lambda layers, image: layers.convolution(image, 3, 3))[0] for _ in range(2))

    assert one.SerializeToString() == other.SerializeToString()
