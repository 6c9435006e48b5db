"""An inference request of the Open Inference Protocol over HTTP, read from its bytes.

    {"id", "parameters", "inputs": [{"name", "shape", "datatype", "parameters", "data"}], "outputs": [...]}

With the header `Inference-Header-Content-Length: n` the first n bytes are that JSON, and the data of each input whose
`binary_data_size` says so follows in the order of the inputs. With n = 0 the whole body is the data of the model's only
input, for one row (of BYTES: one element without its length), and the answer is binary.

Sources: Open Inference Protocol 2 (REST) and Triton's extensions "Binary Tensor Data", "Classification", "Parameters".
Whatever the bytes are, the only errors are Vedette's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
import orjson

from vedette.errors import InvalidError, TooLargeError
from vedette.rules.wire import datatypes, oip_parameters
from vedette.rules.wire.datatypes import BYTES, Array
from vedette.rules.wire.nesting import nesting
from vedette.values.inference import InferRequest, OutputWish
from vedette.values.served import ModelRef
from vedette.values.tensor import NamedTensor, TensorSpec
from vedette.values.timeline import Span

_HELP = "see the Open Inference Protocol, version 2: POST /v2/models/NAME/infer"
_SHOWN = 40
_DIGITS = 18
_LONG_BYTES = 256 * 1024
_FLOATS = frozenset({"FP32", "FP64"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A body as it came.

    Attributes:
        model: that the address names.
        body: without its Content-Encoding.
        header: `Inference-Header-Content-Length` as it stands there; None without.
        received: when the body came in.
    """

    model: ModelRef
    body: bytes
    header: str | None
    received: Span


def takes_long(arrival: Arrival) -> bool:
    """Whether a request takes long to read: it is more than a little JSON with numbers behind it, taken as they are.

    Elements of BYTES are read one by one. A backslash in the JSON may write that word in another way.
    """
    size = len(arrival.body)
    if size <= _LONG_BYTES:
        return False
    header = arrival.header or ""
    clear = header.isascii() and header.isdecimal() and len(header) <= _DIGITS
    json_bytes = min(size, int(header)) if clear else size
    if json_bytes > _LONG_BYTES:
        return True
    told = arrival.body[:json_bytes]
    return BYTES.encode() in told or b"\\" in told


def read_request(arrival: Arrival, *, depth: int = 64, tensors: int = 64) -> InferRequest:
    """The request; `depth` bounds how its JSON nests, `tensors` how many inputs and outputs it names.

    Raises:
        InvalidError: it is none.
        TooLargeError: it is beyond a limit.
        UnsupportedError: it asks for what is not offered: sequences, shared memory.
    """
    body = memoryview(arrival.body)
    length = _header_length(arrival.header, len(body))
    if length == 0 and arrival.header is not None:
        return _raw(arrival)
    told = _object(_json(body[:length], depth), "the request")
    wanted = oip_parameters.of_request(_mapping(told, "parameters"), arrival.received.start_ns)
    inputs = _inputs(_list(told, "inputs", tensors), body[length:])
    return InferRequest(
        arrival.model,
        inputs,
        arrival.received,
        len(body),
        outputs=_outputs(_list(told, "outputs", tensors), binary=wanted.binary),
        id=_identity(told.get("id")),
        binary=wanted.binary,
        deadline_ns=wanted.deadline_ns,
        deadline_class=wanted.deadline_class,
    )


def _raw(arrival: Arrival) -> InferRequest:
    if not arrival.body:
        raise InvalidError("the body is empty", help="with a header length of 0 it is the data of the only input")
    size = len(arrival.body)
    return InferRequest(arrival.model, (), arrival.received, size, binary=True, raw=arrival.body)


def _header_length(header: str | None, size: int) -> int:
    if header is None:
        return size
    if not (header.isascii() and header.isdecimal()):
        raise InvalidError(f"Inference-Header-Content-Length {header[:_SHOWN]!r} is no number", help=_HELP)
    if len(header) > _DIGITS or int(header) > size:
        raise InvalidError(
            f"Inference-Header-Content-Length {header[:_SHOWN]} is more than the {size} bytes of the body",
            help="it is the length of the JSON, which stands before the binary data",
        )
    return int(header)


def _json(data: memoryview, depth: int) -> Any:
    if nesting(data, depth) > depth:
        raise TooLargeError(f"the JSON nests deeper than {depth} levels", help="send a flatter one")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidError(
            f"the request is no JSON: {error}",
            help="send well-formed JSON in UTF-8; NaN and Infinity go as binary data only",
        ) from None


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidError(f"{what} is no JSON object", help=_HELP)
    return value


