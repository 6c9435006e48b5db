"""A model folder of a Triton repository as it lies on disk.

<repository>/<model>/config.pbtxt, <version>/model.onnx or model.xml with model.bin, and perhaps a file of labels
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.config.layout import SUFFIXES, TRITON_FILE
from vedette.errors import InvalidError, UnsupportedError, UsageError
from vedette.rules.serving.pbtxt import MAX_CHARACTERS, parse
from vedette.rules.serving.triton import TritonConfig, read_message
from vedette.values.execution import RuntimeName
from vedette.values.manifest import Manifest, ModelFormat, ModelType

_FILES = {None: ("model.onnx", "model.xml"), RuntimeName.ONNXRUNTIME: ("model.onnx",)}
_OPENVINO_FILES = ("model.xml", "model.onnx")


@dataclass(frozen=True, slots=True)
class TritonModel:
    """One version of a model, and all that its configuration says."""

    manifest: Manifest
    config: TritonConfig


def read_config(folder: Path) -> TritonConfig:
    """What the `config.pbtxt` of a model folder means.

    Raises:
        UsageError: it cannot be read or is not well formed.
        UnsupportedError: it asks for what Vedette does not do.
    """
    path = folder / TRITON_FILE
    try:
        with path.open(encoding="utf-8") as file:
            message = parse(file.read(MAX_CHARACTERS + 1))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", help="check the path and its rights") from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is no text in UTF-8", help="write it in the text format of protocol buffers"
        ) from None
    except InvalidError as error:
        raise UsageError(f"{path}: {error.message}", help=error.help) from None
    return read_message(message, folder.name, str(path))


def read_triton(folder: Path, version: str) -> TritonModel:
    """One version of a model folder; it takes plain tensors.

    Raises:
        UsageError, UnsupportedError: as `read_config`.
        InvalidError: its file is missing, empty, or of a kind that its backend does not run.
    """
    config = read_config(folder)
    path = _model_file(folder / version, config)
    manifest = Manifest(folder.name, version, str(path), SUFFIXES[path.suffix.lower()], ModelType.TENSOR, None)
    return TritonModel(replace(manifest, labels=_labels(folder, config)), config)


def _model_file(version: Path, config: TritonConfig) -> Path:
    runtime = config.options.runtime
    standard = _FILES.get(runtime, _OPENVINO_FILES)
    names = [config.file] if config.file else [name for name in standard if (version / name).exists()]
    if not names:
        raise _damaged(version, f"it holds none of {', '.join(standard)}")
    path = version / names[0]
    if SUFFIXES.get(path.suffix.lower()) not in (ModelFormat.ONNX, ModelFormat.OPENVINO):
        raise UnsupportedError(f"{path} is neither .onnx nor .xml", help="export the model to ONNX or OpenVINO")
    if runtime is RuntimeName.ONNXRUNTIME and path.suffix.lower() != ".onnx":
        raise _damaged(version, f"{path.name} is no file for the backend onnxruntime")
    needed = [path] if path.suffix.lower() == ".onnx" else [path, path.with_suffix(".bin")]
    for file in needed:
        if not file.is_file():
            raise _damaged(version, f"{file} is missing")
    if path.stat().st_size == 0:
        raise _damaged(version, f"{path} is empty")
    return path


def _labels(folder: Path, config: TritonConfig) -> tuple[str, ...]:
    """One name a line; empty lines at the end do not count."""
    if not config.labels:
        return ()
    path = folder / config.labels
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8-sig").rstrip().split("\n"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", help="correct label_filename") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text in UTF-8", help="write one label a line") from None


def _damaged(version: Path, what: str) -> InvalidError:
    return InvalidError(f"model {version.parent.name!r} version {version.name}: {what}", help="copy its files anew")
