"""Answers of the Open Inference Protocol: golden bytes, and as Triton's own client reads them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tritonclient.http import InferResult

from vedette.errors import InvalidError
from vedette.rules.wire import datatypes
from vedette.rules.wire.oip_outputs import chosen
from vedette.rules.wire.oip_response import Body, write_answer
from vedette.values.inference import InferAnswer, OutputWish
from vedette.values.tensor import NamedTensor

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)
NUMBERS = sorted(set(datatypes.DTYPES) - {"BF16"})


def answer(*outputs: NamedTensor, binary: bool = False, identity: str = "") -> Body:
    wishes = tuple(OutputWish(tensor.name, binary=binary) for tensor in outputs)
    return write_answer(InferAnswer("mobilenet", "1", identity, outputs, wishes))


def as_client(body: Body) -> InferResult:
    return InferResult.from_response_body(body.data, header_length=body.json_bytes)


def test_the_example_of_a_classification_is_written_to_the_byte() -> None:
    """Golden: id, model and version, and the three best classes as value:index:label."""
    scores, labels = np.full((1, 1000), 0.001, np.float32), [f"class {number}" for number in range(1000)]
    for index, score, label in ((281, 0.93, "tabby"), (282, 0.04, "tiger cat"), (285, 0.01, "Egyptian cat")):
        scores[0, index], labels[index] = score, label
    wishes = (OutputWish("prob", 3),)
    outputs = chosen(wishes, [NamedTensor("prob", "FP32", scores)], labels)

    body = write_answer(InferAnswer("mobilenet", "1", "7", outputs, wishes))

    assert body == Body(
        b'{"model_name":"mobilenet","model_version":"1","id":"7",'
        b'"outputs":[{"name":"prob","datatype":"BYTES","shape":[1,3],'
        b'"data":["0.93:281:tabby","0.04:282:tiger cat","0.01:285:Egyptian cat"]}]}',
        None,
    )


def test_binary_outputs_stand_behind_the_json() -> None:
    """Golden: BYTES have their length before them, numbers are little endian, each output goes as it is wished."""
    outputs = (
        NamedTensor("a", "BYTES", datatypes.objects([b"hi", b""])),
        NamedTensor("b", "INT16", np.array([[1, -2]], np.int16)),
        NamedTensor("c", "BOOL", np.array([True, False])),
    )
    wishes = (OutputWish("a", binary=True), OutputWish("b", binary=False), OutputWish("c", binary=True))

    body = write_answer(InferAnswer("m", "3", "", outputs, wishes))

    head = (
        b'{"model_name":"m","model_version":"3","outputs":['
        b'{"name":"a","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":10}},'
        b'{"name":"b","datatype":"INT16","shape":[1,2],"data":[1,-2]},'
        b'{"name":"c","datatype":"BOOL","shape":[2],"parameters":{"binary_data_size":2}}]}'
    )
    assert body == Body(head + b"\2\0\0\0hi\0\0\0\0\1\0", len(head))


@prove
@given(data=st.data(), datatype=st.sampled_from(NUMBERS), binary=st.booleans())
def test_tritons_client_reads_numbers(data: st.DataObject, datatype: str, *, binary: bool) -> None:
    """Every type in both forms, to the bit."""
    binary = binary or datatype in datatypes.ONLY_BINARY
    finite = {"allow_nan": binary, "allow_infinity": binary} if datatype.startswith("FP") else None
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=3, max_side=4))
    array = data.draw(arrays.arrays(datatypes.DTYPES[datatype], shape, elements=finite))

    read = as_client(answer(NamedTensor("y", datatype, array), binary=binary)).as_numpy("y")

    assert (read.dtype, read.shape) == (array.dtype, array.shape)
    assert np.array_equal(read, array, equal_nan=datatype.startswith("FP"))


@prove
@given(elements=st.lists(st.binary(max_size=6), max_size=5), binary=st.booleans())
def test_tritons_client_reads_bytes(elements: list[bytes], *, binary: bool) -> None:
    """Any bytes in the binary form; texts in JSON."""
    elements = elements if binary else [element.hex().encode() for element in elements]

    read = as_client(answer(NamedTensor("y", "BYTES", datatypes.objects(elements)), binary=binary)).as_numpy("y")

    assert [one if binary else one.encode() for one in read.tolist()] == elements


def test_floats_are_written_as_short_as_their_type_allows() -> None:
    """0.1 of FP32 is not 0.10000000149011612."""
    body = answer(NamedTensor("y", "FP32", np.array([0.1, 1e-10, 3], np.float32)))

    assert json.loads(body.data)["outputs"][0]["data"] == [0.1, 1e-10, 3.0]


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (NamedTensor("y", "FP32", np.array([math.nan], np.float32)), "NaN or infinity"),
        (NamedTensor("y", "FP64", np.array([-math.inf])), "NaN or infinity"),
        (NamedTensor("y", "FP16", np.array([1], np.float16)), "JSON does not carry"),
        (NamedTensor("y", "BF16", np.array([1], np.uint16)), "JSON does not carry"),
        (NamedTensor("y", "BYTES", datatypes.objects([b"\xff"])), "no UTF-8"),
    ],
)
def test_what_json_cannot_carry_is_an_error_and_goes_as_bytes(tensor: NamedTensor, message: str) -> None:
    """Never null in place of a number; the error tells of the other form, which works."""
    with pytest.raises(InvalidError, match=message) as caught:
        answer(tensor)

    assert "binary" in caught.value.help
    assert answer(tensor, binary=True).json_bytes is not None
