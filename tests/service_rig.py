"""A service with one gated model, for tests of what is admitted, run and given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fakes import jpeg
from stations import GatedRuntime, ReadyModels, gated_station

from vedette.clock import SystemClock
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.postprocess import Answering, Delivery
from vedette.flows.inference.service import Service
from vedette.rules.batching.policy import BatchPolicy
from vedette.values.deadline import Deadline
from vedette.values.frame import Frame
from vedette.values.result import Result
from vedette.values.served import ModelRef
from vedette.values.serving import Limits
from vedette.values.timeline import Span

RED, GREEN = jpeg((255, 0, 0)), jpeg((0, 255, 0))
CLOCK = SystemClock()
REF = [ModelRef("colour")]


@dataclass
class Rig:
    """A service with one gated model, and how far its requests are."""

    service: Service
    runtime: GatedRuntime
    crew: Crew

    def ask(self, data: bytes = RED, deadline: Deadline = Deadline()) -> asyncio.Task[tuple[Delivery, ...]]:  # noqa: B008
        return asyncio.ensure_future(infer(self.service, data, deadline))

    async def entered(self) -> None:
        """An inference has begun."""
        assert await asyncio.to_thread(self.runtime.entered.acquire, timeout=10)


def order(data: bytes, look: Look | None = None) -> ImageOrder[tuple[Delivery, ...]]:
    now = CLOCK.now_ns()
    return ImageOrder("1", Frame("body", data), look or Look(Answering()), Span("acquire", now, now), tuple)


async def infer(service: Service, data: bytes, deadline: Deadline = Deadline(), look: Look | None = None):  # noqa: B008
    with service.admit(REF, deadline) as admission:
        admission.grow(len(data))
        admission.begin(1)
        return await service.images(admission, order(data, look))


@asynccontextmanager
async def rig(policy: BatchPolicy | None = None, workers: int = 1, **limits: int) -> AsyncIterator[Rig]:
    runtime, crew = GatedRuntime(workers), Crew(workers, CLOCK)
    station = gated_station(CLOCK, policy, runtime)
    try:
        yield Rig(Service(ReadyModels(colour=station), crew, Limits(**limits), CLOCK), runtime, crew)
    finally:
        runtime.open = True
        for _ in range(100):
            runtime.gate.release()
        await asyncio.to_thread(crew.close)


def label(deliveries: tuple[Delivery, ...]) -> str:
    outcome = deliveries[0].outcome
    assert isinstance(outcome, Result)
    assert outcome.classes is not None
    return outcome.classes[0].label
