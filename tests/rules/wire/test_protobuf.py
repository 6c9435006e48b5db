"""Fields of messages are counted without parsing them; protobuf's own library is the second truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidError, TooLargeError, VedetteError
from vedette.protos.grpc_service_pb2 import InferParameter, InferTensorContents, ModelInferRequest
from vedette.rules.wire.protobuf import check_fields

NESTED = (5, 6)


def request(inputs: int, raw: int, parameters: int) -> ModelInferRequest:
    tensor = ModelInferRequest.InferInputTensor(name="x", datatype="FP32", shape=[1, 2])
    return ModelInferRequest(
        model_name="m",
        inputs=[tensor] * inputs,
        raw_input_contents=[b"abc"] * raw,
        parameters={str(number): InferParameter(int64_param=number) for number in range(parameters)},
    )


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_fields_are_counted_as_the_library_writes_them(inputs: int, raw: int, parameters: int) -> None:
    """The name, every repeated entry, and the three fields of each inner message."""
    message = request(inputs, raw, parameters).SerializeToString()
    count = 1 + inputs * 4 + raw + parameters

    check_fields(message, count, NESTED)
    with pytest.raises(TooLargeError):
        check_fields(message, count - 1, NESTED)


def test_inner_messages_of_other_fields_are_one_field() -> None:
    """What is not named as nested is not looked into."""
    message = request(3, 0, 0).SerializeToString()

    check_fields(message, 4)
    with pytest.raises(TooLargeError):
        check_fields(message, 3)


def test_numbers_of_a_tensor_are_one_field() -> None:
    """Packed numbers are as large in memory as they are long: they are not counted one by one."""
    tensor = ModelInferRequest.InferInputTensor(contents=InferTensorContents(fp32_contents=[1.0] * 1000))
    message = ModelInferRequest(inputs=[tensor]).SerializeToString()

    check_fields(message, 2, NESTED)


@given(st.binary(max_size=200))
def test_whatever_the_library_reads_is_counted(data: bytes) -> None:
    """Any bytes give a count or one of our errors; groups, which the library passes over, are refused."""
    try:
        check_fields(data, 1000, NESTED)
    except VedetteError as error:
        assert error.kind in {"invalid", "too_large"}  # noqa: PT017 - nothing else may come


@given(st.integers(1, 101))
def test_a_message_cut_short_is_refused(end: int) -> None:
    """A field that says it is longer than the message is no field."""
    message = ModelInferRequest(raw_input_contents=[b"a" * 100]).SerializeToString()

    with pytest.raises(InvalidError):
        check_fields(message[:end], 10)


@pytest.mark.parametrize(
    "data",
    [b"\xff" * 11, b"\x0b", b"\x0c", b"\x0e", b"\x09abc", b"\x0dab", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"],
)
def test_what_is_no_message_is_the_callers_error(data: bytes) -> None:
    """Endless numbers, groups, unknown kinds of fields, fields beyond the end."""
    with pytest.raises(InvalidError, match="cannot be read"):
        check_fields(data, 10)
