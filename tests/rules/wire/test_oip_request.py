"""Requests of the Open Inference Protocol, held against the bytes of Triton's own client."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

from vedette.errors import InvalidError, TooLargeError, UnsupportedError, VedetteError
from vedette.rules.wire import datatypes
from vedette.rules.wire.oip_request import Arrival, read_request, takes_long
from vedette.values.deadline import DeadlineClass
from vedette.values.inference import InferRequest, OutputWish
from vedette.values.served import ModelRef
from vedette.values.timeline import Span

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)
REF = ModelRef("mobilenet")
RECEIVED = Span("acquire", 1000, 2000)
NUMBERS = sorted(set(datatypes.DTYPES) - {"BF16"})


def read(body: bytes, header: int | str | None = None, **limits: int) -> InferRequest:
    return read_request(Arrival(REF, body, None if header is None else str(header), RECEIVED), **limits)


@pytest.mark.parametrize(
    ("told", "rest", "long"),
    [
        (b"{}" + b" " * 300_000, 0, True),
        (b"{}" + b" " * 300_000, None, True),
        (b"{}", 300_000, False),
        (b'{"datatype": "BYTES"}', 300_000, True),
        (b'{"datatype": "\\u0042YTES"}', 300_000, True),
        (b'{"datatype": "BYTES"}', 1000, False),
        (b"", 300_000, False),
    ],
)
def test_what_takes_long_to_read_is_known_before(told: bytes, rest: int | None, long: bool) -> None:  # noqa: FBT001
    """Much JSON, with or without a header, and many elements that are read one by one; numbers behind it do not."""
    header = None if rest is None else str(len(told))

    assert takes_long(Arrival(REF, told + bytes(rest or 0), header, RECEIVED)) is long


def one(**changes: Any) -> dict[str, Any]:
    return {"name": "x", "shape": [2], "datatype": "FP32", "data": [1.5, 2]} | changes


def request(*inputs: Any, **more: Any) -> bytes:
    return json.dumps({"inputs": list(inputs), **more}).encode()


def sent(*inputs: InferInput, **options: Any) -> InferRequest:
    """What Triton's client sends, as it is read."""
    body, length = InferenceServerClient.generate_request_body(list(inputs), **options)
    return read(body, length)


def test_the_example_with_json_tensors_is_read() -> None:
    """Golden: a classification of the three best is asked for, as in the reference's wire example."""
    data = [0.1] * (3 * 224 * 224)
    body = (
        b'{"id":"7","inputs":[{"name":"input","shape":[1,3,224,224],"datatype":"FP32","data":'
        + orjson.dumps(data)
        + b"}],"
        b'"outputs":[{"name":"prob","parameters":{"classification":3}}]}'
    )

    found = read(body)

    assert (found.id, found.model, found.size_bytes) == ("7", REF, len(body))
    assert found.outputs == (OutputWish("prob", 3, binary=False),)
    assert np.array_equal(found.inputs[0].data, np.full((1, 3, 224, 224), 0.1, np.float32))


def test_the_example_with_binary_tensors_is_read() -> None:
    """Golden: 602,112 bytes behind the JSON, and the answer is wanted as bytes too."""
    pixels = np.random.default_rng(0).random((1, 3, 224, 224), np.float32)
    head = (
        b'{"inputs":[{"name":"input","shape":[1,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":602112}}],'
        b'\n "parameters":{"binary_data_output":true}}'
    )

    found = read(head + pixels.tobytes(), len(head))

    assert found.binary
    assert np.array_equal(found.inputs[0].data, pixels)


def test_a_header_of_0_leaves_the_body_as_it_is() -> None:
    """Golden: a JPEG without length and name; the answer will be binary."""
    found = read(b"\xff\xd8\xff the rest of a JPEG", 0)

    assert (found.raw, found.inputs, found.binary) == (b"\xff\xd8\xff the rest of a JPEG", (), True)
    with pytest.raises(InvalidError, match="empty"):
        read(b"", 0)


