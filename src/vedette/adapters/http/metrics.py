"""`GET /metrics`: what the server has counted, as Prometheus reads it.

    the event loop takes a Moment -> a thread writes it down in the form that is accepted -> response

Nothing is counted here. The library that writes the form is imported at the first scrape.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.moment import Moment, Work
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.service import Service
from vedette.flows.inference.traffic import Traffic
from vedette.values.served import IndexEntry, ModelRef, ModelState
from vedette.values.serving import Right

_OPERATION: dict[str, Any] = {
    "operationId": "metrics",
    "tags": ["operation"],
    "responses": {
        "200": {
            "description": "Text format of Prometheus 0.0.4, or OpenMetrics 1.0 where it is accepted.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
}


class KnownModels(Protocol):
    """The models of the server."""

    def index(self) -> tuple[IndexEntry, ...]:
        """Each version with its state."""

    def station(self, ref: ModelRef) -> ImageStation:
        """The station of a version that is ready."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Where the figures are.

    Attributes:
        models, service, traffic: of the server.
        version: of Vedette.
        connections: those of HTTP that are open, and how many may be; None: not known.
        dropped_lines: lines of the log that could not be written; None: the log has no such count.
    """

    models: KnownModels
    service: Service
    traffic: Traffic
    version: str
    connections: Callable[[], tuple[int, int]] | None = None
    dropped_lines: Callable[[], int] | None = None


class MetricsEndpoint:
    """The endpoint; `right` is what a key must be allowed to do, None opens it to everybody."""

    def __init__(self, counted: Counted, right: Right | None) -> None:
        self._counted, self._right = counted, right

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Its row of the table."""
        return (Endpoint(("GET",), "/metrics", self._right, self._metrics, "Metrics for Prometheus", _OPERATION),)

    async def _metrics(self, request: Request) -> Response:
        accept = request.headers.get("accept", "")
        body, media = await asyncio.to_thread(_written, moment_of(self._counted), accept)
        return Response(body, headers={"content-type": media})


def moment_of(counted: Counted) -> Moment:
    """The figures now; called in the event loop."""
    index = tuple(entry for entry in counted.models.index() if entry.wanted or entry.state is ModelState.READY)
    ready = [entry for entry in index if entry.state is ModelState.READY]
    stations = [(entry, counted.models.station(ModelRef(entry.name, entry.version))) for entry in ready]
    return Moment(
        tuple((entry.name, entry.version, station.statistics.snapshot()) for entry, station in stations),
        index,
        counted.traffic.snapshot(),
        _work(counted.service),
        counted.version,
        None if counted.connections is None else counted.connections(),
        None if counted.dropped_lines is None else counted.dropped_lines(),
    )


def _work(service: Service) -> Work:
    return Work(
        service.images_under_way,
        service.bytes_under_way,
        service.threads,
        service.idle_workers,
        service.tasks_waiting,
        service.draining,
        service.limits,
    )


def _written(moment: Moment, accept: str) -> tuple[bytes, str]:
    from vedette.adapters.http.exposition import written

    return written(moment, accept)
