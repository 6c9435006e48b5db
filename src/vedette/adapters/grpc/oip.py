"""The Open Inference Protocol over gRPC, with Triton's extensions: service `inference.GRPCInferenceService`.

    ModelInfer: message -> admit -> InferRequest -> the flow of every transport -> message
    ModelStreamInfer: the same for each message of a stream; an error is told in its place, and the stream goes on

Refused with UNIMPLEMENTED: shared memory and sequences.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from vedette.adapters.grpc.door import parsed_aside
from vedette.adapters.grpc.method import Call, Method, Stream, Streaming, Unary
from vedette.adapters.grpc.oip_messages import deadline_of, encoded, is_slow, model_of, request_of
from vedette.adapters.grpc.ordered import answered_in_order
from vedette.adapters.grpc.refusal import details_of, internal
from vedette.errors import VedetteError
from vedette.flows.inference.oip import admit, find, infer
from vedette.flows.inference.service import Service
from vedette.protos.grpc_service_pb2 import ModelInferRequest, ModelInferResponse, ModelStreamInferResponse
from vedette.values.inference import InferAnswer, InferRequest
from vedette.values.serving import Right

_log = logging.getLogger(__name__)

SERVICE = "inference.GRPCInferenceService"

_LARGE = 1024 * 1024
"""From so many bytes on tensors that need work for each element are read beside the event loop."""


class InferMethods:
    """Inference, one request at a time or in a stream."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def methods(self) -> tuple[Method, ...]:
        """The rows of the table."""
        return (
            Unary(f"{SERVICE}/ModelInfer", Right.INFER, ModelInferRequest, self._infer, bulk=True),
            Streaming(f"{SERVICE}/ModelStreamInfer", Right.INFER, self._stream),
        )

    async def _infer(self, message: ModelInferRequest, call: Call) -> bytes:
        return await self._run(message, call, lambda answer: encoded(answer).SerializeToString())

    async def _stream(self, stream: Stream) -> None:
        await answered_in_order(stream, self._answer)

    async def _answer(self, data: bytes, call: Call) -> bytes:
        """The answer to one message of a stream: the outputs, or what went wrong."""
        message = ModelInferRequest()
        try:
            message = await _let_in(data, call)
            return await self._run(message, call, _streamed)
        except VedetteError as error:
            refused = error
        except Exception:  # noqa: BLE001 - a bug in one message must not end the others
            _log.exception("a message of a stream failed")
            refused = internal()
        told = ModelInferResponse(model_name=message.model_name, model_version=message.model_version, id=message.id)
        return ModelStreamInferResponse(error_message=details_of(refused), infer_response=told).SerializeToString()

    async def _run(self, message: ModelInferRequest, call: Call, render: Callable[[InferAnswer], bytes]) -> bytes:
        ref = model_of(message.model_name, message.model_version)
        own = find(self._service, ref).loaded.deadline
        with admit(self._service, ref, deadline_of(call, own)) as admission:
            admission.grow(call.size_bytes)
            request = await self._read(message, call)
            return await infer(self._service, admission, request, render)

    async def _read(self, message: ModelInferRequest, call: Call) -> InferRequest:
        most = self._service.limits.tensors
        if call.size_bytes > _LARGE and is_slow(message):
            return await asyncio.to_thread(request_of, message, call, most)
        return request_of(message, call, most)


async def _let_in(data: bytes, call: Call) -> ModelInferRequest:
    if call.refused is not None:
        raise call.refused
    message: ModelInferRequest = await parsed_aside(ModelInferRequest, data)
    return message


def _streamed(answer: InferAnswer) -> bytes:
    """Every request has one answer here: each is the final one of its request."""
    message = ModelStreamInferResponse(infer_response=encoded(answer))
    message.infer_response.parameters["triton_final_response"].bool_param = True
    return message.SerializeToString()