@prove
@given(data=st.data(), datatype=st.sampled_from(NUMBERS), binary=st.booleans())
def test_numbers_of_tritons_client_are_read(data: st.DataObject, datatype: str, *, binary: bool) -> None:
    """Every type, as bytes and, where the protocol has it, as JSON, is the array that the client was given."""
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=3, max_side=4))
    finite = {"allow_nan": binary, "allow_infinity": binary} if datatype.startswith("FP") else None
    array = data.draw(arrays.arrays(datatypes.DTYPES[datatype], shape, elements=finite))
    tensor = InferInput("x", list(shape), datatype)
    binary = binary or datatype in datatypes.ONLY_BINARY
    tensor.set_data_from_numpy(array, binary_data=binary)

    (found,) = sent(tensor).inputs

    assert (found.name, found.datatype, found.data.shape) == ("x", datatype, shape)
    assert np.array_equal(found.data, array, equal_nan=datatype.startswith("FP"))


@prove
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), min_size=1, max_size=4),
    binary=st.booleans(),
)
def test_texts_of_tritons_client_are_read(texts: list[str], *, binary: bool) -> None:
    """BYTES are UTF-8 in JSON and prefixed with their length in the binary form."""
    elements = [text.encode() for text in texts]
    tensor = InferInput("x", [1, len(texts)], "BYTES")
    tensor.set_data_from_numpy(np.array([elements], object), binary_data=binary)

    (found,) = sent(tensor).inputs

    assert found.data.tolist() == [elements]


def test_bfloat16_is_kept_as_its_bits() -> None:
    """NumPy has no such number: the 16 bits of each element."""
    head = request(one(datatype="BF16", data=None) | {"parameters": {"binary_data_size": 4}}).replace(
        b'"data": null, ', b""
    )

    (found,) = read(head + b"\x80\x3f\x00\x40", len(head)).inputs

    assert found.data.tolist() == [0x3F80, 0x4000]


def test_options_of_tritons_client_are_read() -> None:
    """Id, outputs with their form, timeout in microseconds from the arrival on, and the lower of two priorities."""
    tensor = InferInput("x", [1], "INT32")
    tensor.set_data_from_numpy(np.array([1], np.int32))
    outputs = [InferRequestedOutput("a"), InferRequestedOutput("b", binary_data=False, class_count=4)]

    found = sent(tensor, outputs=outputs, request_id="r-1", timeout=1500, priority=2)

    assert found.id == "r-1"
    assert found.outputs == (OutputWish("a", binary=True), OutputWish("b", 4, binary=False))
    assert (found.deadline_ns, found.deadline_class) == (1000 + 1_500_000, DeadlineClass.BEST_EFFORT)


def test_without_options_nothing_is_limited() -> None:
    """No timeout, the highest priority: the model's own class, all outputs, as JSON."""
    found = read(request(one(), parameters={"timeout": 0, "priority": 1, "other": {"a": [1]}}))

    assert (found.deadline_ns, found.deadline_class, found.outputs, found.binary) == (None, None, (), False)


def test_data_may_be_nested_like_the_shape() -> None:
    """A flat list and one of lists are the same tensor."""
    nested = read(request(one(shape=[2, 1, 2], data=[[[1, 2]], [[3, 4]]]))).inputs[0].data
    flat = read(request(one(shape=[2, 1, 2], data=[1, 2, 3, 4]))).inputs[0].data

    assert np.array_equal(nested, flat)
    assert nested.shape == (2, 1, 2)


