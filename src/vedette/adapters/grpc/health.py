"""Health checks of gRPC (grpc.health.v1): is the whole server, or the inference service, fit for work?

https://github.com/grpc/grpc/blob/master/doc/health-checking.md
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vedette.adapters.grpc.door import parsed
from vedette.adapters.grpc.method import Call, Method, Stream, Streaming, Unary
from vedette.clock import Clock
from vedette.errors import NotFoundError, OverloadedError
from vedette.protos.grpc.health.v1.health_pb2 import (
    HealthCheckRequest,
    HealthCheckResponse,
    HealthListRequest,
    HealthListResponse,
)

_SERVICE = "grpc.health.v1.Health"
_KNOWN = ("", "inference.GRPCInferenceService")
_LOOK_NS = 500_000_000
"""How often a watched status is looked at: the repository does not tell of its changes."""

WATCHES = 64
"""Watches that are open at the same time: they have no end and ask for no key."""


class HealthMethods:
    """Open to everybody, as the health routes of HTTP are."""

    def __init__(self, ready: Callable[[], bool], clock: Clock) -> None:
        self._ready, self._clock = ready, clock
        self._watches = 0

    def methods(self) -> tuple[Method, ...]:
        """The rows of the table."""
        return (
            Unary(f"{_SERVICE}/Check", None, HealthCheckRequest, self._check),
            Unary(f"{_SERVICE}/List", None, HealthListRequest, self._list),
            Streaming(f"{_SERVICE}/Watch", None, self._watch),
        )

    def _status(self, service: str) -> HealthCheckResponse:
        if service not in _KNOWN:
            return HealthCheckResponse(status=HealthCheckResponse.SERVICE_UNKNOWN)
        serving = HealthCheckResponse.SERVING if self._ready() else HealthCheckResponse.NOT_SERVING
        return HealthCheckResponse(status=serving)

    async def _check(self, request: HealthCheckRequest, _: Call) -> HealthCheckResponse:
        if request.service not in _KNOWN:
            raise NotFoundError(
                f"there is no service {request.service[:80]!r}", help=f"leave it empty, or ask for {_KNOWN[1]}"
            )
        return self._status(request.service)

    async def _list(self, _: HealthListRequest, __: Call) -> HealthListResponse:
        return HealthListResponse(statuses={name: self._status(name) for name in _KNOWN})

    async def _watch(self, stream: Stream) -> None:
        if self._watches >= WATCHES:
            raise OverloadedError(f"{WATCHES} watches are open, which is the limit", help="call Check now and then")
        self._watches += 1
        try:
            await self._watched(stream)
        finally:
            self._watches -= 1

    async def _watched(self, stream: Stream) -> None:
        async for message, _ in stream.messages():
            request = parsed(HealthCheckRequest, message)
            ending = asyncio.create_task(stream.closing())
            try:
                await self._told(request.service, stream, ending)
            finally:
                ending.cancel()
            return

    async def _told(self, service: str, stream: Stream, ending: asyncio.Task[None]) -> None:
        """Send the status now and at each change; the last one, when the server shuts down, is NOT_SERVING."""
        told = None
        while not ending.done():
            status = self._status(service)
            if status != told:
                await stream.write(status.SerializeToString())
                told = status
            await self._looked_again(ending)
        if service in _KNOWN:
            last = HealthCheckResponse(status=HealthCheckResponse.NOT_SERVING)
            if last != told:
                await stream.write(last.SerializeToString())

    async def _looked_again(self, ending: asyncio.Task[None]) -> None:
        pause = asyncio.create_task(self._clock.sleep_until(self._clock.now_ns() + _LOOK_NS))
        try:
            await asyncio.wait((pause, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
