"""A request is counted once, whatever becomes of the work that was begun for it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import numpy as np
import pytest
from service_rig import CLOCK, RED, REF, Rig, order, rig

from vedette.errors import DeadlineError, InvalidError
from vedette.flows.inference.crew import Rank
from vedette.flows.inference.tensor_job import TensorOrder
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.tensor import NamedTensor
from vedette.values.timeline import Span


def soon() -> Deadline:
    return Deadline(DeadlineClass.RELAXED, CLOCK.now_ns() + 50_000_000)


async def worked_off(here: Rig) -> None:
    """The only worker has done all that was begun."""
    done = threading.Event()
    here.crew.put(Rank(99), done.set)
    assert await asyncio.to_thread(done.wait, 10)


def counts(here: Rig) -> tuple[int, tuple[tuple[str, int], ...]]:
    told = here.service.models.station(REF[0]).statistics.snapshot()
    return told.succeeded, told.failures


@pytest.mark.parametrize("damaged", [False, True])
def test_tensors_that_come_too_late_are_a_timeout_and_nothing_else(*, damaged: bool) -> None:
    """The inference ends after the deadline, well or not: no answer is counted, and no second failure."""

    def render(outputs: object) -> object:
        if damaged:
            raise InvalidError("cannot be written", help="-")
        return outputs

    async def run() -> None:
        async with rig() as here:
            pixels = NamedTensor("input", "UINT8", np.zeros((1, 8, 8, 3), np.uint8))
            with here.service.admit(REF, soon(), images=None) as admission:
                admission.begin(1, tensors=True)
                now = CLOCK.now_ns()
                with pytest.raises(DeadlineError):
                    await here.service.tensors(admission, TensorOrder((pixels,), Span("acquire", now, now), render))
            here.runtime.gate.release()
            await worked_off(here)
            assert counts(here) == (0, (("timeout", 1),))
            assert here.service.models.station(REF[0]).tensor_knowledge.latency.mean_ms or damaged

    asyncio.run(run())


@pytest.mark.parametrize("damaged", [False, True])
def test_an_answer_whose_writing_outlasts_the_deadline_is_a_timeout_and_nothing_else(*, damaged: bool) -> None:
    """A picture that is drawn too slowly is neither an answer nor a second failure."""
    go = threading.Event()

    def render(deliveries: object) -> object:
        assert go.wait(10)
        if damaged:
            raise InvalidError("cannot be drawn", help="-")
        return deliveries

    async def run() -> None:
        async with rig() as here:
            here.runtime.open = True
            with here.service.admit(REF, soon()) as admission:
                admission.begin(1)
                with pytest.raises(DeadlineError):
                    await here.service.images(admission, replace(order(RED), render=render))
            go.set()
            await worked_off(here)
            assert counts(here) == (0, (("timeout", 1),))

    asyncio.run(run())