def test_tensors_follow_each_other_in_the_order_of_the_inputs() -> None:
    """One in the JSON between two behind it."""
    head = request(
        {"name": "a", "shape": [2], "datatype": "UINT8", "parameters": {"binary_data_size": 2}},
        one(),
        {"name": "b", "shape": [1], "datatype": "INT16", "parameters": {"binary_data_size": 2}},
    )

    found = {tensor.name: tensor.data.tolist() for tensor in read(head + b"\1\2\3\4", len(head)).inputs}

    assert found == {"a": [1, 2], "x": [1.5, 2.0], "b": [0x0403]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [3]}, "3 elements, 2 came"),
        ({"shape": [1]}, "1 elements, 2 came"),
        ({"shape": [-2]}, "negative"),
        ({"shape": [2**63, 2**63]}, "2 came"),
        ({"shape": []}, "1 elements, 2 came"),
        ({"data": ["1", "2"]}, "a text"),
        ({"data": [None, 1.0]}, "null"),
        ({"data": [True, 1.0]}, "true or false"),
        ({"data": [{}, 1.0]}, "an object"),
        ({"data": 5}, "has no `data`"),
        ({"data": None}, "has no `data`"),
        ({"data": [1e39, 0]}, "beyond FP32"),
        ({"data": [10**400, 0]}, "beyond|no JSON"),
        ({"data": [[1], [2]]}, "a list"),
        ({"shape": [2, 2], "data": [[1], [2, 3, 4]]}, "nested like its shape"),
        ({"shape": [2, 2], "data": [[1, 2, 3, 4]]}, "nested like its shape"),
        ({"shape": [2, 2], "data": [[1, 2], 3]}, "nested like its shape"),
        ({"datatype": "INT8", "data": [1, 128]}, "beyond INT8"),
        ({"datatype": "UINT64", "data": [1, -1]}, "beyond UINT64"),
        ({"datatype": "INT32", "data": [1, 1.5]}, "a number"),
        ({"datatype": "BOOL", "data": [True, 1]}, "a whole number"),
        ({"datatype": "FP16"}, "JSON does not carry"),
        ({"datatype": "BF16"}, "JSON does not carry"),
        ({"datatype": "BYTES", "data": ["a", 1]}, "a whole number"),
        ({"datatype": "BYTES", "data": ["a"]}, "2 elements, 1 came"),
        ({"datatype": "BYTES", "data": ["a", "b", "c"]}, "2 elements, 3 came"),
        ({"datatype": "STRING"}, "no datatype"),
        ({"name": "a\0b"}, "no name"),
        ({"name": None}, "no name"),
        ({"parameters": []}, "no JSON object"),
        ({"parameters": {"binary_data_size": 8}}, "both"),
        ({"parameters": {"binary_data_size": "8"}}, "whole number|binary_data_size"),
        ({"parameters": {"binary_data_size": -1}}, "out of its range"),
    ],
)
def test_an_input_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    """Each of the protocol's edge cases is the caller's error, with the name of the tensor or parameter."""
    with pytest.raises(InvalidError, match=message):
        read(request(one(**changes)))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "`inputs` is no list"),
        (b'{"inputs":[1]}', "an entry of `inputs`"),
        (b'{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[NaN]}]}', "NaN and Infinity|no JSON"),
        (b'{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[-Infinity]}]}', "no JSON"),
        (b'{"inputs":[{"name":"\xff","shape":[1],"datatype":"FP32","data":[1]}]}', "no JSON"),
        (request(one(), one()), "given twice"),
        (request(one(), id=7), "`id` is no text"),
        (request(one(), outputs=[{"name": "a"}, {"name": "a"}]), "asked for twice"),
        (request(one(), outputs=[{}]), "has no name"),
        (request(one(), outputs={"name": "a"}), "`outputs` is no list"),
        (request(one(), outputs=[{"name": "a", "parameters": {"classification": -1}}]), "out of its range"),
        (request(one(), outputs=[{"name": "a", "parameters": {"binary_data": 1}}]), "binary_data"),
        (request(one(), parameters={"timeout": 1.5}), "timeout"),
        (request(one(), parameters={"timeout": 10**30}), "timeout"),
        (request(one(), parameters={"priority": "high"}), "priority"),
        (request(one(), parameters={"binary_data_output": "yes"}), "binary_data_output"),
    ],
)
def test_a_request_that_cannot_be_is_refused(body: bytes, message: str) -> None:
    """No JSON, no inputs, names given twice, parameters of another type."""
    with pytest.raises(InvalidError, match=message) as caught:
        read(body)

    assert caught.value.help


