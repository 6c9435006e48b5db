"""ONNX files: what can be read of them, and the files that belong to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from tiny_models import classifier, detector, save

from vedette.adapters.zoo.onnx_file import OnnxFile
from vedette.errors import InvalidError, UnsupportedError


def save_external(path: Path, location: str = "weights.data") -> Path:
    built = classifier()
    onnx.save(built, path, save_as_external_data=True, location=location, size_threshold=0)
    return path


def point_elsewhere(path: Path, location: str) -> Path:
    built = onnx.load(path, load_external_data=False)
    for tensor in built.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    return save(built, path)


def test_the_signature(tmp_path: Path) -> None:
    """Inputs, outputs, open dimensions, metadata, softmax, weights and cost."""
    file = save(classifier(softmax=True, metadata={"labels": "a b c d"}), tmp_path / "m.onnx")
    contents = OnnxFile().read(file)
    signature = contents.signature

    assert [(port.name, port.shape, port.dtype) for port in signature.inputs] == [
        ("image", (None, 3, 32, 48), "float32")
    ]
    assert signature.outputs[0].shape == (None, 4)
    assert signature.metadata == {"labels": "a b c d"}
    assert signature.softmax is True
    assert signature.parameters == 12
    assert (contents.file, contents.files) == ("model.onnx", {"model.onnx": file})


def test_metadata_without_a_prefix_are_properties(tmp_path: Path) -> None:
    """What other exporters write, such as Ultralytics."""
    graph = detector({"y": (1, 6, 126)}, metadata={"labels": "a"}, properties={"task": "detect"})
    signature = OnnxFile().read(save(graph, tmp_path / "m.onnx")).signature

    assert (signature.metadata, signature.properties) == ({"labels": "a"}, {"task": "detect"})


def test_no_softmax(tmp_path: Path) -> None:
    """A graph that ends otherwise says so."""
    assert OnnxFile().read(save(classifier(), tmp_path / "m.onnx")).signature.softmax is False


def test_constants_are_no_inputs(tmp_path: Path) -> None:
    """Old exports list their weights among the inputs."""
    built = classifier()
    built.graph.input.append(onnx.helper.make_tensor_value_info("matrix", onnx.TensorProto.FLOAT, [4, 3, 1, 1]))

    assert [port.name for port in OnnxFile().read(save(built, tmp_path / "m.onnx")).signature.inputs] == ["image"]


def test_external_data_comes_along(tmp_path: Path) -> None:
    """The file that holds the weights belongs to the model."""
    contents = OnnxFile().read(save_external(tmp_path / "m.onnx"))

    assert contents.files == {"model.onnx": tmp_path / "m.onnx", "weights.data": tmp_path / "weights.data"}


def test_missing_external_data_is_told(tmp_path: Path) -> None:
    """The name of the missing file is in the message."""
    file = save_external(tmp_path / "m.onnx")
    (tmp_path / "weights.data").unlink()

    with pytest.raises(InvalidError, match=r"keeps weights in weights\.data, which is missing"):
        OnnxFile().read(file)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "model.onnx"])
def test_external_data_stays_in_the_folder(tmp_path: Path, location: str) -> None:
    """A model cannot have other files copied."""
    with pytest.raises(InvalidError, match="outside of its folder"):
        OnnxFile().read(point_elsewhere(save_external(tmp_path / "m.onnx"), location))


def test_an_opset_of_the_future_is_told(tmp_path: Path) -> None:
    """Both numbers are named."""
    built = classifier()
    built.opset_import[0].version = 999

    with pytest.raises(UnsupportedError, match="opset 999, the newest known here is"):
        OnnxFile().read(save(built, tmp_path / "m.onnx"))


@pytest.mark.parametrize("content", [b"\xff\x00\x01binary", b"\x08\x08"])
def test_what_is_no_onnx_is_told(tmp_path: Path, content: bytes) -> None:
    """Neither broken bytes nor a model without a graph passes."""
    (tmp_path / "m.onnx").write_bytes(content)

    with pytest.raises(InvalidError, match="ONNX"):
        OnnxFile().read(tmp_path / "m.onnx")


def test_a_run(tmp_path: Path) -> None:
    """Name and numbers of every output."""
    file = save(classifier(), tmp_path / "m.onnx")
    ((name, answer),) = OnnxFile().run(file, [np.zeros((2, 3, 32, 48), np.float32)])

    assert (name, answer.shape) == ("f", (2, 4))
