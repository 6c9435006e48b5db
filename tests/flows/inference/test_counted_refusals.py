"""What is refused, or not answered in time, is in the statistics of its models, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from fakes import jpeg
from stations import GatedRuntime, ReadyModels, gated_station

from vedette.clock import SystemClock
from vedette.errors import DeadlineError, OverloadedError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.service import Service
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Frame
from vedette.values.served import ModelRef
from vedette.values.serving import Limits
from vedette.values.timeline import Span

CLOCK = SystemClock()
REFS = [ModelRef("colour")]
Ask = Callable[[Service], Coroutine[None, None, None]]


async def past(service: Service) -> None:
    service.admit(REFS, Deadline(DeadlineClass.SOFT, 0))


async def draining(service: Service) -> None:
    service.drain()
    service.admit(REFS)


async def too_many(service: Service) -> None:
    with service.admit(REFS) as admission:
        admission.begin(2)
        service.admit(REFS)


async def too_large(service: Service) -> None:
    with service.admit(REFS) as one, service.admit(REFS) as other:
        one.grow(600)
        other.grow(600)


async def expires(service: Service) -> None:
    now_ns = CLOCK.now_ns()
    frame = Frame("red.jpg", jpeg((255, 0, 0)))
    order = ImageOrder("1", frame, Look(Answering()), Span("acquire", now_ns, now_ns), lambda _: None)
    with service.admit(REFS, Deadline(DeadlineClass.SOFT, now_ns + 50_000_000)) as admission:
        admission.begin(1)
        await service.images(admission, order)


@pytest.mark.parametrize(
    ("ask", "error", "kind"),
    [
        (past, DeadlineError, "timeout"),
        (expires, DeadlineError, "timeout"),
        (draining, OverloadedError, "overloaded"),
        (too_many, OverloadedError, "overloaded"),
        (too_large, OverloadedError, "overloaded"),
    ],
)
def test_every_refusal_is_counted_once(ask: Ask, error: type[Exception], kind: str) -> None:
    """By its kind."""
    crew, runtime = Crew(1, CLOCK), GatedRuntime()

    async def run() -> ImageStation:
        station = gated_station(CLOCK, runtime=runtime)
        service = Service(ReadyModels(colour=station), crew, Limits(queue_images=2, queue_bytes=1000), CLOCK)
        with pytest.raises(error):
            await ask(service)
        return station

    try:
        station = asyncio.run(run())
    finally:
        runtime.open = True
        runtime.gate.release()
        crew.close()

    assert station.statistics.snapshot().failures == ((kind, 1),)
