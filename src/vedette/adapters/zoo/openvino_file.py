"""Reads and runs what OpenVINO takes besides ONNX: its own IR, TensorFlow SavedModel and TFLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.adapters.zoo.reading import Contents, reason
from vedette.errors import InvalidError
from vedette.rules.zoo.signature import Port, Signature
from vedette.values.manifest import ModelFormat

_TRANSPARENT = ("Reshape", "Squeeze", "Convert", "Unsqueeze")


@dataclass(frozen=True, slots=True)
class OpenVinoFile:
    """Implements `reading.Reader` for one of three formats."""

    format: ModelFormat

    def read(self, path: Path) -> Contents:
        """See `Reader.read`."""
        try:
            model = _read(path)
            signature = Signature(
                inputs=tuple(_port(port) for port in model.inputs),
                outputs=tuple(_port(port) for port in model.outputs),
                metadata=_metadata(model),
                softmax=_ends_in_softmax(model),
                layout=_layout(model),
            )
        except Exception as error:  # noqa: BLE001 - OpenVINO raises RuntimeError and errors of its own
            raise InvalidError(
                f"OpenVINO cannot read {path.name}: {reason(error)}", help="export the model anew, or give it as ONNX"
            ) from None
        file, files = self._files(path)
        return Contents(signature, file, files)

    def run(self, path: Path, feeds: Sequence[NDArray[Any]]) -> Sequence[tuple[str, NDArray[Any]]]:
        """See `Reader.run`."""
        import openvino

        model = _read(path)
        properties = {"INFERENCE_PRECISION_HINT": "f32"}
        request = openvino.Core().compile_model(model, "CPU", properties).create_infer_request()
        request.infer(dict(enumerate(feeds)))
        names = [_port(port).name for port in model.outputs]
        return [(name, np.array(request.get_output_tensor(index).data)) for index, name in enumerate(names)]

    def _files(self, path: Path) -> tuple[str, dict[str, Path]]:
        if self.format is ModelFormat.OPENVINO:
            return "model.xml", {"model.xml": path, "model.bin": path.with_suffix(".bin")}
        if self.format is ModelFormat.TFLITE:
            return "model.tflite", {"model.tflite": path}
        inside = [file for file in sorted(path.rglob("*")) if file.is_file()]
        return "saved_model", {f"saved_model/{file.relative_to(path).as_posix()}": file for file in inside}


def _read(path: Path) -> Any:
    import openvino

    return openvino.Core().read_model(str(path))


def _port(port: Any) -> Port:
    names = sorted(port.get_names())
    name = names[0] if names else port.get_node().get_friendly_name()
    shape = port.get_partial_shape()
    dtype = str(np.dtype(port.get_element_type().to_dtype()))
    if shape.rank.is_dynamic:
        return Port(name, None, dtype)
    return Port(name, tuple(None if side.is_dynamic else side.get_length() for side in shape), dtype)


def _metadata(model: Any) -> dict[str, str]:
    if not model.has_rt_info(["model_info"]):
        return {}
    info = model.get_rt_info(["model_info"]).value
    return {key: str(getattr(item, "value", item)) for key, item in info.items()} if isinstance(info, dict) else {}


def _layout(model: Any) -> str:
    text = str(model.get_parameters()[0].get_layout()) if model.get_parameters() else ""
    return "".join(letter for letter in text if letter.isalpha())


def _ends_in_softmax(model: Any) -> bool:
    node = model.get_results()[0].input_value(0).get_node()
    while node.get_type_name() in _TRANSPARENT:
        node = node.input_value(0).get_node()
    return str(node.get_type_name()) == "Softmax"
