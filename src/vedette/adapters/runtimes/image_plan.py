"""An ONNX model with its normalisation inside: the image plan as a graph of its own, made once and kept.

    uint8 NHWC RGB -> [Gather to BGR] -> Cast -> Sub mean -> Div scale -> [Transpose to NCHW] -> the model as it was

The composed file lies in the cache folder under a name that says what it was made from; a damaged one is made again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vedette.adapters.runtimes.signature import IMAGE_INPUT
from vedette.errors import InvalidError
from vedette.values.manifest import InputSpec, Layout

if TYPE_CHECKING:
    import onnx

_RECIPE = 1
"""Counts changes of the composition, so that graphs of an older one are not taken."""


def composed_file(model: Path, spec: InputSpec, cache: Path) -> Path:
    """The file with the image plan of `model`; composed now if it is not there.

    Raises:
        InvalidError: the model cannot be read, or has no input of the name that `spec` gives.
    """
    beside = sorted(path for path in model.parent.iterdir() if path.is_file())  # weights may lie in files of their own
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in beside]
    origin = f"{_RECIPE}|{model.resolve()}|{facts!r}|{spec!r}"
    target = cache / f"{model.stem}-image-{hashlib.blake2b(origin.encode(), digest_size=10).hexdigest()}.onnx"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _write(compose(_read(model), spec), target)
    return target


def compose(model: onnx.ModelProto, spec: InputSpec) -> onnx.ModelProto:
    """The model with an input `vedette_image`, uint8 (N, height, width, channels), in place of its own."""
    from onnx import TensorProto, helper, numpy_helper

    own = next((tensor for tensor in model.graph.input if tensor.name == spec.name), None)
    if own is None:
        names = ", ".join(tensor.name for tensor in model.graph.input)
        raise InvalidError(
            f"the model has no input {spec.name!r}; it has: {names}", help="correct `input_name` in the manifest"
        )
    kind = own.type.tensor_type.elem_type
    number = helper.tensor_dtype_to_np_dtype(kind)
    shape = [own.type.tensor_type.shape.dim[0].dim_param or own.type.tensor_type.shape.dim[0].dim_value or "N"]
    shape += [spec.size.height, spec.size.width, spec.channels]
    nodes: list[Any] = []
    constants: list[Any] = []
    last = IMAGE_INPUT

    def step(operator: str, *values: Any, **attributes: Any) -> None:
        nonlocal last
        names = [f"vedette_constant_{len(constants) + offset}" for offset in range(len(values))]
        constants.extend(numpy_helper.from_array(value, name) for value, name in zip(values, names, strict=True))
        nodes.append(helper.make_node(operator, [last, *names], [f"vedette_{len(nodes)}"], **attributes))
        last = nodes[-1].output[0]

    if spec.channels > 1 and not spec.reverse_input_channels:
        step("Gather", np.array([2, 1, 0], np.int64), axis=3)
    if kind != TensorProto.UINT8:
        step("Cast", to=kind)
    if any(spec.mean_values):
        step("Sub", np.array(spec.mean_values, number))
    if any(scale != 1 for scale in spec.scale_values):
        step("Div", np.array(spec.scale_values, number))
    if spec.layout is Layout.NCHW:
        step("Transpose", perm=[0, 3, 1, 2])
    nodes.append(helper.make_node("Identity", [last], [spec.name]))
    image = helper.make_tensor_value_info(IMAGE_INPUT, TensorProto.UINT8, shape)
    return _with_front(model, spec.name, image, nodes, constants)


def _with_front(model: onnx.ModelProto, replaced: str, image: Any, nodes: list[Any], constants: list[Any]) -> Any:
    import onnx

    composed = onnx.ModelProto()
    composed.CopyFrom(model)
    graph = composed.graph
    kept_inputs = [tensor for tensor in graph.input if tensor.name != replaced]
    kept_nodes = list(graph.node)
    del graph.input[:]
    graph.input.extend([image, *kept_inputs])
    del graph.node[:]
    graph.node.extend([*nodes, *kept_nodes])
    graph.initializer.extend(constants)
    return composed


def _read(model: Path) -> onnx.ModelProto:
    import onnx

    try:
        return onnx.load(str(model))
    except Exception as error:  # noqa: BLE001 - protobuf, onnx and the file system each have errors of their own
        raise InvalidError(
            f"{model} is not a readable ONNX file ({str(error).strip().splitlines()[0]})",
            help="`vedette models check NAME` tells what is wrong with it",
        ) from None


def _write(model: onnx.ModelProto, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(model.SerializeToString())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
