"""The answer of an inference request of the Open Inference Protocol over HTTP, as bytes.

    {"model_name", "model_version", "id", "outputs": [{"name", "datatype", "shape", "data"}]}
    binary: {..., "outputs": [{"name", "datatype", "shape", "parameters": {"binary_data_size": n}}]} + n bytes

Each output goes as it was asked for; `data` is a flat list. JSON knows no NaN, no infinity and no bytes that are not
UTF-8: such an output can only be had as binary data, and the error says so.

Source: Open Inference Protocol 2 (REST) and Triton's extension "Binary Tensor Data".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from vedette.errors import InvalidError
from vedette.rules.wire import datatypes
from vedette.rules.wire.datatypes import BYTES
from vedette.values.inference import InferAnswer
from vedette.values.tensor import NamedTensor

_HELP = "ask for it as binary data: parameters of the output {'binary_data': true}"


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of an answer; `json_bytes` of them are JSON and the rest is binary, None where all is JSON."""

    data: bytes
    json_bytes: int | None


def write_answer(answer: InferAnswer) -> Body:
    """The body of an answer.

    Raises:
        InvalidError: an output that is wanted as JSON cannot be written so.
    """
    told: list[dict[str, Any]] = []
    raws: list[datatypes.Raw] = []
    for tensor, wish in zip(answer.outputs, answer.wishes, strict=True):
        one: dict[str, Any] = {"name": tensor.name, "datatype": tensor.datatype, "shape": tensor.data.shape}
        if wish.binary:
            raw = datatypes.to_raw(tensor)
            raws.append(raw)
            one["parameters"] = {"binary_data_size": len(raw)}
        else:
            one["data"] = _json_data(tensor)
        told.append(one)
    value = {"model_name": answer.model, "model_version": answer.version}
    head = orjson.dumps(
        value | ({"id": answer.id} if answer.id else {}) | {"outputs": told}, option=orjson.OPT_SERIALIZE_NUMPY
    )
    binary = any(wish.binary for wish in answer.wishes)
    return Body(b"".join([head, *raws]), len(head)) if binary else Body(head, None)


def _json_data(tensor: NamedTensor) -> Any:
    if tensor.datatype in datatypes.ONLY_BINARY:
        raise InvalidError(f"output {tensor.name!r} is {tensor.datatype}, which JSON does not carry", help=_HELP)
    flat = tensor.data.reshape(-1)
    if tensor.datatype == BYTES:
        return [_text(tensor.name, element) for element in flat.tolist()]
    numbers = np.ascontiguousarray(flat, datatypes.DTYPES[tensor.datatype])
    if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
        raise InvalidError(f"output {tensor.name!r} holds NaN or infinity, which JSON does not carry", help=_HELP)
    return numbers


def _text(name: str, element: bytes) -> str:
    try:
        return element.decode()
    except UnicodeDecodeError:
        raise InvalidError(f"output {name!r} holds bytes that are no UTF-8", help=_HELP) from None
