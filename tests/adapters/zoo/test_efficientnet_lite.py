"""EfficientNet-Lite against a second truth: NumPy convolutions, and the sizes that its authors published."""

from __future__ import annotations

import math

import numpy as np
import onnx
import onnxruntime
import pytest
from pulled import pulled_home

from vedette.adapters.zoo import efficientnet_lite
from vedette.adapters.zoo.efficientnet_lite import LITE0, LITE1, LITE2, build, same_padding
from vedette.adapters.zoo.onnx_cost import cost_of
from vedette.errors import InvalidError

PUBLISHED = [(LITE0, 4.65e6, 0.77), (LITE1, 5.42e6, 1.20), (LITE2, 6.09e6, 1.72)]
NORM = ("weight", "bias", "running_mean", "running_var")


def random_weights(variant: efficientnet_lite.Variant) -> dict[str, np.ndarray]:
    """A state dict of the right shapes, from the architecture as the paper gives it."""
    draw = np.random.default_rng(1)
    weights: dict[str, np.ndarray] = {}

    def add(conv: str, norm: str, shape: tuple[int, ...]) -> None:
        weights[f"{conv}.weight"] = draw.normal(0, 1 / math.sqrt(math.prod(shape[1:])), shape).astype(np.float32)
        for key in NORM:
            weights[f"{norm}.{key}"] = draw.uniform(0.5, 1.5, shape[0]).astype(np.float32)

    add("_conv_stem", "_bn0", (32, 3, 3, 3))
    channels, index = 32, 0
    stages = [
        (1, 3, 1, 16),
        (2, 3, 6, 24),
        (2, 5, 6, 40),
        (3, 3, 6, 80),
        (3, 5, 6, 112),
        (4, 5, 6, 192),
        (1, 3, 6, 320),
    ]
    for number, (repeats, kernel, expand, wanted) in enumerate(stages):
        out = int(wanted * variant.width + 4) // 8 * 8
        out += 8 * (out < 0.9 * wanted * variant.width)
        for _ in range(repeats if number in (0, 6) else math.ceil(repeats * variant.depth)):
            block, middle = f"_blocks.{index}", channels * expand
            if expand > 1:
                add(f"{block}._expand_conv", f"{block}._bn0", (middle, channels, 1, 1))
            add(f"{block}._depthwise_conv", f"{block}._bn1", (middle, 1, kernel, kernel))
            add(f"{block}._project_conv", f"{block}._bn2", (out, middle, 1, 1))
            channels, index = out, index + 1
    add("_conv_head", "_bn1", (1280, channels, 1, 1))
    weights["_fc.weight"] = draw.normal(0, 0.03, (1000, 1280)).astype(np.float32)
    weights["_fc.bias"] = np.zeros(1000, np.float32)
    return weights


def run(model: onnx.ModelProto, pixels: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"input": pixels})


def with_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """The same model that also answers one of its inner tensors."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    opened.graph.output.append(onnx.ValueInfoProto(name=name))
    return opened


def stem_in_numpy(pixels: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    """Pad by TensorFlow's rule, convolve by hand, normalise as batch norm is defined, clip at 6."""
    side = pixels.shape[2]
    out = -(-side // 2)
    total = max((out - 1) * 2 + 3 - side, 0)
    padded = np.pad(pixels, ((0, 0), (0, 0), (total // 2, total - total // 2), (total // 2, total - total // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    plain = np.einsum("nchwij,ocij->nohw", windows.astype(np.float64), weights["_conv_stem.weight"].astype(np.float64))
    gamma, beta, mean, variance = (weights[f"_bn0.{key}"].astype(np.float64)[:, None, None] for key in NORM)
    return np.clip((plain - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0, 6)


@pytest.mark.parametrize(("variant", "parameters", "gflops"), PUBLISHED)
def test_size_and_cost_are_those_published(variant, parameters: float, gflops: float) -> None:
    """Within 2 % of the authors' parameters and multiply-adds, counted on the graph that is run."""
    cost = cost_of(build(variant, random_weights(variant)))

    assert cost.parameters == pytest.approx(parameters, rel=0.02)
    assert cost.gflops == pytest.approx(gflops, rel=0.02)


def test_the_stem_is_the_convolution_of_numpy() -> None:
    """Folded batch norm and SAME padding give what the definitions give."""
    weights = random_weights(LITE0)
    pixels = np.random.default_rng(2).normal(size=(1, 3, 224, 224)).astype(np.float32)
    model = build(LITE0, weights)
    first_clip = next(node.output[0] for node in model.graph.node if node.op_type == "Clip")

    np.testing.assert_allclose(
        run(with_output(model, first_clip), pixels)[1], stem_in_numpy(pixels, weights), atol=2e-5
    )


def test_a_row_of_a_batch_is_the_row_alone() -> None:
    """Batch 3, row 1 equals batch 1."""
    pixels = np.random.default_rng(3).normal(size=(3, 3, 224, 224)).astype(np.float32)
    model = build(LITE0, random_weights(LITE0))

    np.testing.assert_allclose(run(model, pixels)[0][1:2], run(model, pixels[1:2])[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padding"),
    [(224, 3, 2, (0, 1)), (225, 3, 2, (1, 1)), (112, 3, 1, (1, 1)), (56, 5, 2, (1, 2)), (7, 1, 1, (0, 0))],
)
def test_same_padding(side: int, kernel: int, stride: int, padding: tuple[int, int]) -> None:
    """Even sides with stride 2 are padded at the end only."""
    assert same_padding(side, kernel, stride) == padding


def test_weights_of_another_model_are_refused() -> None:
    """The missing name is told."""
    weights = random_weights(LITE0)
    del weights["_conv_stem.weight"]

    with pytest.raises(InvalidError, match=r"not the weights of efficientnet-lite0: _conv_stem\.weight is missing"):
        build(LITE0, weights)


def test_the_real_weights_have_the_published_size() -> None:
    """The pulled file, read again: 1,000 logits a row, 4.65 M parameters, 0.77 GFLOPs, any batch."""
    model = onnx.load(pulled_home() / "efficientnet-lite0/1/model.onnx")
    cost = cost_of(model)

    assert cost.parameters == pytest.approx(4.65e6, rel=0.01)
    assert cost.gflops == pytest.approx(0.77, rel=0.01)
    assert run(model, np.zeros((2, 3, 224, 224), np.float32))[0].shape == (2, 1000)


def test_the_real_model_knows_a_cup_of_coffee(photos) -> None:
    """On a shipped photo the pulled weights see what is there (preprocessing by Pillow, a second truth)."""
    from PIL import Image

    picture = Image.open(photos / "coffee.jpg").convert("RGB")
    side = min(picture.size) * 224 / 256
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    crop = picture.resize((224, 224), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    pixels = ((np.asarray(crop, np.float32) - 127) / 128).transpose(2, 0, 1)[None]
    logits = run(onnx.load(pulled_home() / "efficientnet-lite0/1/model.onnx"), pixels)[0][0]
    labels = (pulled_home() / "efficientnet-lite0/labels.txt").read_text(encoding="utf-8").splitlines()

    assert labels[int(logits.argmax())] == "espresso"
