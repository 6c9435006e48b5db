"""The stages of a stream, joined by bounded channels in one process.

    source -> acquire (its own thread) -> preprocess -> a channel a model -> infer -> gather
           -> postprocess -> deliver, in order -> a queue a sink -> sinks

A full channel blocks the stage before it, back to the source. At most `window` images are under way, so the place
where finished images wait for their turn is bounded as well. One failing image becomes a Failure; a failing sink ends
the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from vedette.clock import Clock
from vedette.flows.inference.acquire import Arrival, Source, acquire
from vedette.flows.inference.channel import Channel
from vedette.flows.inference.deliver import Finished, Sink, deliver
from vedette.flows.inference.gather import Work
from vedette.flows.inference.infer import infer_rows
from vedette.flows.inference.postprocess import Answering, Delivery, Seen, answer, fail
from vedette.flows.inference.preprocess import Prepared, Preprocess
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.flows.inference.window import Window
from vedette.values.frame import Reject
from vedette.values.result import Failure
from vedette.values.timeline import Span, Timeline


@dataclass(frozen=True, slots=True)
class Settings:
    """How a pipeline works.

    Attributes:
        batch: images in one inference at most.
        workers: threads that decode, call the engines and make answers: one for each core to be used.
        asked: what every answer holds.
    """

    batch: int = 1
    workers: int = 1
    asked: Answering = field(default_factory=Answering)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One run from a source through every instance to every sink."""

    source: Source
    instances: Sequence[Instance]
    sinks: Sequence[Sink]
    preprocess: Preprocess
    settings: Settings
    clock: Clock

    async def run(self) -> None:
        """Work until the source ends.

        The sinks are closed in any case; they learn whether the run was complete.

        Raises:
            VedetteError: a source or a sink cannot go on.
            asyncio.CancelledError: interrupted; what was delivered until then is safe.
        """
        complete = False
        try:
            try:
                await _Run(self).work()
            except* Exception as errors:  # noqa: BLE001 - whatever it is, the sinks are closed first
                raise _first(errors) from None
            complete = True
        finally:
            with ExitStack() as closing:  # each is closed, whatever another one's close says
                for sink in reversed(self.sinks):
                    closing.callback(sink.close, complete=complete)