def _mapping(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = told.get(key)
    return {} if value is None else _object(value, f"`{key}`")


def _list(told: Mapping[str, Any], key: str, most: int) -> list[Mapping[str, Any]]:
    value = told.get(key)
    if value is None and key == "outputs":
        return []
    if not isinstance(value, list):
        raise InvalidError(f"`{key}` is no list", help=_HELP)
    if len(value) > most:
        raise TooLargeError(f"`{key}` names {len(value)} tensors, {most} may be", help="ask for fewer at a time")
    return [_object(one, f"an entry of `{key}`") for one in value]


def _identity(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidError("`id` is no text", help=_HELP)
    return value


# --- inputs ---


def _inputs(told: list[Mapping[str, Any]], rest: memoryview) -> tuple[NamedTensor, ...]:
    found: dict[str, NamedTensor] = {}
    position = 0
    for one in told:
        spec = datatypes.check_spec(one.get("name"), one.get("datatype"), one.get("shape"))
        if spec.name in found:
            raise InvalidError(f"input {spec.name!r} is given twice", help="name each input once")
        size = oip_parameters.binary_size(_mapping(one, "parameters"), spec.name)
        if size is None:
            data = _from_json(spec, one.get("data"))
        else:
            data = _from_raw(spec, one, rest[position:], size)
            position += size
        found[spec.name] = NamedTensor(spec.name, spec.datatype, data)
    if position < len(rest):
        raise InvalidError(f"{len(rest) - position} bytes of the body belong to no input", help=_HELP)
    return tuple(found.values())


def _from_raw(spec: TensorSpec, told: Mapping[str, Any], rest: memoryview, size: int) -> Array:
    if "data" in told:
        raise InvalidError(f"input {spec.name!r} has both `data` and `binary_data_size`", help="send one of them")
    if size > len(rest):
        raise InvalidError(
            f"input {spec.name!r} announces {size} bytes of binary data, {len(rest)} are left",
            help="say with the header Inference-Header-Content-Length where the JSON ends, and send all bytes",
        )
    return datatypes.from_raw(spec, rest[:size])


def _from_json(spec: TensorSpec, data: Any) -> Array:
    """The array that a flat list, or one nested like the shape, holds."""
    if spec.datatype in datatypes.ONLY_BINARY:
        raise InvalidError(
            f"input {spec.name!r} is {spec.datatype}, which JSON does not carry", help="send it as binary data"
        )
    if not isinstance(data, list):
        raise InvalidError(f"input {spec.name!r} has no `data`", help="`data` is a list, flat or nested like the shape")
    flat = _flat(spec, data)
    datatypes.demand_count(spec, len(flat))  # before each of them is looked at
    kinds = set(map(type, flat))
    allowed = _allowed(spec.datatype)
    if not kinds <= allowed:
        wrong = min(_NAMES.get(kind, kind.__name__) for kind in kinds - allowed)
        raise InvalidError(
            f"input {spec.name!r} is {spec.datatype}, its data holds {wrong}",
            help=f"send {' or '.join(sorted(_NAMES[kind] for kind in allowed))} only",
        )
    if spec.datatype == BYTES:
        return datatypes.shaped(spec, datatypes.objects([text.encode() for text in flat]))
    return datatypes.shaped(spec, _numbers(spec, flat))


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"} | {
    list: "a list",
    dict: "an object",
}


def _allowed(datatype: str) -> set[type]:
    if datatype in _FLOATS:
        return {int, float}
    if datatype == "BOOL":
        return {bool}
    return {str} if datatype == BYTES else {int}


def _flat(spec: TensorSpec, data: list[Any]) -> list[Any]:
    """Elements in row major order; a list of lists must be nested as the shape says."""
    count = 1
    for side, inner_side in pairwise(spec.shape):
        count *= side
        if not data or not isinstance(data[0], list):
            break
        if len(data) != count or not all(isinstance(inner, list) and len(inner) == inner_side for inner in data):
            raise InvalidError(
                f"the data of input {spec.name!r} is not nested like its shape",
                help="send a flat list, or one whose lists are as long as the shape says",
            )
        data = list(chain.from_iterable(data))
    return data


def _numbers(spec: TensorSpec, flat: list[Any]) -> Array:
    dtype = datatypes.DTYPES[spec.datatype]
    try:
        with np.errstate(over="ignore"):
            array = np.array(flat, dtype)
    except OverflowError:
        raise _beyond(spec) from None
    if spec.datatype in _FLOATS and not np.isfinite(array).all():
        raise _beyond(spec)
    return array


def _beyond(spec: TensorSpec) -> InvalidError:
    return InvalidError(
        f"the data of input {spec.name!r} holds a number beyond {spec.datatype}", help="send numbers that it can hold"
    )


# --- outputs ---


def _outputs(told: list[Mapping[str, Any]], *, binary: bool) -> tuple[OutputWish, ...]:
    found: dict[str, OutputWish] = {}
    for one in told:
        name = one.get("name")
        if not isinstance(name, str):
            raise InvalidError("an entry of `outputs` has no name", help=_HELP)
        if name in found:
            raise InvalidError(f"output {name[:_SHOWN]!r} is asked for twice", help="name each output once")
        found[name] = oip_parameters.of_output(_mapping(one, "parameters"), name, binary=binary)
    return tuple(found.values())
