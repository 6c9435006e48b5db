"""What kind of model a file is, told by its name and its first bytes."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from tiny_models import classifier, save, save_ir, save_saved_model, save_tflite, save_zip

from vedette.adapters.zoo.formats import recognise
from vedette.errors import InvalidError, NotFoundError, UnsupportedError
from vedette.values.manifest import ModelFormat


def test_the_formats(tmp_path: Path) -> None:
    """Each format is known by its file."""
    script = save_zip(tmp_path / "m.pt", {"m/code/__torch__.py": b"", "m/constants.pkl": b"", "m/data.pkl": b""})

    assert recognise(save(classifier(), tmp_path / "m.onnx")) is ModelFormat.ONNX
    assert recognise(save_ir(classifier(), tmp_path / "m.xml")) is ModelFormat.OPENVINO
    assert recognise(save_saved_model(tmp_path / "m")) is ModelFormat.SAVED_MODEL
    assert recognise(save_tflite(tmp_path / "m.tflite")) is ModelFormat.TFLITE
    assert recognise(script) is ModelFormat.TORCHSCRIPT


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("m.onnx", b"", "is empty"),
        ("m.onnx", b"hello, I am text\n" * 50, "is text, not ONNX"),
        ("m.onnx", b"version https://git-lfs/spec/v1\noid sha256:0\n", "pointer of Git LFS"),
        ("m.onnx", pickle.dumps({"a": 1}), "is not ONNX: it looks like pickled"),
        ("m.tflite", b"\x00" * 100, "does not bear its mark TFL3"),
        ("m.xml", b"<html></html>", "holds no <net>"),
        ("m.xml", b'<?xml version="1.0"?><net></net>', "m.bin, the weights of m.xml, are missing"),
        ("m.pt", pickle.dumps({"a": 1}), "is not TorchScript"),
        ("m.pth", b"anything", "is not TorchScript"),
    ],
)
def test_what_only_looks_like_a_model(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    """The content has to be what the name says."""
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(InvalidError, match=told):
        recognise(file)


def test_a_state_dict_is_no_torchscript_and_stays_closed(tmp_path: Path) -> None:
    """A zip of torch.save without code is refused; its pickle is not read."""
    mark = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {mark}",)

    file = save_zip(tmp_path / "m.pt", {"m/data.pkl": pickle.dumps(Evil()), "m/data/0": b""})

    with pytest.raises(InvalidError, match="can run any code"):
        recognise(file)
    assert not mark.exists()


def test_nothing_there(tmp_path: Path) -> None:
    """The formats are listed."""
    with pytest.raises(NotFoundError, match=r"no file .*gone\.onnx") as caught:
        recognise(tmp_path / "gone.onnx")
    assert ".tflite" in caught.value.help


def test_another_suffix(tmp_path: Path) -> None:
    """The formats are listed."""
    (tmp_path / "m.h5").write_bytes(b"x")

    with pytest.raises(UnsupportedError, match=r"m\.h5: no known model format"):
        recognise(tmp_path / "m.h5")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    """A SavedModel has a saved_model.pb."""
    with pytest.raises(InvalidError, match=r"holds no saved_model\.pb"):
        recognise(tmp_path)
