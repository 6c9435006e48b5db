"""The Open Inference Protocol (version 2) over HTTP: what a model takes, a request, the tensors of an answer.

    request    {"inputs": [{"name", "shape", "datatype", "data": [...]}]}
    binary     {"inputs": [{..., "parameters": {"binary_data_size": n}}]} + n bytes,
               with the header `Inference-Header-Content-Length: <bytes of JSON>`

Numbers are little endian and row major; each element of a BYTES tensor has 4 bytes of length before it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError
from vedette.rules.wire import datatypes
from vedette.values.tensor import TensorSpec

HEADER = "Inference-Header-Content-Length"
_HELP = "check that the address leads to a server of the Open Inference Protocol, version 2"
_SHOWN = 80

bytes_element = datatypes.bytes_element


@dataclass(frozen=True, slots=True)
class ModelTold:
    """What a server tells of a model: name, versions, inputs and outputs with shapes in which -1 is any number."""

    name: str
    versions: tuple[str, ...]
    platform: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def __str__(self) -> str:
        version = ", ".join(self.versions)
        return f"{self.name} ({self.platform})".replace(" ()", "") + (f" version {version}" if version else "")


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """A tensor of an answer: numbers in `data`, or the elements of a BYTES tensor."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: tuple[Any, ...]

    def numbers(self) -> list[Any]:
        """The elements in row major order.

        Raises:
            InvalidError: one of them is no number.
        """
        if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in self.data):
            raise InvalidError(f"tensor {self.name} holds elements that are no numbers", help=_HELP)
        return list(self.data)

    def texts(self) -> list[str]:
        """The elements of a BYTES tensor as text; bytes that are no UTF-8 are shown as such."""
        return [
            item.decode("utf-8", "backslashreplace") if isinstance(item, bytes) else str(item) for item in self.data
        ]


def read_model(body: bytes) -> ModelTold:
    """The answer to GET /v2/models/NAME.

    Raises:
        InvalidError: it is none.
    """
    try:
        value = json.loads(body)
        return ModelTold(
            str(value["name"]),
            tuple(str(version) for version in value.get("versions") or ()),
            str(value.get("platform") or ""),
            tuple(_tensor_told(tensor) for tensor in value["inputs"]),
            tuple(_tensor_told(tensor) for tensor in value.get("outputs") or ()),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidError(f"this describes no model: {body[:_SHOWN]!r}", help=_HELP) from None


def json_request(tensor: TensorSpec, array: NDArray[Any]) -> bytes:
    """A request with one tensor of numbers as JSON; floats are written as short as float32 allows."""
    unique, places = np.unique(array, return_inverse=True)
    texts = [str(number) for number in unique.tolist()] if array.dtype.kind in "iu" else [str(one) for one in unique]
    data = ",".join([texts[place] for place in places.reshape(-1).tolist()])
    told = json.dumps({"name": tensor.name, "shape": tensor.shape, "datatype": tensor.datatype})
    return f'{{"inputs":[{told[:-1]}, "data": [{data}]}}]}}'.encode()


def binary_request(tensor: TensorSpec, raw: bytes) -> tuple[bytes, int]:
    """A request with one tensor as bytes, whose answer shall be binary too; and the length of its JSON part."""
    told = {
        "name": tensor.name,
        "shape": tensor.shape,
        "datatype": tensor.datatype,
        "parameters": {"binary_data_size": len(raw)},
    }
    head = json.dumps({"inputs": [told], "parameters": {"binary_data_output": True}}).encode()
    return head + raw, len(head)


def is_response(value: Any) -> bool:
    """Whether a JSON value is an answer of this protocol."""
    outputs = value.get("outputs") if isinstance(value, dict) else None
    return (
        isinstance(outputs, list)
        and bool(outputs)
        and all(isinstance(one, dict) and {"name", "datatype", "shape"} <= set(one) for one in outputs)
    )


def read_outputs(value: dict[str, Any], rest: bytes) -> tuple[Output, ...]:
    """The tensors of an answer.

    Args:
        value: its JSON part, for which `is_response` holds.
        rest: the bytes behind it.

    Raises:
        InvalidError: shapes, types and data do not go together.
    """
    outputs, position = [], 0
    for told in value["outputs"]:
        parameters = told.get("parameters")
        size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
        if size is None:
            outputs.append(_output(told, _flat(told.get("data"))))
            continue
        if not isinstance(size, int) or not 0 <= size <= len(rest) - position:
            raise InvalidError(f"tensor {told['name']} announces {size} bytes, {len(rest) - position} came", help=_HELP)
        outputs.append(_output(told, _decoded(told, rest[position : position + size])))
        position += size
    if position < len(rest):
        raise InvalidError(f"{len(rest) - position} bytes of the answer belong to no tensor", help=_HELP)
    return tuple(outputs)


def _output(told: dict[str, Any], data: tuple[Any, ...]) -> Output:
    shape = _shape(told["shape"])
    if math.prod(shape) != len(data):
        raise InvalidError(
            f"tensor {told['name']} of shape {list(shape)} holds {len(data)} elements", help="see the log of the server"
        )
    return Output(str(told["name"]), str(told["datatype"]), shape, data)


def _decoded(told: dict[str, Any], raw: bytes) -> tuple[Any, ...]:
    datatype = str(told["datatype"])
    if datatype == "BYTES":
        return tuple(datatypes.bytes_elements(raw))
    dtype = datatypes.DTYPES.get(datatype)
    if dtype is None or datatype == "BF16" or len(raw) % dtype.itemsize:
        raise InvalidError(f"tensor {told['name']} has {len(raw)} bytes of type {datatype}", help=_HELP)
    return tuple(np.frombuffer(raw, dtype).tolist())


def _flat(data: Any) -> tuple[Any, ...]:
    """Elements in row major order, out of a flat or a nested list."""
    if not isinstance(data, list):
        raise InvalidError("a tensor of the answer has no data", help=_HELP)
    while data and all(isinstance(item, list) for item in data):
        data = [inner for item in data for inner in item]
    return tuple(data)


def _tensor_told(value: Any) -> TensorSpec:
    return TensorSpec(str(value["name"]), str(value["datatype"]), _shape(value["shape"]))


def _shape(value: Any) -> tuple[int, ...]:
    try:
        return tuple(int(side) for side in value)
    except (TypeError, ValueError):
        raise InvalidError(f"{str(value)[:_SHOWN]} is no shape", help=_HELP) from None
