"""The Open Inference Protocol over HTTP, with Triton's extensions: all below `/v2` but shared memory and settings.

Requests are read and answers are written by `rules/wire`; what they mean is `flows/inference/oip`'s. A load never takes
a model or a configuration with it: nothing is written that came by the API.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from vedette.adapters.http import oip_documents as documents
from vedette.adapters.http.app import DELIVERED, RECEIVED_NS
from vedette.adapters.http.body import read_body, read_small
from vedette.adapters.http.endpoint import Endpoint, Handler
from vedette.adapters.http.look import DEADLINE_KEYS, check_keys, deadline_of
from vedette.adapters.http.oip_documents import error_body
from vedette.adapters.http.strict_json import read_json
from vedette.clock import Clock
from vedette.errors import InvalidError, TooLargeError, UnavailableError, UnsupportedError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.service import Service
from vedette.values.inference import InferRequest
from vedette.values.served import ModelRef
from vedette.values.serving import Right, VersionPolicy
from vedette.values.timeline import Span

if TYPE_CHECKING:  # a server that is asked for images only never loads them: each handler imports what it needs
    from vedette.flows.inference.oip import Repository
    from vedette.rules.wire.oip_model import Described
    from vedette.rules.wire.oip_request import Arrival
    from vedette.rules.wire.oip_response import Body

_HEADER = "Inference-Header-Content-Length"


def _latest(name: str) -> VersionPolicy:
    del name
    return VersionPolicy()


class OipEndpoints:
    """The endpoints; `version` is Vedette's, `policy_of` tells by the name of a model which versions are served."""

    def __init__(
        self,
        service: Service,
        repository: Repository,
        clock: Clock,
        version: str,
        policy_of: Callable[[str], VersionPolicy] = _latest,
    ) -> None:
        self._service, self._repository, self._clock = service, repository, clock
        self._version, self._policy_of = version, policy_of

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Their rows of the table."""
        return (
            *_both("/v2", Right.INFER, self._server, documents.SERVER),
            _get("/v2/health/live", None, self._live, documents.LIVE),
            _get("/v2/health/ready", None, self._ready, documents.READY),
            *_both("/v2/models", Right.INFER, self._list, documents.MODELS),
            _get("/v2/models/stats", Right.INFER, self._all_statistics, documents.ALL_STATISTICS),
            *_of_model("", self._metadata, documents.MODEL),
            *_of_model("/ready", self._model_ready, documents.MODEL_READY),
            *_of_model("/config", self._config, documents.CONFIG),
            *_of_model("/stats", self._statistics, documents.STATISTICS),
            *_of_model("/infer", self._infer, documents.INFER, "POST"),
            _post("/v2/repository/index", Right.INFER, self._index, documents.INDEX),
            _post("/v2/repository/models/{model}/load", Right.ADMIN, self._load, documents.LOAD),
            _post("/v2/repository/models/{model}/unload", Right.ADMIN, self._unload, documents.UNLOAD),
        )

    def _find(self, ref: ModelRef) -> ImageStation:
        from vedette.flows.inference.oip import find

        return find(self._service, ref)

    # --- the server ---

    async def _server(self, request: Request) -> Response:
        from vedette.rules.wire import oip_model

        del request
        return _json(oip_model.server(self._version, oip_model.REST_EXTENSIONS))

    async def _live(self, request: Request) -> Response:
        del request
        return _json({"live": True})

    async def _ready(self, request: Request) -> Response:
        del request
        if not self._repository.ready():
            raise UnavailableError("not all models are ready", help="POST /v2/repository/index tells why")
        return _json({"ready": True})

    # --- models ---

    async def _list(self, request: Request) -> Response:
        del request
        return _json({"models": list(self._repository.names())})

    async def _metadata(self, request: Request) -> Response:
        from vedette.rules.wire import oip_model

        ref = _ref(request)
        described = await self._described(ref)
        return _json(oip_model.metadata(described, self._repository.versions(ref.name)))

    async def _config(self, request: Request) -> Response:
        from vedette.rules.wire import oip_model

        return _json(oip_model.config(await self._described(_ref(request)), self._service.limits.images))

    async def _described(self, ref: ModelRef) -> Described:
        from vedette.flows.inference.oip import describe

        station = self._find(ref)
        station.enter()  # its model must stay while the thread looks
        try:
            return await asyncio.to_thread(describe, station, self._policy_of(ref.name))
        finally:
            station.leave()

    async def _model_ready(self, request: Request) -> Response:
        ref = _ref(request)
        station = self._find(ref)
        return _json({"name": ref.name, "version": station.manifest.version, "ready": True})

    async def _statistics(self, request: Request) -> Response:
        ref = _ref(request)
        found = self._find(ref)
        versions = self._repository.versions(ref.name) if ref.version is None else [found.manifest.version]
        return _json({"model_stats": [self._counted(ModelRef(ref.name, version)) for version in versions]})

    async def _all_statistics(self, request: Request) -> Response:
        del request
        names = self._repository.names()
        refs = [ModelRef(name, version) for name in names for version in self._repository.versions(name)]
        return _json({"model_stats": [self._counted(ref) for ref in refs]})

    def _counted(self, ref: ModelRef) -> dict[str, Any]:
        from vedette.rules.wire import oip_model

        station = self._find(ref)
        return oip_model.statistics(ref.name, station.manifest.version, station.statistics.snapshot())

    # --- inference ---

    async def _infer(self, request: Request) -> Response:
        from vedette.flows.inference.oip import admit, infer
        from vedette.rules.wire.oip_request import Arrival
        from vedette.rules.wire.oip_response import write_answer

        ref, service = _ref(request), self._service
        check_keys(request.query_params, DEADLINE_KEYS)
        head_ns = request.scope[RECEIVED_NS]
        deadline = deadline_of(request, head_ns, self._find(ref).loaded.deadline)
        with admit(service, ref, deadline) as admission:
            body = await read_body(request, service.limits, admission.grow)
            received = Span("acquire", head_ns, self._clock.now_ns())
            arrival = Arrival(ref, body, request.headers.get(_HEADER), received)
            answer = await infer(service, admission, await self._read(arrival), write_answer)
            request.scope[DELIVERED] = partial(_delivered, admission.stations[0])
        return _answer(answer)

    async def _read(self, arrival: Arrival) -> InferRequest:
        """The request; one that takes long to read is read in a thread, so that others get their turn."""
        from vedette.rules.wire.oip_request import read_request, takes_long

        limits = self._service.limits
        read = partial(read_request, depth=limits.json_depth, tensors=limits.tensors)
        if takes_long(arrival):
            return await asyncio.to_thread(read, arrival)
        return read(arrival)

    # --- the repository ---

    async def _index(self, request: Request) -> Response:
        from vedette.rules.wire import oip_model

        told = self._object(await self._small(request))
        ready = told.get("ready", False)
        if not isinstance(ready, bool):
            raise InvalidError("`ready` is neither true nor false", help='send {"ready": true} or nothing')
        return _json(oip_model.index(self._repository.index(), ready=ready))

    async def _load(self, request: Request) -> Response:
        try:
            body = await self._small(request)
        except TooLargeError as error:  # only files make it so large
            raise _no_files(error.message) from None
        parameters = _parameters(self._object(body))
        for key in parameters:
            raise _no_files(f"the parameter {key[:60]!r} is not taken")
        await self._repository.load(request.path_params["model"])
        return _json({})

    async def _unload(self, request: Request) -> Response:
        parameters = _parameters(self._object(await self._small(request)))
        for key, value in parameters.items():
            if key != "unload_dependents" or not isinstance(value, bool):
                raise InvalidError(
                    f"parameter {key[:60]!r} of an unload is not known, or no truth value",
                    help="unload_dependents may be true or false; no model depends on another here",
                )
        await self._repository.unload(request.path_params["model"])
        return _json({})

    async def _small(self, request: Request) -> bytes:
        return await read_small(request, self._service.limits, "send {} or nothing")

    def _object(self, body: bytes) -> Mapping[str, Any]:
        """The JSON object of a body; an empty body is an empty one."""
        value = read_json(body, self._service.limits.json_depth) if body.strip() else {}
        if not isinstance(value, dict):
            raise InvalidError("the body is no JSON object", help="send {} or nothing")
        return value


def _no_files(message: str) -> UnsupportedError:
    return UnsupportedError(
        f"{message}: models and configurations do not come by the API",
        help="put the files into the model repository, then load without parameters",
    )


def _parameters(told: Mapping[str, Any]) -> Mapping[str, Any]:
    value = told.get("parameters") or {}
    if not isinstance(value, dict):
        raise InvalidError("`parameters` is no JSON object", help="leave it out")
    return value


def _ref(request: Request) -> ModelRef:
    return ModelRef(request.path_params["model"], request.path_params.get("version"))


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _answer(body: Body) -> Response:
    if body.json_bytes is None:
        return Response(body.data, media_type="application/json")
    headers = {_HEADER: str(body.json_bytes)}
    return Response(body.data, headers=headers, media_type="application/octet-stream")


def _delivered(station: ImageStation, milliseconds: float) -> None:
    station.statistics.delivered(milliseconds)


# --- rows of the table ---


def _get(path: str, right: Right | None, handler: Handler, told: documents.Told) -> Endpoint:
    return Endpoint(("GET",), path, right, handler, told.summary, told.operation(path, "GET"), error_body)


def _post(path: str, right: Right | None, handler: Handler, told: documents.Told) -> Endpoint:
    return Endpoint(("POST",), path, right, handler, told.summary, told.operation(path, "POST"), error_body)


def _both(path: str, right: Right | None, handler: Handler, told: documents.Told) -> tuple[Endpoint, ...]:
    """With and without a slash at the end: the texts of the protocol have both."""
    return _get(path, right, handler, told), _get(f"{path}/", right, handler, told)


def _of_model(end: str, handler: Handler, told: documents.Told, method: str = "GET") -> tuple[Endpoint, ...]:
    """Of a model's newest version, and of one that is named."""
    make = _get if method == "GET" else _post
    paths = (f"/v2/models/{{model}}{end}", f"/v2/models/{{model}}/versions/{{version}}{end}")
    return tuple(make(path, Right.INFER, handler, told) for path in paths)
