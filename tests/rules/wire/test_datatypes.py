"""Tensors as bytes, held against the encoding of Triton's own client."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tritonclient.utils import (
    deserialize_bytes_tensor,
    np_to_triton_dtype,
    serialize_byte_tensor,
    triton_to_np_dtype,
)

from vedette.errors import InvalidError
from vedette.rules.wire import datatypes
from vedette.values.tensor import NamedTensor, TensorSpec

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)
NUMBERS = sorted(set(datatypes.DTYPES) - {"BF16"})
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@pytest.mark.parametrize("datatype", [*NUMBERS, "BYTES"])
def test_the_types_are_those_of_tritons_client(datatype: str) -> None:
    """Both directions agree with the client's own tables."""
    dtype = np.dtype(triton_to_np_dtype(datatype))

    assert datatypes.datatype_of(dtype) == datatype == np_to_triton_dtype(dtype)
    assert datatypes.DTYPES.get(datatype, np.dtype(object)) == dtype


def test_a_type_outside_the_protocol_has_no_name() -> None:
    """Complex numbers and dates cannot be sent."""
    assert datatypes.datatype_of(np.dtype(complex)) is None
    assert datatypes.datatype_of(np.dtype("M8[s]")) is None


@prove
@given(st.data(), st.sampled_from(NUMBERS))
def test_numbers_survive_as_bytes(data: st.DataObject, datatype: str) -> None:
    """What NumPy writes is read back to the bit, and written again as the same bytes."""
    array = data.draw(arrays.arrays(datatypes.DTYPES[datatype], data.draw(SHAPES)))

    read = datatypes.from_raw(TensorSpec("x", datatype, array.shape), array.tobytes())

    assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert bytes(datatypes.to_raw(NamedTensor("x", datatype, read))) == array.tobytes()


@prove
@given(st.lists(st.binary(max_size=9), max_size=6))
def test_bytes_survive_as_tritons_client_writes_them(elements: list[bytes]) -> None:
    """Its encoding is read, and its decoder reads ours."""
    array = np.array(elements, object)
    encoded = serialize_byte_tensor(array).item() if elements else b""

    read = datatypes.from_raw(TensorSpec("x", "BYTES", (len(elements),)), encoded)

    assert read.tolist() == elements
    assert bytes(datatypes.to_raw(NamedTensor("x", "BYTES", read))) == encoded
    assert deserialize_bytes_tensor(encoded).tolist() == elements


def test_numbers_are_a_view_where_they_are_aligned() -> None:
    """No copy of a large body; a copy where the address would not do for an engine."""
    body = bytes(64)
    spec = TensorSpec("x", "FP32", (4,))
    views = [datatypes.from_raw(spec, memoryview(body)[start : start + 16]) for start in range(4)]

    assert all(view.flags.aligned for view in views)
    assert sum(np.shares_memory(view, np.frombuffer(body, np.uint8)) for view in views) == 1


def test_an_array_in_another_order_is_written_row_major() -> None:
    """A transposed, big-endian view goes as the protocol wants it."""
    array = np.arange(6, dtype=">i4").reshape(2, 3).T

    assert bytes(datatypes.to_raw(NamedTensor("x", "INT32", array))) == array.astype("<i4").tobytes("C")


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (("", "FP32", [1]), "no name"),
        (("a\0b", "FP32", [1]), "no name"),
        ((7, "FP32", [1]), "no name"),
        (("x", "FP31", [1]), "no datatype"),
        (("x", None, [1]), "no datatype"),
        (("x", "FP32", None), "no shape"),
        (("x", "FP32", ["1"]), "no shape"),
        (("x", "FP32", [True]), "no shape"),
        (("x", "FP32", [1.0]), "no shape"),
        (("x", "FP32", [2, -1]), "negative"),
        (("x", "FP32", [1] * 40), "40 dimensions"),
        (("x" * 10_000, "FP32", [10**4000, -1]), "negative"),
    ],
)
def test_what_tells_of_no_tensor_is_refused(told: tuple[object, object, object], message: str) -> None:
    """The message has the value, in a length that can be read."""
    with pytest.raises(InvalidError, match=message) as caught:
        datatypes.check_spec(*told)

    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("datatype", "shape", "raw", "message"),
    [
        ("FP32", (2,), bytes(7), "8 bytes, 7 came"),
        ("FP32", (2**40, 2**40), bytes(8), "8 came"),
        ("UINT8", (0, 2**62, 2**62), b"", "too big"),
        ("BOOL", (2,), b"\1\2", "no BOOL"),
        ("BYTES", (2,), b"\1\0\0\0a", "2 elements, 1 came"),
        ("BYTES", (0,), b"\1\0\0\0a", "more elements than the 0"),
        ("BYTES", (1,), b"\2\0\0\0a", "cut short"),
        ("BYTES", (1,), b"\2\0\0", "cut short"),
        ("BYTES", (1,), b"\xff\xff\xff\xffa", "cut short"),
    ],
)
def test_bytes_that_do_not_fit_are_refused(datatype: str, shape: tuple[int, ...], raw: bytes, message: str) -> None:
    """Too few, too many, cut short, shapes that overflow: a clear error, and no memory is taken for them."""
    with pytest.raises(InvalidError, match=message):
        datatypes.from_raw(TensorSpec("x", datatype, shape), raw)


@prove
@given(st.binary(max_size=40), st.sampled_from([*datatypes.DTYPES, "BYTES"]), st.lists(st.integers(0, 5), max_size=3))
def test_any_bytes_are_read_or_refused(raw: bytes, datatype: str, shape: list[int]) -> None:
    """Nothing but an InvalidError comes out, or a tensor of the shape that was told."""
    try:
        read = datatypes.from_raw(TensorSpec("x", datatype, tuple(shape)), raw)
    except InvalidError:
        return
    assert read.shape == tuple(shape)
    assert read.size == math.prod(shape)
