"""The ASGI application: one table of endpoints, and around each of them rights, errors, and what is told of a request.

    request -> route -> guard -> handler -> response        a VedetteError on the way -> its status and its JSON

Routing, rights and the OpenAPI document come from the same table, so that no way in is forgotten by one of them.
"""

from __future__ import annotations

import itertools
import logging
import math
import re
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.negotiate import NotAcceptableError
from vedette.clock import Clock
from vedette.errors import InternalError, Kind, OverloadedError, VedetteError
from vedette.flows.inference.trail import Run, begin_trail
from vedette.rules.wire.status import HTTP_STATUS
from vedette.rules.zoo.names import nearest
from vedette.values.serving import Right

_log = logging.getLogger(__name__)
_FAILED, _NOT_ACCEPTABLE = 500, 406
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_START, _COUNT = secrets.token_hex(4), itertools.count()
"""Ids of requests: which start of a server, and which of its requests."""
_LONGEST = 1000
"""Characters of a message that leave: what came is repeated in a part only."""

DELIVERED = "vedette.delivered"
"""Key in the scope under which a handler leaves what shall be called with the milliseconds that sending took."""

RECEIVED_NS = "vedette.received_ns"
"""Key in the scope: when the head of the request was there."""

REQUEST_ID = "vedette.request_id"
"""Key in the scope: the id of the request, the client's own if it sent one in X-Request-ID."""


class Guard(Protocol):
    """Decides who may come in."""

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        """The name of the key that the headers (lower-case names) carry, empty without keys.

        Raises:
            UnauthenticatedError, ForbiddenError, OverloadedError: it may not come in.
        """


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one request after its end; times in nanoseconds of the clock, `status` 499 if the client left.

    Attributes:
        method, path, route: what was asked, and the row of the table that it was for (empty: none).
        request_id, key, peer: of whom; `key` is its name.
        received_ns, made_ns, ended_ns: the head was there, the response was made (0: none was), it was sent.
        sent_bytes: of the response.
        model: as the path names it.
        kind: of the error that was answered.
        traceparent: header of W3C Trace Context.
        runs: the times of each answer of a model, if requests are traced.
    """

    protocol: ClassVar[str] = "http"

    method: str
    path: str
    route: str
    status: int
    request_id: str
    key: str
    peer: str
    received_ns: int
    ended_ns: int
    sent_bytes: int
    made_ns: int = 0
    model: str = ""
    kind: Kind | None = None
    traceparent: str = ""
    runs: tuple[Run, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the server could not do what was asked."""
        return self.status >= _FAILED


class Observer(Protocol):
    """Is told of every request: metrics and logs."""

    def told(self, request: Told) -> None:
        """One request has ended."""


class App:
    """The application; `endpoints` is the whole of its table; `traced`: observers want the times of each stage."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        guard: Guard,
        observers: Sequence[Observer],
        clock: Clock,
        *,
        traced: bool = False,
    ) -> None:
        self.endpoints = tuple(endpoints)
        by_path: dict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in endpoints:
            by_path[endpoint.path].append(endpoint)
        gate = _Gate(guard, tuple(observers), clock, traced=traced)
        routes = [Route(path, _Path(found, gate)) for path, found in by_path.items()]
        self._router = Router(routes, redirect_slashes=False, default=_Missing(tuple(by_path), gate))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            await self._router(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})


class _Sent:
    """Passes messages on and remembers what was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status, self.size_bytes = 0, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.size_bytes += len(message.get("body", b""))
        await self._send(message)


