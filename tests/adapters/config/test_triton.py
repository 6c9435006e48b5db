"""A model folder of a Triton repository on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as triton

from vedette.adapters.config.triton import read_config, read_triton
from vedette.errors import InvalidError, UnsupportedError, UsageError
from vedette.rules.serving.pbtxt import MAX_CHARACTERS
from vedette.values.manifest import Manifest, ModelFormat, ModelType


def _model(folder: Path, config: str, *files: str) -> Path:
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(config, encoding="utf-8")
    for file in files:
        (folder / file).write_bytes(b"weights")
    return folder


def test_a_configuration_that_tritons_own_library_wrote_is_read(tmp_path: Path) -> None:
    """Printed by the library, read by us: the same names, types and dims."""
    config = triton.ModelConfig(name="m", backend="onnxruntime", max_batch_size=8)
    config.input.add(name="image", data_type=triton.TYPE_UINT8, dims=[-1, -1, 3])
    config.output.add(name="probs", data_type=triton.TYPE_FP32, dims=[2], label_filename="names.txt")
    config.dynamic_batching.max_queue_delay_microseconds = 100
    folder = _model(tmp_path / "m", text_format.MessageToString(config), "1/model.onnx")
    (folder / "names.txt").write_text("cat\ndog \n\n", encoding="utf-8")

    model = read_triton(folder, "1")
    assert model.manifest == Manifest(
        "m", "1", str(folder / "1/model.onnx"), ModelFormat.ONNX, ModelType.TENSOR, None, ("cat", "dog")
    )
    assert [(spec.name, spec.datatype, spec.shape) for spec in model.config.inputs] == [
        ("image", "UINT8", (-1, -1, -1, 3))
    ]
    assert model.config.options.max_batch == 8
    assert len(model.config.notes) == 1


@pytest.mark.parametrize(
    ("config", "files", "taken"),
    [
        ("", ["1/model.onnx", "1/model.xml", "1/model.bin"], "model.onnx"),
        ("", ["1/model.xml", "1/model.bin"], "model.xml"),
        ('backend: "openvino"', ["1/model.onnx", "1/model.xml", "1/model.bin"], "model.xml"),
        ('backend: "openvino"', ["1/model.onnx"], "model.onnx"),
        ('platform: "onnxruntime_onnx" default_model_filename: "net.onnx"', ["1/net.onnx", "1/model.onnx"], "net.onnx"),
    ],
)
def test_the_file_is_that_of_the_backend_or_the_one_that_is_named(
    tmp_path: Path, config: str, files: list[str], taken: str
) -> None:
    """Without a word on it, the usual names are looked for."""
    manifest = read_triton(_model(tmp_path / "m", config, *files), "1").manifest

    assert Path(manifest.file) == tmp_path / "m/1" / taken


@pytest.mark.parametrize(
    ("config", "files", "error", "message"),
    [
        ("", [], InvalidError, "it holds none of model.onnx, model.xml"),
        ("", ["1/model.xml"], InvalidError, "model.bin is missing"),
        ('backend: "onnxruntime"', ["1/model.xml"], InvalidError, "it holds none of model.onnx"),
        (
            'backend: "onnxruntime" default_model_filename: "a.xml"',
            ["1/a.xml", "1/a.bin"],
            InvalidError,
            "no file for the backend onnxruntime",
        ),
        ('default_model_filename: "model.plan"', ["1/model.plan"], UnsupportedError, "neither .onnx nor .xml"),
        ('default_model_filename: "net.onnx"', ["1/model.onnx"], InvalidError, "net.onnx is missing"),
        ('name: "x"', ["1/model.onnx"], UsageError, "config.pbtxt: line 1: name: x: expected m"),
        ("name", ["1/model.onnx"], UsageError, "config.pbtxt: line 1: expected ':'"),
        ('backend: "python"', ["1/model.py"], UnsupportedError, "refused: code is never loaded from a model folder"),
        (
            'output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "l.txt" }',
            ["1/model.onnx"],
            UsageError,
            "l.txt cannot be read",
        ),
    ],
)
def test_what_cannot_be_served_says_why(
    tmp_path: Path, config: str, files: list[str], error: type[Exception], message: str
) -> None:
    """Missing or wrong files, names, backends and labels."""
    folder = _model(tmp_path / "m", config, *files)

    with pytest.raises(error) as caught:
        read_triton(folder, "1")
    assert message in str(caught.value)


def test_a_file_without_content_is_damaged(tmp_path: Path) -> None:
    """A copy that has only begun is not served."""
    folder = _model(tmp_path / "m", "", "1/model.onnx")
    (folder / "1/model.onnx").write_bytes(b"")

    with pytest.raises(InvalidError, match="is empty"):
        read_triton(folder, "1")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xff", "no text in UTF-8"), (b"#" * (MAX_CHARACTERS + 1), "characters, 1,000,000 at most are read")],
)
def test_a_configuration_that_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Bytes and huge files."""
    folder = _model(tmp_path / "m", "")
    (folder / "config.pbtxt").write_bytes(content)

    with pytest.raises(UsageError, match=message):
        read_config(folder)
