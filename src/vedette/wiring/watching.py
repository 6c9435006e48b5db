"""What is told of every request that comes through a door of the server: counters, lines of the log, spans."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vedette.adapters.logs.log import Log, RequestLog
from vedette.clock import Clock
from vedette.flows.inference.ended import Ended
from vedette.flows.inference.traffic import Traffic
from vedette.values.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.adapters.telemetry.otel import Tracing


class Observer:
    """One of them, as both doors call it."""

    def __init__(self, told: Callable[[Ended], None]) -> None:
        self.told = told


class Watching:
    """The observers of a server, shared by HTTP and gRPC; closed at its end."""

    def __init__(self, serving: Serving, version: str, clock: Clock) -> None:
        """Begin.

        Raises:
            UnavailableError: spans are wanted, and the packages of OpenTelemetry are not installed.
        """
        self.traffic = Traffic()
        self._log = Log(serving.log, clock)
        self._tracing: Tracing | None = None
        if serving.otel_endpoint is not None:
            from vedette.adapters.telemetry.otel import open_tracing

            self._tracing = open_tracing(serving.otel_endpoint, clock, version)
        told = [self.traffic.told, RequestLog(serving.log).told]
        if self._tracing is not None:
            told.append(self._tracing.told)
        self.observers = tuple(Observer(one) for one in told)

    @property
    def traced(self) -> bool:
        """Whether the times of every answer are wanted with its request."""
        return self._tracing is not None

    @property
    def dropped(self) -> int:
        """Lines of the log that were dropped."""
        return self._log.dropped

    async def close(self) -> None:
        """Send the last spans and lines."""
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)
        await asyncio.to_thread(self._log.close)
