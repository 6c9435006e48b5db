"""Whose turn it is where a model has fewer streams than the server has workers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from service_rig import CLOCK, RED, REF, order
from stations import GatedRuntime, ReadyModels, gated_station

from vedette.flows.inference.crew import Crew, Rank
from vedette.flows.inference.service import Service
from vedette.flows.inference.tensor_job import TensorOrder
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.serving import Limits
from vedette.values.tensor import NamedTensor
from vedette.values.timeline import Span


@dataclass
class Server:
    """A model with one stream, two workers, and the order in which requests are answered."""

    service: Service
    runtime: GatedRuntime
    crew: Crew
    answered: asyncio.Queue[str]

    def ask(self, name: str, deadline: Deadline, *, tensors: bool) -> asyncio.Task[None]:
        async def answer() -> None:
            await (self._tensors(deadline) if tensors else self._image(deadline))
            self.answered.put_nowait(name)

        return asyncio.ensure_future(answer())

    def _image(self, deadline: Deadline) -> Coroutine[Any, Any, object]:
        async def run() -> object:
            with self.service.admit(REF, deadline) as admission:
                admission.begin(1)
                return await self.service.images(admission, order(RED))

        return run()

    def _tensors(self, deadline: Deadline) -> Coroutine[Any, Any, object]:
        async def run() -> object:
            with self.service.admit(REF, deadline, images=None) as admission:
                admission.begin(1, tensors=True)
                pixels = NamedTensor("input", "UINT8", np.zeros((1, 8, 8, 3), np.uint8))
                now = CLOCK.now_ns()
                return await self.service.tensors(admission, TensorOrder((pixels,), Span("acquire", now, now), tuple))

        return run()

    async def settled(self) -> None:
        """The free worker has taken everything that waits, and what it took waits for the stream."""
        done = threading.Event()
        await asyncio.sleep(0)
        self.crew.put(Rank(99), done.set)
        assert await asyncio.to_thread(done.wait, 10)

    async def busy(self, *, tensors: bool) -> asyncio.Task[None]:
        """The only stream is at work."""
        first = self.ask("first", Deadline(), tensors=tensors)
        assert await asyncio.to_thread(self.runtime.entered.acquire, timeout=10)
        return first


@asynccontextmanager
async def serving(runtime: GatedRuntime | None = None, workers: int = 2) -> AsyncIterator[Server]:
    runtime, crew = runtime or GatedRuntime(1), Crew(workers, CLOCK)
    station = gated_station(CLOCK, runtime=runtime)
    for known in (station.knowledge, station.tensor_knowledge):
        known.busy, known.latency = known.busy.after(1.0), known.latency.after(1.0)
    try:
        yield Server(Service(ReadyModels(colour=station), crew, Limits(), CLOCK), runtime, crew, asyncio.Queue())
    finally:
        runtime.open = True
        runtime.gate.release(100)
        await asyncio.to_thread(crew.close)


@pytest.mark.parametrize("tensors", [True, False], ids=["tensors", "images"])
def test_the_turn_of_a_request_whose_caller_has_gone_is_the_next_ones(*, tensors: bool) -> None:
    """Thirty requests wait for one stream, twenty callers leave: the ten behind them are answered all the same."""

    async def run() -> None:
        async with serving() as here:
            first = await here.busy(tensors=tensors)
            waiting = [here.ask(str(number), Deadline(), tensors=tensors) for number in range(30)]
            for _ in range(3):
                await here.settled()
            for gone in waiting[:20]:
                gone.cancel()
            await asyncio.sleep(0)
            here.runtime.open = True
            here.runtime.gate.release()
            await asyncio.wait_for(asyncio.gather(first, *waiting[20:]), 10)
            names = {here.answered.get_nowait() for _ in range(11)}
            assert names == {"first", *(str(number) for number in range(20, 30))}

    asyncio.run(run())


class Counted(GatedRuntime):
    """Answers at once, and remembers how many inferences ran at the same time at most."""

    def __init__(self, streams: int) -> None:
        super().__init__(streams)
        self.open = True
        self.at_once = self.most = 0
        self._lock = threading.Lock()

    def infer(self, *tensors: np.ndarray) -> tuple[np.ndarray, ...]:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            return super().infer(*tensors)
        finally:
            with self._lock:
                self.at_once -= 1


@pytest.mark.parametrize("streams", [1, 2, 3])
def test_streams_are_neither_lost_nor_made(streams: int) -> None:
    """Images and tensors of every class, many of whose callers leave: no two have one stream, and all come back."""

    async def run() -> None:
        runtime = Counted(streams)
        async with serving(runtime, workers=6) as here:
            kinds = [Deadline(), Deadline(DeadlineClass.BEST_EFFORT), Deadline(DeadlineClass.RELAXED)]
            asked = [here.ask("", kinds[number % 3], tensors=number % 2 == 0) for number in range(200)]
            await here.settled()
            for gone in asked[::3]:
                gone.cancel()
            done = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)
            station = here.service.models.station(REF[0])
            await asyncio.wait_for(asyncio.to_thread(station.close), 10)  # waits for every stream
            assert 1 <= runtime.most <= streams
            assert all(one is None or isinstance(one, asyncio.CancelledError) for one in done)

    asyncio.run(run())


@pytest.mark.parametrize("tensors", [True, False], ids=["tensors", "images"])
def test_who_waits_for_a_stream_gets_it_by_class_and_not_by_arrival(*, tensors: bool) -> None:
    """Hard deadlines come first, the nearest before the other; best-effort work runs when nothing else waits."""

    async def run() -> None:
        async with serving() as here:
            first = await here.busy(tensors=tensors)
            now = CLOCK.now_ns()
            wanted = [(f"gap {number}", Deadline(DeadlineClass.BEST_EFFORT)) for number in range(8)]
            wanted += [(f"soft {number}", Deadline()) for number in range(8)]
            wanted += [("later", Deadline(DeadlineClass.HARD, now + 60_000_000_000))]
            wanted += [("sooner", Deadline(DeadlineClass.HARD, now + 50_000_000_000))]
            waiting = []
            for name, deadline in wanted:
                waiting.append(here.ask(name, deadline, tensors=tensors))
                await here.settled()
            kinds = []
            for _ in (first, *waiting):
                here.runtime.gate.release()
                name = await asyncio.wait_for(here.answered.get(), 10)
                kinds.append(name.partition(" ")[0])
            assert kinds == ["first", "sooner", "later", *["soft"] * 8, *["gap"] * 8]

    asyncio.run(run())
