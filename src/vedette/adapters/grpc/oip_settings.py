"""What Triton offers beside models over gRPC: shared memory, and settings of traces and logs.

There is no shared memory to register, and settings are the operator's: they are told, and not changed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from vedette.adapters.grpc.method import Call, Method, Unary
from vedette.adapters.grpc.oip import SERVICE
from vedette.errors import UnsupportedError
from vedette.flows.inference.oip import find
from vedette.flows.inference.service import Service
from vedette.protos import grpc_service_pb2 as pb
from vedette.rules.wire.oip_settings import check_unchanged, log_settings, trace_settings
from vedette.values.served import ModelRef
from vedette.values.serving import Right

_LOGGER = "vedette"
_TRACE_HELP = "spans go to OpenTelemetry: the operator sets otel_endpoint in the configuration"
_LOG_HELP = "the operator sets log.level and log.format in the configuration"


class SettingMethods:
    """Settings of traces and logs; a call that leaves them as they are is answered with them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def methods(self) -> tuple[Method, ...]:
        """The rows of the table."""
        return (
            Unary(f"{SERVICE}/TraceSetting", Right.INFER, pb.TraceSettingRequest, self._trace),
            Unary(f"{SERVICE}/LogSettings", Right.INFER, pb.LogSettingsRequest, self._log),
        )

    async def _trace(self, request: pb.TraceSettingRequest, _: Call) -> pb.TraceSettingResponse:
        if request.model_name:
            find(self._service, ModelRef(request.model_name))
        current = trace_settings()
        wished = {name: _unlisted(list(setting.value)) for name, setting in request.settings.items()}
        check_unchanged(current, wished, _TRACE_HELP)
        values = {name: value if isinstance(value, list) else [value] for name, value in current.items()}
        return pb.TraceSettingResponse(
            settings={name: pb.TraceSettingResponse.SettingValue(value=value) for name, value in values.items()}
        )

    async def _log(self, request: pb.LogSettingsRequest, _: Call) -> pb.LogSettingsResponse:
        current = log_settings(logging.getLogger(_LOGGER).getEffectiveLevel())
        check_unchanged(current, _wished(request.settings), _LOG_HELP)
        return pb.LogSettingsResponse(settings={name: _log_value(value) for name, value in current.items()})


def _unlisted(values: list[str]) -> str | list[str] | None:
    """A setting of traces as JSON has it; none at all asks for the default."""
    if not values:
        return None
    return values[0] if len(values) == 1 else values


def _wished(settings: Mapping[str, pb.LogSettingsRequest.SettingValue]) -> dict[str, Any]:
    kinds = {name: setting.WhichOneof("parameter_choice") for name, setting in settings.items()}
    return {name: getattr(settings[name], kind) if kind else None for name, kind in kinds.items()}


def _log_value(value: Any) -> pb.LogSettingsResponse.SettingValue:
    if isinstance(value, bool):
        return pb.LogSettingsResponse.SettingValue(bool_param=value)
    if isinstance(value, int):
        return pb.LogSettingsResponse.SettingValue(uint32_param=value)
    return pb.LogSettingsResponse.SettingValue(string_param=value)


class SharedMemoryMethods:
    """No region is there, and none can be registered."""

    def methods(self) -> tuple[Method, ...]:
        """The rows of the table."""
        return (
            _row("SystemSharedMemoryStatus", pb.SystemSharedMemoryStatusRequest, self._system_status),
            _row("SystemSharedMemoryRegister", pb.SystemSharedMemoryRegisterRequest, self._register),
            _row("SystemSharedMemoryUnregister", pb.SystemSharedMemoryUnregisterRequest, self._system_unregister),
            _row("CudaSharedMemoryStatus", pb.CudaSharedMemoryStatusRequest, self._cuda_status),
            _row("CudaSharedMemoryRegister", pb.CudaSharedMemoryRegisterRequest, self._register),
            _row("CudaSharedMemoryUnregister", pb.CudaSharedMemoryUnregisterRequest, self._cuda_unregister),
        )

    async def _system_status(self, request: Any, _: Call) -> pb.SystemSharedMemoryStatusResponse:
        del request
        return pb.SystemSharedMemoryStatusResponse()

    async def _cuda_status(self, request: Any, _: Call) -> pb.CudaSharedMemoryStatusResponse:
        del request
        return pb.CudaSharedMemoryStatusResponse()

    async def _register(self, request: Any, _: Call) -> bytes:
        raise UnsupportedError(
            f"the region {request.name[:60]!r} is not registered: shared memory is not offered",
            help="send the data with the request: raw_input_contents cost no conversion",
        )

    async def _system_unregister(self, request: Any, _: Call) -> pb.SystemSharedMemoryUnregisterResponse:
        """What is not there is unregistered already, as Triton answers it."""
        del request
        return pb.SystemSharedMemoryUnregisterResponse()

    async def _cuda_unregister(self, request: Any, _: Call) -> pb.CudaSharedMemoryUnregisterResponse:
        """What is not there is unregistered already, as Triton answers it."""
        del request
        return pb.CudaSharedMemoryUnregisterResponse()


def _row(name: str, request: type[Any], answer: Callable[[Any, Call], Awaitable[Any]]) -> Method:
    return Unary(f"{SERVICE}/{name}", Right.INFER if name.endswith("Status") else Right.ADMIN, request, answer)
