"""What OpenVINO reads: its IR, SavedModel and TFLite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_models import classifier, save_ir, save_saved_model, save_tflite, weights

from vedette.adapters.zoo.openvino_file import OpenVinoFile
from vedette.errors import InvalidError
from vedette.values.manifest import ModelFormat


def test_ir_with_its_metadata(tmp_path: Path) -> None:
    """`rt_info model_info` is read under its own names; both files belong to it."""
    file = save_ir(classifier(), tmp_path / "net.xml", {"model_type": "Classification", "labels": "a b c d"})
    contents = OpenVinoFile(ModelFormat.OPENVINO).read(file)

    assert contents.signature.metadata == {"model_type": "Classification", "labels": "a b c d"}
    assert contents.signature.inputs[0].shape == (None, 3, 32, 48)
    assert contents.files == {"model.xml": file, "model.bin": tmp_path / "net.bin"}


def test_ir_without_metadata(tmp_path: Path) -> None:
    """Nothing is made up."""
    signature = OpenVinoFile(ModelFormat.OPENVINO).read(save_ir(classifier(), tmp_path / "net.xml")).signature

    assert signature.metadata == {}
    assert signature.layout == ""
    assert signature.softmax is False


def test_a_saved_model_runs_as_computed_by_hand(tmp_path: Path) -> None:
    """Mean over the pixels, the matrix, the softmax."""
    folder = save_saved_model(tmp_path / "net")
    reader = OpenVinoFile(ModelFormat.SAVED_MODEL)
    contents = reader.read(folder)
    pixels = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    ((name, answer),) = reader.run(folder, [pixels])
    products = np.exp(pixels.mean(axis=(1, 2)) @ weights(4, 3).T)

    assert contents.signature.inputs[0].shape == (None, 8, 8, 3)
    assert contents.signature.softmax is True
    assert (contents.file, list(contents.files)) == ("saved_model", ["saved_model/saved_model.pb"])
    assert name == "chances"
    np.testing.assert_allclose(answer, products / products.sum(axis=1, keepdims=True), rtol=1e-4)


def test_a_tflite_model_runs_as_computed_by_hand(tmp_path: Path) -> None:
    """Mean over the pixels, the softmax."""
    file = save_tflite(tmp_path / "net.tflite")
    reader = OpenVinoFile(ModelFormat.TFLITE)
    contents = reader.read(file)
    pixels = np.random.default_rng(0).random((1, 4, 4, 3), np.float32)
    ((_, answer),) = reader.run(file, [pixels])
    means = np.exp(pixels.mean(axis=(1, 2)))

    assert contents.signature.inputs[0].shape == (1, 4, 4, 3)
    assert contents.signature.softmax is True
    assert contents.files == {"model.tflite": file}
    np.testing.assert_allclose(answer, means / means.sum(), rtol=1e-4)


@pytest.mark.parametrize("content", [b'<?xml version="1.0"?><net name="x" version="11">', b'<?xml version="1.0"?><a/>'])
def test_a_broken_ir_is_told(tmp_path: Path, content: bytes) -> None:
    """The reason is OpenVINO's, on one line."""
    (tmp_path / "net.xml").write_bytes(content)
    (tmp_path / "net.bin").write_bytes(b"")

    with pytest.raises(InvalidError, match=r"OpenVINO cannot read net\.xml") as caught:
        OpenVinoFile(ModelFormat.OPENVINO).read(tmp_path / "net.xml")
    assert "\n" not in caught.value.message
