"""Tells what kind of model a file is, by its name and by its first bytes, and refuses what only looks like one.

Nothing is unpickled and nothing of the file is run.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from vedette.errors import InvalidError, NotFoundError, UnsupportedError
from vedette.values.manifest import ModelFormat

_BY_SUFFIX = {
    ".onnx": ModelFormat.ONNX,
    ".xml": ModelFormat.OPENVINO,
    ".tflite": ModelFormat.TFLITE,
    ".pt": ModelFormat.TORCHSCRIPT,
    ".pth": ModelFormat.TORCHSCRIPT,
    ".torchscript": ModelFormat.TORCHSCRIPT,
}
_OFFERED = ".onnx, .xml (OpenVINO), a SavedModel folder, .tflite or .pt (TorchScript)"
_PICKLE = b"\x80"
_HEAD_BYTES = 512


def recognise(path: Path) -> ModelFormat:
    """The format of a model file or folder.

    Raises:
        NotFoundError: nothing is there.
        UnsupportedError: a format that is not offered.
        InvalidError: the content is not what the name says.
    """
    if not path.exists():
        raise NotFoundError(f"no file {path}", help=f"give the path of a model: {_OFFERED}")
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return ModelFormat.SAVED_MODEL
        raise InvalidError(
            f"{path} is no SavedModel: it holds no saved_model.pb", help=f"give the path of a model: {_OFFERED}"
        )
    found = _BY_SUFFIX.get(path.suffix.lower())
    if found is None:
        raise UnsupportedError(f"{path.name}: no known model format", help=f"Vedette takes {_OFFERED}")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}", help="check the path and its rights") from None
    _check_head(path, found, head)
    return found


def _check_head(path: Path, found: ModelFormat, head: bytes) -> None:
    if not head:
        raise InvalidError(f"{path} is empty", help="export or copy it again")
    if b"git-lfs" in head[:100]:
        raise InvalidError(
            f"{path} is a pointer of Git LFS, not the file itself", help="run `git lfs pull` where it lies"
        )
    if found is ModelFormat.TORCHSCRIPT:
        _check_torchscript(path)
    elif head.startswith(_PICKLE):
        raise _pickled(path, found)
    elif found is ModelFormat.ONNX and _is_text(head):
        raise InvalidError(f"{path} is text, not ONNX", help="export or download it again")
    elif found is ModelFormat.TFLITE and head[4:8] != b"TFL3":
        raise InvalidError(f"{path} is not TFLite: it does not bear its mark TFL3", help="export or download it again")
    elif found is ModelFormat.OPENVINO:
        if b"<net" not in head and not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
            raise InvalidError(
                f"{path} is not OpenVINO IR: it holds no <net>", help="export it with openvino.save_model"
            )
        if not path.with_suffix(".bin").is_file():
            raise InvalidError(
                f"{path.with_suffix('.bin').name}, the weights of {path.name}, are missing",
                help="put the .bin beside the .xml",
            )


def _check_torchscript(path: Path) -> None:
    """TorchScript is a zip archive with code/ and constants.pkl; anything else made by torch.save stays closed."""
    if not zipfile.is_zipfile(path):
        raise _pickled(path, ModelFormat.TORCHSCRIPT)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise InvalidError(f"{path} is damaged: {error}", help="export or copy it again") from None
    if not any("/code/" in name for name in names) or not any(name.endswith("/constants.pkl") for name in names):
        raise _pickled(path, ModelFormat.TORCHSCRIPT)


def _pickled(path: Path, found: ModelFormat) -> InvalidError:
    named = {ModelFormat.TORCHSCRIPT: "TorchScript", ModelFormat.ONNX: "ONNX"}.get(found, found)
    return InvalidError(
        f"{path} is not {named}: it looks like pickled Python objects, which can run any code, so it was not opened",
        help="save the model with torch.jit.save(torch.jit.script(model), FILE), or export it to ONNX",
    )


def _is_text(head: bytes) -> bool:
    try:
        text = head[: _HEAD_BYTES - 4].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\r\n\t" for character in text)
