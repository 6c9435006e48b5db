"""Health: `/health/live` for whoever restarts the process, `/health/ready` for whoever sends it requests, `/health`.

All three are open to everybody. Where keys are in force, they tell how many models are not ready, and not which.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response

from vedette.adapters.http.endpoint import Endpoint
from vedette.clock import Clock
from vedette.flows.inference.service import Service
from vedette.values.served import IndexEntry, ModelState

_UNREADY = 503
_DRAINING = "the server is shutting down"
_HEADERS = {"cache-control": "no-store"}


class Readiness(Protocol):
    """The models of the server."""

    def index(self) -> tuple[IndexEntry, ...]:
        """Each version with its state."""

    def ready(self) -> bool:
        """Whether the start is over and something is served, or nothing is to be served."""


class HealthEndpoints:
    """The endpoints.

    Args:
        models, service: of the server.
        clock: made with the server: `uptime_s` counts from here.
        version: of Vedette.
        open_doors: no keys are in force: reasons name models.
    """

    def __init__(self, models: Readiness, service: Service, clock: Clock, version: str, *, open_doors: bool) -> None:
        self._models, self._service, self._clock, self._version = models, service, clock, version
        self._open, self._since_ns = open_doors, clock.now_ns()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Their rows of the table."""
        ready = {"ready": {"type": "boolean"}, "reasons": {"type": "array", "items": {"type": "string"}}}
        summary = {"status": {"enum": ["ready", "unready", "draining"]}, **ready}
        return (
            _row("/health/live", self._live, "Whether the process answers", {"live": {"type": "boolean"}}),
            _row("/health/ready", self._ready, "Whether requests should be sent here", ready, unready=True),
            _row("/health", self._health, "State of the server in short", summary),
        )

    async def _live(self, request: Request) -> Response:
        del request
        return _json({"live": True})

    async def _ready(self, request: Request) -> Response:
        del request
        ready = self._is_ready()
        return _json({"ready": ready, "reasons": self._reasons()}, 200 if ready else _UNREADY)

    async def _health(self, request: Request) -> Response:
        del request
        service, ready = self._service, self._is_ready()
        states = Counter(entry.state for entry in self._models.index() if entry.wanted)
        status = "draining" if service.draining else "ready" if ready else "unready"
        told = {
            "status": status,
            "ready": ready,
            "reasons": self._reasons(),
            "version": self._version,
            "uptime_s": round((self._clock.now_ns() - self._since_ns) / 1e9, 3),
            "models": {state.value.lower(): states[state] for state in ModelState},
            "images_under_way": service.images_under_way,
        }
        return _json(told)

    def _is_ready(self) -> bool:
        return not self._service.draining and self._models.ready()

    def _reasons(self) -> list[str]:
        """What is not as it should be; a server may be ready though one of several models is not."""
        waiting = [entry for entry in self._models.index() if entry.wanted and entry.state is not ModelState.READY]
        reasons = [_DRAINING] if self._service.draining else []
        if self._open:
            return reasons + [_reason(entry) for entry in waiting]
        return reasons + ([f"models that are not ready: {len(waiting)}"] if waiting else [])


def _reason(entry: IndexEntry) -> str:
    version = f" version {entry.version}" if entry.version else ""
    why = f": {entry.reason}" if entry.reason else ""
    return f"{entry.name}{version} is {entry.state.value.lower()}{why}"


def _row(path: str, handler: Any, summary: str, properties: dict[str, Any], *, unready: bool = False) -> Endpoint:
    schema = {"type": "object", "properties": properties}
    answer = {"description": summary, "content": {"application/json": {"schema": schema}}}
    responses = {"200": answer} | ({str(_UNREADY): answer | {"description": "It is not."}} if unready else {})
    name = path.strip("/").replace("/", "_")
    return Endpoint(
        ("GET",), path, None, handler, summary, {"operationId": name, "tags": ["operation"], "responses": responses}
    )


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, _HEADERS, "application/json")