class _Gate:
    """What is done around every handler."""

    def __init__(self, guard: Guard, observers: tuple[Observer, ...], clock: Clock, *, traced: bool) -> None:
        self._guard, self._observers, self._clock, self._traced = guard, observers, clock, traced

    async def pass_through(self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the right, call the handler, send its response, tell of it."""
        clock = self._clock
        scope.setdefault(RECEIVED_NS, clock.now_ns())
        request, sent, key = Request(scope, receive), _Sent(send), ""
        scope[REQUEST_ID] = _request_id(request)
        peer = request.client.host if request.client else ""
        trail = begin_trail() if self._traced else None
        made_ns = 0
        kind: Kind | None = None
        try:
            try:
                key = self._guard.check(request.headers, peer, endpoint.right)
                response = await endpoint.handler(request)
            except VedetteError as error:
                response, kind = _refusal(error, endpoint), error.kind
            except ClientDisconnect:
                raise
            except Exception:  # noqa: BLE001 - a bug in one request must not end the others
                _log.exception("request %s failed: %s %s", scope[REQUEST_ID], scope["method"], scope["path"])
                error_of_ours = InternalError(
                    "the server failed", help="see its log, and report it with the request id"
                )
                response, kind = _refusal(error_of_ours, endpoint), error_of_ours.kind
            response.headers["x-request-id"] = scope[REQUEST_ID]
            made_ns = clock.now_ns()
            await response(scope, receive, sent)
            if delivered := scope.get(DELIVERED):
                delivered((clock.now_ns() - made_ns) / 1e6)
        except ClientDisconnect:
            sent.status = 499
        finally:
            told = Told(
                scope["method"],
                scope["path"],
                endpoint.path,
                sent.status or 499,
                scope[REQUEST_ID],
                key,
                peer,
                scope[RECEIVED_NS],
                clock.now_ns(),
                sent.size_bytes,
                made_ns,
                _model(request),
                kind,
                request.headers.get("traceparent", "") if trail is not None else "",
                trail.runs if trail is not None else (),
            )
            for observer in self._observers:
                observer.told(told)


class _Path:
    """All endpoints of one path, by method, as an ASGI application."""

    def __init__(self, endpoints: Sequence[Endpoint], gate: _Gate) -> None:
        self._gate = gate
        self._by_method = {method: endpoint for endpoint in endpoints for method in endpoint.methods}
        if "GET" in self._by_method:
            self._by_method.setdefault("HEAD", self._by_method["GET"])
        self._other = _refusing(endpoints[0].path, self._answer_other, endpoints[0].error_body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._by_method.get(scope["method"], self._other)
        await self._gate.pass_through(endpoint, scope, receive, send)

    async def _answer_other(self, request: Request) -> Response:
        allowed = ", ".join(sorted(self._by_method))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": allowed})
        text = f"{request.method[:20]} is not for {request.url.path[:80]}"
        body = _error_object("invalid", text, f"take {allowed}")
        return Response(orjson.dumps(body), 405, {"allow": allowed}, "application/json")


class _Missing:
    """Answers for every path that is none."""

    def __init__(self, paths: tuple[str, ...], gate: _Gate) -> None:
        self._paths, self._gate = paths, gate
        self._endpoint = _refusing("", self._answer, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._gate.pass_through(self._endpoint, scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        near = nearest(request.url.path[:80], self._paths)
        hint = f"did you mean {near[0]}? " if near else ""
        body = _error_object("not_found", f"there is no {request.url.path[:80]}", f"{hint}/docs shows every path")
        return Response(orjson.dumps(body), 404, media_type="application/json")


def _refusing(path: str, answer: Any, error_body: Any) -> Endpoint:
    """An endpoint for what no row of the table is for; it needs a key like any other."""
    return Endpoint((), path, Right.INFER, answer, "", error_body=error_body)


def _refusal(error: VedetteError, endpoint: Endpoint) -> Response:
    make = endpoint.error_body or _error_object
    headers = {}
    if isinstance(error, OverloadedError):
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.kind == "unauthenticated":
        headers["www-authenticate"] = "Bearer"
    status = _NOT_ACCEPTABLE if isinstance(error, NotAcceptableError) else HTTP_STATUS[error.kind]
    shown = error.message if len(error.message) <= _LONGEST else f"{error.message[:_LONGEST]} ..."
    body = orjson.dumps(make(error.kind, shown, error.help))
    return Response(body, status, headers, "application/json")


def _error_object(kind: str, message: str, help_text: str) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message, "help": help_text}}


def _model(request: Request) -> str:
    named = request.path_params
    return str(named.get("models") or named.get("model") or "")


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id")
    return given if given is not None and _ID.fullmatch(given) else f"{_START}{next(_COUNT):08x}"