@pytest.mark.parametrize("header", ["-1", "1.0", "", " 5", "0x5", "٣", "99999", "9" * 500])
def test_a_header_length_that_cannot_be_is_refused(header: str) -> None:
    """No number, or more than the whole body."""
    with pytest.raises(InvalidError, match="Inference-Header-Content-Length"):
        read(request(one()), header)


def test_binary_data_must_be_there_and_belong_to_an_input() -> None:
    """Too few bytes behind the JSON, and bytes that no input has announced."""
    told = {"name": "a", "shape": [2], "datatype": "UINT8", "parameters": {"binary_data_size": 2}}
    head = request(told)

    with pytest.raises(InvalidError, match="1 are left"):
        read(head + b"\1", len(head))
    with pytest.raises(InvalidError, match="1 bytes of the body belong to no input"):
        read(head + b"\1\2\3", len(head))
    with pytest.raises(InvalidError, match="0 are left"):
        read(head)


@pytest.mark.parametrize(
    "body",
    [
        request(one(), parameters={"sequence_id": 5}),
        request(one(), parameters={"sequence_id": "s", "sequence_start": True}),
        request(one(), parameters={"sequence_end": True}),
        request(one(parameters={"shared_memory_region": "r", "shared_memory_byte_size": 8})),
        request(one(), outputs=[{"name": "a", "parameters": {"shared_memory_region": "r"}}]),
    ],
)
def test_what_is_not_offered_is_refused_by_name(body: bytes) -> None:
    """Sequences and shared memory are no mistake of the caller, and not passed over."""
    with pytest.raises(UnsupportedError, match=r"sequence|shared memory"):
        read(body)


def test_limits_hold_before_anything_is_built() -> None:
    """JSON that nests too deep, and more tensors than a request may have."""
    bomb = b'{"inputs":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    many = request(*[one(name=f"x{number}") for number in range(5)])

    with pytest.raises(TooLargeError, match="nests deeper than 64"):
        read(bomb)
    with pytest.raises(TooLargeError, match="names 5 tensors, 4 may be"):
        read(many, tensors=4)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("x") | _JSON,
        "shape": st.lists(st.integers(-1, 3), max_size=3) | _JSON,
        "datatype": st.sampled_from([*datatypes.DTYPES, "BYTES"]) | _JSON,
        "data": st.lists(st.integers() | st.floats() | st.text(max_size=2), max_size=4) | _JSON,
        "parameters": st.fixed_dictionaries({}, optional={"binary_data_size": st.integers(-1, 9) | _JSON}) | _JSON,
    },
)
_REQUESTS = st.fixed_dictionaries(
    {"inputs": st.lists(_TENSORS | _JSON, max_size=3) | _JSON},
    optional={"outputs": st.lists(_TENSORS, max_size=2) | _JSON, "id": _JSON, "parameters": _JSON},
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(_REQUESTS, st.binary(max_size=12), st.none() | st.integers(-2, 200))
def test_any_json_is_read_or_refused(value: Any, rest: bytes, off: int | None) -> None:
    """Whatever the fields hold, and wherever the header cuts, the only errors are Vedette's own."""
    head = json.dumps(value).encode()
    header = None if off is None else str(len(head) if off == 0 else max(0, off))

    with suppress(VedetteError):
        assert read(head + rest, header).model == REF


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=60), st.none() | st.text(max_size=4))
def test_any_bytes_are_read_or_refused(body: bytes, header: str | None) -> None:
    """Bytes that are no JSON, headers that are no number."""
    with suppress(VedetteError):
        assert read(body, header).size_bytes == len(body)
