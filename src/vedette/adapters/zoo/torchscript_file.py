"""Reads and runs TorchScript where torch is installed; the archive was recognised as TorchScript before."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from vedette.adapters.zoo.reading import Contents, reason
from vedette.errors import InvalidError, UnavailableError
from vedette.rules.zoo.signature import Port, Signature

_FILE = "model.pt"


class TorchScriptFile:
    """Implements `reading.Reader`. TorchScript knows no shapes: the user gives the input size."""

    def read(self, path: Path) -> Contents:
        """See `Reader.read`."""
        module = _load(path)
        names = [argument.name for argument in module.forward.schema.arguments[1:]]
        parameters = sum(parameter.numel() for parameter in module.parameters())
        inputs = tuple(Port(name, None, "float32") for name in names)
        signature = Signature(inputs, outputs=(), layout="NCHW", parameters=parameters)
        return Contents(signature, _FILE, {_FILE: path})

    def run(self, path: Path, feeds: Sequence[NDArray[Any]]) -> Sequence[tuple[str, NDArray[Any]]]:
        """See `Reader.run`."""
        torch = _torch(path)
        with torch.inference_mode():
            answers = _load(path)(*(torch.from_numpy(feed) for feed in feeds))
        listed = answers if isinstance(answers, tuple | list) else [answers]
        return [(f"output_{index}", answer.numpy()) for index, answer in enumerate(listed)]


def _load(path: Path) -> Any:
    torch = _torch(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch advises another format; the user has this one
            return torch.jit.load(str(path), map_location="cpu").eval()
    except RuntimeError as error:
        raise InvalidError(
            f"torch cannot load {path.name}: {reason(error)}", help="save it again with torch.jit.save"
        ) from None


def _torch(path: Path) -> Any:
    try:
        import torch
    except ImportError:
        raise UnavailableError(
            f"{path.name} is TorchScript, which needs torch; it is not installed",
            help="pip install 'vedette[torch]', or export the model to ONNX",
        ) from None
    return torch