class _Run:
    """The channels and threads of one run.

    All work on images shares one pool with a thread for each core, so that decoding and inference do not push each
    other off the cores. Sinks, which may block, have threads of their own.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        settings, instances = pipeline.settings, pipeline.instances
        self._pipeline = pipeline
        streams = sum(instance.runtime.execution.streams for instance in instances)
        ahead = settings.workers + settings.batch * streams
        self._window = Window(16 + 4 * ahead)
        self._arrivals = Channel[Arrival](ahead, lambda arrival: arrival.size_bytes)
        rows = max(2, 2 * settings.batch)
        self._rows = [Channel[Work](rows, lambda work: work.size_bytes) for _ in instances]
        self._finished = Channel[Finished](2 * ahead, lambda finished: finished.size_bytes)
        self._workers = ThreadPoolExecutor(settings.workers, thread_name_prefix="vedette-work")
        self._sink_threads = ThreadPoolExecutor(max(1, len(pipeline.sinks)), thread_name_prefix="vedette-sink")

    async def work(self) -> None:
        pipeline, workers = self._pipeline, self._pipeline.settings.workers
        infer = [
            partial(self._infer, number)
            for number, instance in enumerate(pipeline.instances)
            for _ in range(_in_hand(instance.runtime.execution.streams, workers))
        ]
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._acquire())
                tasks.create_task(_stage([self._prepare] * (workers + 1), self._rows))
                tasks.create_task(_stage(infer, [self._finished]))
                tasks.create_task(deliver(self._finished, pipeline.sinks, self._window, self._sink_threads))
        finally:
            self._workers.shutdown(wait=True, cancel_futures=True)
            self._sink_threads.shutdown(wait=True, cancel_futures=True)

    async def _acquire(self) -> None:
        await acquire(self._pipeline.source, self._arrivals, self._window, self._pipeline.clock)
        self._arrivals.close()

    async def _prepare(self) -> None:
        loop = asyncio.get_running_loop()
        while taken := await self._arrivals.take():
            (arrival,) = taken
            prepared = await loop.run_in_executor(self._workers, self._prepared, arrival)
            if isinstance(prepared, Failure):
                await self._finished.put(Finished(arrival.ordinal, arrival.size_bytes, (Delivery(prepared),)))
                continue
            work = Work(arrival, prepared)
            for channel in self._rows:
                await channel.put(work)

    async def _infer(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        while works := await self._rows[number].take(self._pipeline.settings.batch):
            for finished in await loop.run_in_executor(self._workers, self._inferred, number, works):
                await self._finished.put(finished)

    def _prepared(self, arrival: Arrival) -> Prepared | Failure:
        item = arrival.item
        if isinstance(item, Reject):
            return Failure(arrival.id, item.source, item.index, item.kind, item.message, item.help)
        try:
            return self._pipeline.preprocess(item)
        except Exception as error:  # noqa: BLE001 - one image must not stop the rest
            return fail(arrival.id, item.source, item.index, error)

    def _inferred(self, number: int, works: list[Work]) -> list[Finished]:
        """Infer one batch; whoever brings an image's last answer also finishes that image."""
        clock = self._pipeline.clock
        started = clock.now_ns()
        outputs: Sequence[tuple[Tensor, ...] | Exception]
        try:
            rows = [work.prepared.rows[number] for work in works]
            outputs, span = infer_rows(self._pipeline.instances[number].runtime, rows, clock)
        except Exception as error:  # noqa: BLE001 - one batch must not stop the rest
            outputs, span = [error] * len(works), Span("infer", started, clock.now_ns())
        complete = [work for work, output in zip(works, outputs, strict=True) if work.gather(number, output, span)]
        return [Finished(work.arrival.ordinal, work.arrival.size_bytes, self._deliveries(work)) for work in complete]

    def _deliveries(self, work: Work) -> tuple[Delivery, ...]:
        return tuple(self._delivery(work, number) for number in range(len(self._pipeline.instances)))

    def _delivery(self, work: Work, number: int) -> Delivery:
        arrival, outputs, frame = work.arrival, work.outputs[number], work.arrival.item
        assert outputs is not None, "a gathered work has every output"
        assert not isinstance(frame, Reject), "a rejected image has no work"
        if isinstance(outputs, Exception):
            return Delivery(fail(arrival.id, frame.source, frame.index, outputs))
        try:
            timeline = Timeline((arrival.span, *work.prepared.spans, *work.spans[number]))
            seen = Seen(arrival.id, frame, work.prepared.size, timeline, work.prepared.pixels)
            pipeline = self._pipeline
            return answer(seen, pipeline.instances[number], outputs, pipeline.settings.asked, pipeline.clock)
        except Exception as error:  # noqa: BLE001 - one answer must not stop the rest
            return Delivery(fail(arrival.id, frame.source, frame.index, error))


def _in_hand(streams: int, workers: int) -> int:
    """Batches of one model handed to the workers at once: one more than run, so that no worker waits for the next.

    Not where a stream has several threads of its own: there a further batch would run beside them.
    """
    return streams + 1 if streams >= workers else streams


async def _stage(
    workers: Sequence[Callable[[], Awaitable[None]]], downstream: Sequence[Channel[Work]] | Sequence[Channel[Finished]]
) -> None:
    """Run the workers of a stage to their end, then close what they write to."""
    await _all(workers)
    for channel in downstream:
        channel.close()


async def _all(workers: Sequence[Callable[[], Awaitable[None]]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for worker in workers:
            tasks.create_task(_awaited(worker))


async def _awaited(worker: Callable[[], Awaitable[None]]) -> None:
    await worker()


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    """The first error of a group of groups: what went wrong first is what the user must hear."""
    first = errors.exceptions[0]
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
