"""A file that a user brings: which format it is, what it looks like from outside, and whether it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.zoo.formats import recognise
from vedette.adapters.zoo.onnx_file import OnnxFile
from vedette.adapters.zoo.openvino_file import OpenVinoFile
from vedette.adapters.zoo.reading import Contents, Reader, Shapes, run_once
from vedette.adapters.zoo.torchscript_file import TorchScriptFile
from vedette.rules.zoo.signature import Output
from vedette.values.manifest import ModelFormat

_READERS: dict[ModelFormat, Reader] = {
    ModelFormat.ONNX: OnnxFile(),
    ModelFormat.OPENVINO: OpenVinoFile(ModelFormat.OPENVINO),
    ModelFormat.SAVED_MODEL: OpenVinoFile(ModelFormat.SAVED_MODEL),
    ModelFormat.TFLITE: OpenVinoFile(ModelFormat.TFLITE),
    ModelFormat.TORCHSCRIPT: TorchScriptFile(),
}


@dataclass(frozen=True, slots=True)
class Inspection:
    """A model that was read and can be tried."""

    path: Path
    format: ModelFormat
    contents: Contents

    def run(self, shapes: Shapes) -> tuple[Output, ...]:
        """Run it once with inputs of these shapes.

        Raises:
            InvalidError: it does not run, with the reason of the engine.
        """
        return run_once(_READERS[self.format], self.path, self.contents.signature, shapes)


def inspect(path: Path) -> Inspection:
    """Recognise and read a model; nothing of it is run.

    Raises:
        NotFoundError, UnsupportedError, InvalidError, UnavailableError: it cannot be used, and why.
    """
    model_format = recognise(path)
    return Inspection(path, model_format, _READERS[model_format].read(path))
