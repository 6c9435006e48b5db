"""Reads ONNX files, with the external data that belongs to them, and runs them in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from vedette.adapters.zoo.onnx_cost import cost_of
from vedette.adapters.zoo.reading import Contents, reason
from vedette.errors import InvalidError, UnsupportedError
from vedette.rules.zoo.signature import Port, Signature

if TYPE_CHECKING:
    from onnx import ModelProto

_FILE = "model.onnx"
_PREFIX = "model_info "
_TRANSPARENT = ("Identity", "Reshape", "Squeeze", "Flatten", "Cast")


class OnnxFile:
    """Implements `reading.Reader`."""

    def read(self, path: Path) -> Contents:
        """See `Reader.read`."""
        model = _load(path)
        _check_opset(model, path)
        external = _external_files(model, path)
        constants = {tensor.name for tensor in model.graph.initializer}
        cost = cost_of(model)
        signature = Signature(
            inputs=tuple(_port(value) for value in model.graph.input if value.name not in constants),
            outputs=tuple(_port(value) for value in model.graph.output),
            metadata=_metadata(model),
            properties={item.key: item.value for item in model.metadata_props if not item.key.startswith(_PREFIX)},
            softmax=_ends_in_softmax(model),
            parameters=cost.parameters,
            gflops=cost.gflops,
        )
        return Contents(signature, _FILE, {_FILE: path, **external})

    def run(self, path: Path, feeds: Sequence[NDArray[Any]]) -> Sequence[tuple[str, NDArray[Any]]]:
        """See `Reader.run`."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_inputs()]
        answers = session.run(None, dict(zip(names, feeds, strict=True)))
        return [(value.name, answer) for value, answer in zip(session.get_outputs(), answers, strict=True)]


def _load(path: Path) -> ModelProto:
    import onnx

    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # noqa: BLE001 - protobuf and the file system each have errors of their own
        raise InvalidError(
            f"{path} is not a readable ONNX file: {reason(error)}", help="export or download it again"
        ) from None
    if not model.graph.node or not model.graph.output:
        raise InvalidError(f"{path} holds no ONNX graph", help="export or download it again")
    return model


def _check_opset(model: ModelProto, path: Path) -> None:
    from onnx import defs

    newest = defs.onnx_opset_version()
    for opset in model.opset_import:
        if opset.domain in ("", "ai.onnx") and opset.version > newest:
            raise UnsupportedError(
                f"{path.name} uses ONNX opset {opset.version}, the newest known here is {newest}",
                help=f"export it with opset_version={min(newest, 17)}, or update onnx and onnxruntime",
            )


def _external_files(model: ModelProto, path: Path) -> dict[str, Path]:
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    found: dict[str, Path] = {}
    for tensor in _tensors(model.graph):
        if not uses_external_data(tensor):
            continue
        location = ExternalDataInfo(tensor).location
        relative = PurePosixPath(location)
        if relative.is_absolute() or ".." in relative.parts or not location or location == _FILE:
            raise InvalidError(
                f"{path.name} keeps weights in {location!r}, outside of its folder", help="export it into one folder"
            )
        data = path.parent / location
        if not data.is_file():
            raise InvalidError(
                f"{path.name} keeps weights in {location}, which is missing beside it",
                help="copy that file too, or export the model with its weights inside",
            )
        found[location] = data
    return found


def _tensors(graph: Any) -> list[Any]:
    """All constants of a graph and of the graphs inside its nodes."""
    tensors = list(graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            tensors += [attribute.t] if attribute.HasField("t") else []
            tensors += attribute.tensors
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                tensors += _tensors(inner)
    return tensors


def _port(value: Any) -> Port:
    from onnx import helper

    tensor = value.type.tensor_type
    try:
        dtype = str(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    except (KeyError, ValueError, TypeError):
        dtype = "object"
    if not tensor.HasField("shape"):
        return Port(value.name, None, dtype)
    return Port(value.name, tuple(side.dim_value if side.dim_value > 0 else None for side in tensor.shape.dim), dtype)


def _metadata(model: ModelProto) -> dict[str, str]:
    pairs = {item.key: item.value for item in model.metadata_props}
    return {key.removeprefix(_PREFIX): value for key, value in pairs.items() if key.startswith(_PREFIX)}


def _ends_in_softmax(model: ModelProto) -> bool:
    makers = {output: node for node in model.graph.node for output in node.output}
    node = makers.get(model.graph.output[0].name)
    while node is not None and node.op_type in _TRANSPARENT and node.input:
        node = makers.get(node.input[0])
    return node is not None and node.op_type == "Softmax"
