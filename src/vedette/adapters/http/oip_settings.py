"""Settings and shared memory of Triton's extensions over HTTP: what is not offered is told so, never passed over."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from vedette.adapters.http import oip_documents as documents
from vedette.adapters.http.body import read_small
from vedette.adapters.http.endpoint import Endpoint, Handler
from vedette.adapters.http.oip_documents import Told, error_body
from vedette.adapters.http.strict_json import read_json
from vedette.errors import InvalidError, NotFoundError, UnsupportedError
from vedette.flows.inference.service import Service
from vedette.rules.wire.oip_settings import check_unchanged, log_settings, trace_settings
from vedette.values.served import ModelRef
from vedette.values.serving import Right

_LOGGER = "vedette"
_TRACE_HELP = "spans go to OpenTelemetry: the operator sets otel_endpoint in the configuration"
_LOG_HELP = "the operator sets log.level and log.format in the configuration"


class OipSettingsEndpoints:
    """The endpoints of trace, log and shared memory."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Their rows of the table."""
        return (
            *(row for path in ("/v2/trace/setting", "/v2/models/{model}/trace/setting") for row in self._traces(path)),
            _row("GET", "/v2/logging", self._logging, documents.LOGGING),
            _row("POST", "/v2/logging", self._set_logging, documents.SET_LOGGING),
            *(row for kind in ("system", "cuda") for row in self._regions(f"/v2/{kind}sharedmemory")),
        )

    def _traces(self, path: str) -> tuple[Endpoint, ...]:
        return (
            _row("GET", path, self._trace, documents.TRACE),
            _row("POST", path, self._set_trace, documents.SET_TRACE),
        )

    def _regions(self, root: str) -> tuple[Endpoint, ...]:
        region = f"{root}/region/{{region}}"
        return (
            _row("GET", f"{root}/status", _no_regions, documents.REGIONS),
            _row("GET", f"{region}/status", _no_region, documents.REGION),
            _row("POST", f"{region}/register", _no_register, documents.REGISTER),
            _row("POST", f"{root}/unregister", _nothing, documents.UNREGISTER),
            _row("POST", f"{region}/unregister", _nothing, documents.UNREGISTER),
        )

    async def _trace(self, request: Request) -> Response:
        self._check_model(request)
        return _json(trace_settings())

    async def _set_trace(self, request: Request) -> Response:
        self._check_model(request)
        check_unchanged(trace_settings(), await self._wished(request), _TRACE_HELP)
        return _json(trace_settings())

    async def _logging(self, request: Request) -> Response:
        del request
        return _json(_log())

    async def _set_logging(self, request: Request) -> Response:
        check_unchanged(_log(), await self._wished(request), _LOG_HELP)
        return _json(_log())

    def _check_model(self, request: Request) -> None:
        if "model" in request.path_params:
            from vedette.flows.inference.oip import find  # a server that is not asked for it never loads it

            find(self._service, ModelRef(request.path_params["model"]))

    async def _wished(self, request: Request) -> Mapping[str, Any]:
        limits = self._service.limits
        body = await read_small(request, limits, "send the settings that change, or nothing")
        value = read_json(body, limits.json_depth) if body.strip() else {}
        if not isinstance(value, dict):
            raise InvalidError("the settings are no JSON object", help="send {} or nothing")
        return value


def _log() -> dict[str, Any]:
    return log_settings(logging.getLogger(_LOGGER).getEffectiveLevel())


async def _no_regions(request: Request) -> Response:
    del request
    return _json([])


async def _no_region(request: Request) -> Response:
    region = request.path_params["region"]
    raise NotFoundError(f"there is no region of shared memory {region[:60]!r}", help="send the data with the request")


async def _no_register(request: Request) -> Response:
    region = request.path_params["region"]
    raise UnsupportedError(
        f"region {region[:60]!r} is not registered: shared memory is not offered",
        help="send the data with the request: binary tensors cost no conversion",
    )


async def _nothing(request: Request) -> Response:
    del request
    return _json({})


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _row(method: str, path: str, handler: Handler, told: Told) -> Endpoint:
    right = Right.INFER if method == "GET" else Right.ADMIN
    return Endpoint((method,), path, right, handler, told.summary, told.operation(path, method), error_body)
