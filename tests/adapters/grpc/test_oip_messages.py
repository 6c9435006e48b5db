"""Messages of inference and Vedette's own values; Triton's client is the second truth for what is on the wire."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
import tritonclient.grpc as triton
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tritonclient.grpc._utils import _get_inference_request
from tritonclient.utils import np_to_triton_dtype

from vedette.adapters.grpc.door import parsed
from vedette.adapters.grpc.method import Call
from vedette.adapters.grpc.oip_messages import deadline_of, encoded, request_of
from vedette.errors import InvalidError, VedetteError
from vedette.protos.grpc_service_pb2 import ModelInferRequest
from vedette.rules.wire.datatypes import objects
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.inference import InferAnswer, OutputWish
from vedette.values.tensor import NamedTensor
from vedette.values.timeline import Span

CALL = Call({}, Span("acquire", 1000, 2000), 10, None)
DTYPES = st.sampled_from(["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"])
ARRAYS = DTYPES.flatmap(
    lambda kind: hnp.arrays(np.dtype(kind), hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
)
TEXTS = st.lists(st.binary(max_size=20), min_size=1, max_size=6).map(objects)


def sent(array: np.ndarray) -> bytes:
    """The bytes of a request as Triton's client makes them."""
    given_input = triton.InferInput("in", list(array.shape), np_to_triton_dtype(array.dtype))
    given_input.set_data_from_numpy(array)
    wished = [triton.InferRequestedOutput("out", class_count=2)]
    message = _get_inference_request("m", [given_input], "3", "id", wished, 0, False, False, 0, 500, None)
    return message.SerializeToString()


@given(ARRAYS | TEXTS)
def test_a_request_of_tritons_client_is_read_as_it_was_meant(array: np.ndarray) -> None:
    """Model, version, id, output, deadline; the tensor bit for bit."""
    request = request_of(parsed(ModelInferRequest, sent(array)), CALL, 4)

    (tensor,) = request.inputs
    assert (str(request.model), request.id, request.size_bytes) == ("m version 3", "id", 10)
    assert request.outputs == (OutputWish("out", 2),)
    assert request.deadline_ns == 1000 + 500_000
    assert (tensor.name, tensor.datatype, tensor.data.shape) == ("in", np_to_triton_dtype(array.dtype), array.shape)
    assert tensor.data.tolist() == array.tolist() or tensor.data.tobytes() == array.tobytes()


@given(ARRAYS | TEXTS)
def test_an_answer_is_read_by_tritons_client_as_it_was_meant(array: np.ndarray) -> None:
    """Each output by its name."""
    datatype = np_to_triton_dtype(array.dtype)
    tensors = (NamedTensor("first", "INT8", np.array([1, 2], np.int8)), NamedTensor("out", datatype, array))
    answer = InferAnswer("m", "3", "id", tensors, (OutputWish("first"), OutputWish("out")))

    result = triton.InferResult(triton.service_pb2.ModelInferResponse.FromString(encoded(answer).SerializeToString()))
    got = result.as_numpy("out")
    assert result.get_response().model_name == "m"
    assert got.shape == array.shape
    assert got.tolist() == array.tolist() or got.tobytes() == array.tobytes()


def test_numbers_without_a_type_in_numpy_are_kept_as_bits() -> None:
    """BF16 comes as raw bytes: two for each number."""
    given_input = ModelInferRequest.InferInputTensor(name="in", datatype="BF16", shape=[2])
    message = ModelInferRequest(model_name="m", inputs=[given_input], raw_input_contents=[b"\x80\x3f\x00\x40"])

    (tensor,) = request_of(message, CALL, 4).inputs
    assert tensor.data.tolist() == [0x3F80, 0x4000]


def test_the_nearer_of_two_deadlines_holds() -> None:
    """When the client gives up, and the parameter `timeout`."""
    message = parsed(ModelInferRequest, sent(np.zeros(1)))

    for deadline_ns, expected in ((None, 501_000), (400_000, 400_000), (900_000, 501_000)):
        call = Call({}, CALL.received, 10, deadline_ns)
        assert request_of(message, call, 4).deadline_ns == expected


def test_the_class_of_a_deadline() -> None:
    """The model's own unless the metadata names one; hard without an instant waits for the message to bring it."""
    named = Call({"x-deadline-class": "relaxed"}, CALL.received, 10, 5)

    assert deadline_of(CALL, DeadlineClass.HARD) == Deadline(DeadlineClass.RELAXED)
    assert deadline_of(named, DeadlineClass.HARD) == Deadline(DeadlineClass.RELAXED, 5)
    assert deadline_of(Call({}, CALL.received, 10, 5), DeadlineClass.HARD) == Deadline(DeadlineClass.HARD, 5)
    with pytest.raises(InvalidError, match="x-deadline-class"):
        deadline_of(Call({"x-deadline-class": "soon"}, CALL.received, 10, 5), DeadlineClass.SOFT)


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_garbage_is_read_or_refused(data: bytes) -> None:
    """Nothing but Vedette's own errors comes of it."""
    with suppress(VedetteError):
        request_of(parsed(ModelInferRequest, data), CALL, 4)


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.none() | st.binary(min_size=1, max_size=4))
def test_a_damaged_request_is_read_or_refused(place: int, junk: bytes | None) -> None:
    """Bytes of a good message are replaced, or it is cut short."""
    good = sent(np.arange(6, dtype=np.float32).reshape(2, 3)) + sent(objects([b"a", b"bc"]))
    at = place % len(good)
    damaged = good[:at] if junk is None else good[:at] + junk + good[at + len(junk) :]

    with suppress(VedetteError):
        request_of(parsed(ModelInferRequest, damaged), CALL, 4)
