"""Tiny models of every format, made on the spot: mean over the pixels, then a matrix, then maybe a softmax."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import onnx
import openvino
from onnx import TensorProto, helper, numpy_helper

Side = int | str


def weights(classes: int, channels: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(classes, channels)).astype(np.float32)


def classifier(
    shape: Sequence[Side] = ("N", 3, 32, 48),
    *,
    classes: int = 4,
    channels: int = 3,
    softmax: bool = False,
    flat: bool = True,
    metadata: Mapping[str, str] | None = None,
) -> onnx.ModelProto:
    """An NCHW classifier; `flat=False` leaves its output N x classes x 1 x 1."""
    matrix = numpy_helper.from_array(weights(classes, channels)[:, :, None, None], "matrix")
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
        helper.make_node("Conv", ["mean", "matrix"], ["c"]),
    ]
    if flat:
        nodes.append(helper.make_node("Flatten", ["c"], ["f"]))
    if softmax:
        nodes.append(helper.make_node("Softmax", [nodes[-1].output[0]], ["s"], axis=1))
    output = nodes[-1].output[0]
    answer = ["N", classes] if flat else ["N", classes, 1, 1]
    return model(nodes, [("image", shape)], [(output, answer)], [matrix], metadata)


def detector(
    outputs: Mapping[str, Sequence[int]],
    shape: Sequence[Side] = (1, 3, 64, 64),
    *,
    metadata: Mapping[str, str] | None = None,
    properties: Mapping[str, str] | None = None,
    values: Mapping[str, np.ndarray] | None = None,
) -> onnx.ModelProto:
    """A graph that answers `values`, zeros without, in the given shapes; `properties` are metadata without a prefix."""
    zero = numpy_helper.from_array(np.float32(0), "zero")
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
    ]
    constants = [zero]
    for name, sides in outputs.items():
        value = (values or {}).get(name, np.zeros(sides, np.float32)).astype(np.float32)
        constants.append(numpy_helper.from_array(value, f"{name}_value"))
        nodes.append(helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
    built = model(nodes, [("image", shape)], list(outputs.items()), constants, metadata)
    for key, value in (properties or {}).items():
        entry = built.metadata_props.add()
        entry.key, entry.value = key, value
    return built


def model(
    nodes: Sequence[Any],
    inputs: Sequence[tuple[str, Sequence[Side]]],
    outputs: Sequence[tuple[str, Sequence[Side]]],
    constants: Sequence[Any] = (),
    metadata: Mapping[str, str] | None = None,
) -> onnx.ModelProto:
    made = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in side]
        for side in (inputs, outputs)
    ]
    graph = helper.make_graph(list(nodes), "tiny", *made, list(constants))
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (metadata or {}).items():
        entry = built.metadata_props.add()
        entry.key, entry.value = f"model_info {key}", value
    return built


def save(built: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(built.SerializeToString())
    return path


def save_ir(built: onnx.ModelProto, path: Path, metadata: Mapping[str, str] | None = None) -> Path:
    converted = openvino.Core().read_model(str(save(built, path.with_suffix(".source.onnx"))))
    for key, value in (metadata or {}).items():
        converted.set_rt_info(value, ["model_info", key])
    openvino.save_model(converted, str(path), compress_to_fp16=False)
    return path


def save_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path


def save_saved_model(folder: Path, side: int = 8, classes: int = 4) -> Path:
    """A TensorFlow SavedModel, NHWC, written as the protocol buffer that it is."""
    shape = _shape(-1, side, side, 3)
    float_type = {"dtype": _varint(6, 1)}
    matrix = np.ascontiguousarray(weights(classes, 3).T)
    graph = [
        _node("image", "Placeholder", [], {**float_type, "shape": _message(7, shape)}),
        _constant("axes", np.array([1, 2], np.int32), 3),
        _constant("matrix", matrix, 1),
        _node(
            "mean", "Mean", ["image", "axes"], {"T": _varint(6, 1), "Tidx": _varint(6, 3), "keep_dims": _varint(5, 0)}
        ),
        _node("product", "MatMul", ["mean", "matrix"], {"T": _varint(6, 1)}),
        _node("chances", "Softmax", ["product"], {"T": _varint(6, 1)}),
    ]
    graph_def = b"".join(_message(1, node) for node in graph)
    taken = _entry("image", _text(1, "image:0") + _varint(2, 1) + _message(3, shape))
    given = _entry("chances", _text(1, "chances:0") + _varint(2, 1) + _message(3, _shape(-1, classes)))
    signature = _entry(
        "serving_default", _message(1, taken) + _message(2, given) + _text(3, "tensorflow/serving/predict")
    )
    meta = _message(1, _text(4, "serve")) + _message(2, graph_def) + _message(5, signature)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(_varint(1, 1) + _message(2, meta))
    return folder


def save_tflite(path: Path, side: int = 4) -> Path:
    """A TFLite model, 1 x side x side x 3: the mean over the pixels, then a softmax."""
    builder = flatbuffers.Builder(1024)
    buffers = [
        _table(builder, {}),
        _table(builder, {0: ("offset", builder.CreateByteVector(struct.pack("<2i", 1, 2)))}),
    ]
    tensors = [
        _tensor(builder, "image", (1, side, side, 3), 0, 0),
        _tensor(builder, "axes", (2,), 2, 1),
        _tensor(builder, "mean", (1, 3), 0, 0),
        _tensor(builder, "chances", (1, 3), 0, 0),
    ]
    reducer = _table(builder, {0: ("bool", False)})
    softmax = _table(builder, {0: ("float", 1.0)})
    operators = [
        _operator(builder, 0, ((0, 1), (2,)), (27, reducer)),
        _operator(builder, 1, ((2,), (3,)), (9, softmax)),
    ]
    inputs, outputs = _integers(builder, (0,)), _integers(builder, (3,))
    subgraph = _table(
        builder,
        {
            0: ("offset", _offsets(builder, tensors)),
            1: ("offset", inputs),
            2: ("offset", outputs),
            3: ("offset", _offsets(builder, operators)),
        },
    )
    codes = [_table(builder, {0: ("byte", code), 2: ("int", 1), 3: ("int", code)}) for code in (40, 25)]
    fields = {
        0: ("uint", 3),
        1: ("offset", _offsets(builder, codes)),
        2: ("offset", _offsets(builder, [subgraph])),
        4: ("offset", _offsets(builder, buffers)),
    }
    builder.Finish(_table(builder, fields), file_identifier=b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def _number(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value)


def _message(field: int, content: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _message(field, content.encode())


def _entry(key: str, value: bytes) -> bytes:
    """One entry of a protocol buffer map."""
    return _text(1, key) + _message(2, value)


def _shape(*sides: int) -> bytes:
    return b"".join(_message(2, _varint(1, side)) for side in sides)


def _node(name: str, operator: str, inputs: Sequence[str], attributes: Mapping[str, bytes]) -> bytes:
    links = b"".join(_text(3, link) for link in inputs)
    return (
        _text(1, name)
        + _text(2, operator)
        + links
        + b"".join(_message(5, _entry(*pair)) for pair in attributes.items())
    )


def _constant(name: str, value: np.ndarray, kind: int) -> bytes:
    tensor = _varint(1, kind) + _message(2, _shape(*value.shape)) + _message(4, value.tobytes())
    return _node(name, "Const", [], {"dtype": _varint(6, kind), "value": _message(8, tensor)})


def _table(builder: flatbuffers.Builder, fields: Mapping[int, tuple[str, Any]]) -> int:
    builder.StartObject(8)
    for slot, (kind, value) in fields.items():
        if kind == "offset":
            builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        else:
            names = {
                "bool": "Bool",
                "byte": "Int8",
                "ubyte": "Uint8",
                "int": "Int32",
                "uint": "Uint32",
                "float": "Float32",
            }
            getattr(builder, f"Prepend{names[kind]}Slot")(slot, value, 0)
    return builder.EndObject()


def _integers(builder: flatbuffers.Builder, values: Sequence[int]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependInt32(value)
    return builder.EndVector()


def _offsets(builder: flatbuffers.Builder, values: Sequence[int]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependUOffsetTRelative(value)
    return builder.EndVector()


def _tensor(builder: flatbuffers.Builder, name: str, shape: Sequence[int], kind: int, buffer: int) -> int:
    text, sides = builder.CreateString(name), _integers(builder, shape)
    fields = {0: ("offset", sides), 1: ("byte", kind), 2: ("uint", buffer), 3: ("offset", text)}
    return _table(builder, fields)


def _operator(
    builder: flatbuffers.Builder, code: int, links: tuple[Sequence[int], Sequence[int]], options: tuple[int, int]
) -> int:
    inputs, outputs = (_integers(builder, side) for side in links)
    kind, table = options
    fields = {
        0: ("uint", code),
        1: ("offset", inputs),
        2: ("offset", outputs),
        3: ("ubyte", kind),
        4: ("offset", table),
    }
    return _table(builder, fields)
