"""Messages of the Open Inference Protocol over gRPC, as Vedette's own values and back.

    ModelInferRequest -> InferRequest        inputs as raw bytes, or as numbers of the field for their type
    InferAnswer -> ModelInferResponse        outputs as raw bytes

Source: grpc_service.proto of Triton, which holds open_inference_grpc.proto of the protocol.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vedette.adapters.grpc.method import Call
from vedette.errors import InvalidError, TooLargeError
from vedette.protos.grpc_service_pb2 import InferParameter, ModelInferRequest, ModelInferResponse
from vedette.rules.wire import oip_parameters
from vedette.rules.wire.datatypes import BYTES, DTYPES, Array, check_spec, from_raw, objects, shaped, to_raw
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.inference import InferAnswer, InferRequest, OutputWish
from vedette.values.served import ModelRef
from vedette.values.tensor import NamedTensor, TensorSpec

FIELDS = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
"""The field of InferTensorContents for each type; the others come as raw bytes only."""

_AT_A_TIME = 65_536
"""Numbers that are read in one go: a longer one would keep every other thread waiting."""


def request_of(message: ModelInferRequest, call: Call, most: int) -> InferRequest:
    """The request.

    Args:
        message: as it came.
        call: what is known beside it; its deadline and the parameter `timeout` both hold.
        most: inputs, and outputs, in one request.

    Raises:
        TooLargeError: there are more.
        InvalidError: a tensor, an output or a parameter cannot be.
        UnsupportedError: it asks for what is not offered: sequences, shared memory.
    """
    wanted = oip_parameters.of_request(_parameters(message.parameters), call.received.start_ns)
    ends = [at_ns for at_ns in (call.deadline_ns, wanted.deadline_ns) if at_ns is not None]
    deadline_ns, kind = min(ends, default=None), _deadline_class(call) or wanted.deadline_class
    if kind is DeadlineClass.HARD and deadline_ns is None:
        raise InvalidError("a hard deadline needs a time", help="set the deadline of the call, or `timeout`")
    return InferRequest(
        model_of(message.model_name, message.model_version),
        _inputs(message, most),
        call.received,
        call.size_bytes,
        outputs=_outputs(message, most),
        id=message.id,
        deadline_ns=deadline_ns,
        deadline_class=kind,
    )


def model_of(name: str, version: str) -> ModelRef:
    """A model as messages name it: without a version an empty text."""
    return ModelRef(name, version or None)


def deadline_of(call: Call, own: DeadlineClass) -> Deadline:
    """The deadline of a call: when its client gives up, and its class in `x-deadline-class`, or the model's own.

    A hard one needs an instant, which the message may bring.

    Raises:
        InvalidError: there is no such class.
    """
    kind = _deadline_class(call) or own
    hard = kind is DeadlineClass.HARD and call.deadline_ns is None
    return Deadline(DeadlineClass.RELAXED if hard else kind, call.deadline_ns)


def _deadline_class(call: Call) -> DeadlineClass | None:
    given = call.headers.get("x-deadline-class")
    if given is None:
        return None
    try:
        return DeadlineClass(given)
    except ValueError:
        raise InvalidError(
            f"x-deadline-class is {given[:40]!r}", help=f"give one of {', '.join(DeadlineClass)}"
        ) from None


def _outputs(message: ModelInferRequest, most: int) -> tuple[OutputWish, ...]:
    if len(message.outputs) > most:
        raise TooLargeError(f"the request names {len(message.outputs)} outputs, {most} may be", help="ask for fewer")
    found: dict[str, OutputWish] = {}
    for output in message.outputs:
        if output.name in found:
            raise InvalidError(f"output {output.name[:40]!r} is asked for twice", help="name each output once")
        found[output.name] = oip_parameters.of_output(_parameters(output.parameters), output.name)
    return tuple(found.values())


def _inputs(message: ModelInferRequest, most: int) -> tuple[NamedTensor, ...]:
    if len(message.inputs) > most:
        raise TooLargeError(f"the request has {len(message.inputs)} inputs, {most} may be", help="send fewer")
    for tensor in message.inputs:
        oip_parameters.binary_size(_parameters(tensor.parameters), tensor.name)  # refuses shared memory
    raw = message.raw_input_contents
    if not raw:
        return tuple(_typed(tensor) for tensor in message.inputs)
    if any(tensor.HasField("contents") for tensor in message.inputs):
        raise InvalidError(
            "the request has both raw_input_contents and contents", help="send all tensors in one of the two forms"
        )
    if len(raw) != len(message.inputs):
        raise InvalidError(
            f"the request has {len(message.inputs)} inputs and {len(raw)} raw_input_contents",
            help="send one for each input, in the same order; tensors without elements too",
        )
    specs = [_spec(tensor) for tensor in message.inputs]
    return tuple(
        NamedTensor(spec.name, spec.datatype, from_raw(spec, data)) for spec, data in zip(specs, raw, strict=True)
    )


def is_slow(message: ModelInferRequest) -> bool:
    """Whether reading the tensors takes work for each element."""
    return not message.raw_input_contents or any(tensor.datatype == BYTES for tensor in message.inputs)


def encoded(answer: InferAnswer) -> ModelInferResponse:
    """The answer as a message."""
    return ModelInferResponse(
        model_name=answer.model,
        model_version=answer.version,
        id=answer.id,
        outputs=[
            ModelInferResponse.InferOutputTensor(name=tensor.name, datatype=tensor.datatype, shape=tensor.data.shape)
            for tensor in answer.outputs
        ],
        raw_output_contents=[bytes(to_raw(tensor)) for tensor in answer.outputs],
    )


def _parameters(parameters: Mapping[str, InferParameter]) -> dict[str, Any]:
    return {name: _value(parameter) for name, parameter in parameters.items()}


def _value(parameter: InferParameter) -> Any:
    kind = parameter.WhichOneof("parameter_choice")
    return None if kind is None else getattr(parameter, kind)


def _spec(tensor: ModelInferRequest.InferInputTensor) -> TensorSpec:
    return check_spec(tensor.name, tensor.datatype, list(tensor.shape))


def _typed(tensor: ModelInferRequest.InferInputTensor) -> NamedTensor:
    spec, contents = _spec(tensor), tensor.contents
    own = FIELDS.get(spec.datatype)
    other = [field.name for field, _ in contents.ListFields() if field.name != own]
    if other:
        raise InvalidError(
            f"input {spec.name!r} is {spec.datatype} and has {other[0]}",
            help=f"send {own}" if own else f"send {spec.datatype} in raw_input_contents",
        )
    if own is None:
        raise InvalidError(
            f"input {spec.name!r} of type {spec.datatype} has no contents",
            help=f"send {spec.datatype} in raw_input_contents",
        )
    return NamedTensor(spec.name, spec.datatype, shaped(spec, _elements(spec, getattr(contents, own))))


def _elements(spec: TensorSpec, values: Sequence[Any]) -> Array:
    if len(values) != math.prod(spec.shape):
        return np.empty(len(values), np.uint8)  # refused for their number alone, whatever they are
    if spec.datatype == BYTES:
        return objects(list(values))
    found = np.empty(len(values), DTYPES[spec.datatype])
    for start in range(0, len(values), _AT_A_TIME):
        part = values[start : start + _AT_A_TIME]
        try:
            found[start : start + len(part)] = part
        except OverflowError:
            raise InvalidError(
                f"input {spec.name!r} holds a number that is no {spec.datatype}",
                help="send numbers within the range of the type",
            ) from None
    return found
