"""Tensors of the Open Inference Protocol as NumPy arrays, and both as raw bytes.

    FP32 [2, 3] + 24 bytes  <->  array of float32, shape (2, 3)
    BYTES [2] + 4 bytes of length, then the element, twice  <->  array of dtype object that holds `bytes`

Numbers are little endian and row major. BF16, for which NumPy has no number, is kept as the 16 bits of each element.
Source: Open Inference Protocol 2, "Tensor Data Types" and its extension "Binary Tensor Data".
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError
from vedette.values.tensor import NamedTensor, TensorSpec

Array = NDArray[Any]
Raw = bytes | memoryview

BYTES = "BYTES"
DTYPES = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
    "BF16": np.dtype("<u2"),
}
"""The types of numbers."""

ONLY_BINARY = frozenset({"FP16", "BF16"})
"""Types that JSON does not carry."""

_HELP = "a tensor has a datatype of the Open Inference Protocol, a shape, and as many elements as the shape says"
_MOST_DIMENSIONS = 32
_SHOWN = 60
_LENGTH = struct.Struct("<I")


def check_spec(name: Any, datatype: Any, shape: Any) -> TensorSpec:
    """A tensor as a request tells of it.

    Raises:
        InvalidError: no name, no type of the protocol, or no shape.
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise InvalidError(f"{_shown(name)} is no name of a tensor", help="a name is a text that is not empty")
    if not isinstance(datatype, str) or (datatype not in DTYPES and datatype != BYTES):
        raise InvalidError(
            f"{_shown(datatype)} is no datatype, of tensor {_shown(name)}", help=f"take {', '.join(DTYPES)} or {BYTES}"
        )
    if not isinstance(shape, list | tuple) or any(type(side) is not int for side in shape):
        raise InvalidError(
            f"{_shown(shape)} is no shape, of tensor {_shown(name)}", help="a shape is a list of whole numbers"
        )
    if len(shape) > _MOST_DIMENSIONS:
        raise InvalidError(f"tensor {_shown(name)} has {len(shape)} dimensions, {_MOST_DIMENSIONS} may be", help=_HELP)
    if any(side < 0 for side in shape):
        raise InvalidError(
            f"tensor {_shown(name)} has the shape {_shown(list(shape))} with a negative dimension",
            help="a request says how long each dimension is; -1 is for the description of a model",
        )
    return TensorSpec(name, datatype, tuple(shape))


def shaped(spec: TensorSpec, elements: Array) -> Array:
    """Flat elements in the shape of a tensor.

    Raises:
        InvalidError: there are more or fewer than the shape says.
    """
    demand_count(spec, elements.size)
    try:
        return elements.reshape(spec.shape)
    except ValueError as error:  # a side of 0 beside sides whose product no array can have
        raise InvalidError(
            f"tensor {_shown(spec.name)} of shape {_shown(list(spec.shape))}: {error}", help=_HELP
        ) from None


def demand_count(spec: TensorSpec, count: int) -> None:
    """Let as many elements pass as the shape of a tensor says.

    Raises:
        InvalidError: there are more or fewer.
    """
    expected = math.prod(spec.shape)
    if expected != count:
        raise InvalidError(
            f"tensor {_shown(spec.name)} of shape {_shown(list(spec.shape))} has {_shown(expected)} elements, "
            f"{count} came",
            help=_HELP,
        )


def objects(elements: list[bytes]) -> Array:
    """The elements of a BYTES tensor as a flat array."""
    array = np.empty(len(elements), object)
    array[:] = elements
    return array


def from_raw(spec: TensorSpec, raw: Raw) -> Array:
    """The array that raw bytes hold; a view of them, without a copy, where they lie in memory as numbers must.

    Raises:
        InvalidError: they are not as many as type and shape say, or no such elements.
    """
    if spec.datatype == BYTES:
        return shaped(spec, objects(bytes_elements(raw, math.prod(spec.shape))))
    dtype = DTYPES[spec.datatype]
    size = len(raw)
    if size != math.prod(spec.shape) * dtype.itemsize:
        raise InvalidError(
            f"tensor {_shown(spec.name)}, {spec.datatype} of shape {_shown(list(spec.shape))}, has "
            f"{_shown(math.prod(spec.shape) * dtype.itemsize)} bytes, {size} came",
            help=_HELP,
        )
    if spec.datatype == "BOOL" and size and np.frombuffer(raw, np.uint8).max() > 1:
        raise InvalidError(f"tensor {_shown(spec.name)} holds bytes that are no BOOL", help="a BOOL is a byte 0 or 1")
    flat = np.frombuffer(raw, dtype)
    # An engine may take numbers only from addresses that their size divides; JSON of any length lies before them.
    return shaped(spec, flat if flat.flags.aligned else flat.copy())


def to_raw(tensor: NamedTensor) -> Raw:
    """The raw bytes of a tensor; of numbers a view where they lie in order already."""
    if tensor.datatype == BYTES:
        return b"".join([bytes_element(element) for element in tensor.data.reshape(-1).tolist()])
    flat = np.ascontiguousarray(tensor.data, DTYPES[tensor.datatype]).reshape(-1)
    return flat.view(np.uint8).data if flat.size else b""


def bytes_element(data: bytes) -> bytes:
    """One element of a BYTES tensor as the binary form holds it."""
    return _LENGTH.pack(len(data)) + data


def bytes_elements(raw: Raw, most: int | None = None) -> list[bytes]:
    """The elements of a BYTES tensor; `most` is how many there may be.

    Raises:
        InvalidError: the last one is cut short, or there are more.
    """
    found: list[bytes] = []
    position, end = 0, len(raw)
    while position < end:
        if len(found) == most:
            raise InvalidError(
                f"a BYTES tensor has more elements than the {_shown(most)} that its shape says", help=_HELP
            )
        start = position + _LENGTH.size
        position = start + _LENGTH.unpack_from(raw, position)[0] if start <= end else end + 1
        if position > end:
            raise InvalidError(
                "an element of a BYTES tensor is cut short",
                help="before each element stands its length in 4 bytes, little endian",
            )
        found.append(bytes(raw[start:position]))
    return found


def datatype_of(dtype: np.dtype[Any]) -> str | None:
    """The type of the protocol for one of NumPy's; None if there is none."""
    if dtype.kind in "OSU":
        return BYTES
    plain = dtype.newbyteorder("<")
    return next((name for name, known in DTYPES.items() if known == plain), None)


def _shown(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > _SHOWN * 3:  # a number of many digits takes long to write
        return "a number of more than 50 digits"
    if isinstance(value, list | tuple):
        inner = [_shown(item) for item in value[:_SHOWN]]
        text = f"[{', '.join(inner)}]"
    else:
        text = repr(value)
    return text if len(text) <= 2 * _SHOWN else text[: 2 * _SHOWN] + "..."
