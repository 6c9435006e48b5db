"""A target that does nothing: what is measured then is the harness itself."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.clock import Clock
from vedette.flows.bench.target import Reply
from vedette.values.requests import Status
from vedette.values.trial import Introduction, Scope

_DONE = Reply(Status.OK)


class NullTarget:
    """Answers at once, or after a fixed time; any number of requests at the same time.

    A time is kept as exactly as the event loop's timer, which may be late by up to one millisecond.
    """

    def __init__(self, service_ms: float, clock: Clock) -> None:
        self._service_ns, self._clock = round(service_ms * 1e6), clock

    async def open(self, images: Sequence[bytes]) -> Introduction:
        """See `Target.open`; nothing is looked at."""
        del images
        return Introduction(Scope.HARNESS, server="null", reason="the null target has no model and takes no tensor")

    async def send(self, image: int) -> Reply:
        """See `Target.send`."""
        del image
        if self._service_ns:
            await self._clock.sleep_until(self._clock.now_ns() + self._service_ns)
        return _DONE

    async def close(self) -> None:
        """See `Target.close`."""
