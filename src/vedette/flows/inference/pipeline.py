"""The stages of a stream, joined by bounded channels in one process.

    source -> acquire (its own thread) -> preprocess -> a batcher a model -> infer -> gather -> postprocess
           -> deliver, in order -> a queue a sink -> sinks

A full channel blocks the stage before it, back to the source. At most `window` images are under way, so the place
where finished images wait for their turn is bounded as well. One failing image becomes a Failure; a failing sink ends
the run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from vedette.clock import Clock
from vedette.flows.inference.acquire import Arrival, Source, acquire
from vedette.flows.inference.batcher import Batcher
from vedette.flows.inference.channel import Channel
from vedette.flows.inference.deliver import Finished, Sink, deliver, deliver_rest, queue_for_sink
from vedette.flows.inference.gather import Work
from vedette.flows.inference.infer import infer_rows
from vedette.flows.inference.postprocess import Answering, Delivery, Seen, answer, fail
from vedette.flows.inference.preprocess import Prepared, Preprocess
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.flows.inference.window import Window
from vedette.values.frame import Reject
from vedette.values.result import Failure
from vedette.values.timeline import Span, Timeline

_AT_ONCE = 8
"""Images that a worker is handed in one go at most: a hand-over costs about a fifth of a millisecond."""


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

    All work on images is done by one pool with a thread for each core. A worker stays with its image: it decodes, fills
    the batch of each model, and runs whatever batch it has completed. So a result needs one hand-over to the event
    loop, and no two threads push each other off a core. Sinks, which may block, have threads of their own.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        settings, instances = pipeline.settings, pipeline.instances
        self._pipeline = pipeline
        self._in_hand = 2 * settings.workers  # one image for each worker, and one that waits for it
        least = self._in_hand + settings.batch * len(instances)
        self._window = Window(16 + 2 * _AT_ONCE * least, least)
        self._arrivals = Channel[Arrival](least, lambda arrival: arrival.size_bytes)
        self._finished = Channel[Finished](2 * least, lambda finished: finished.size_bytes)
        self._queues = {sink: queue_for_sink() for sink in pipeline.sinks}
        self._batchers = [Batcher(settings.batch) for _ in instances]
        self._streams = [threading.Semaphore(instance.runtime.execution.streams) for instance in instances]
        self._stopped = threading.Event()
        self._tasks = asyncio.TaskGroup()
        self._busy = 0
        self._workers = ThreadPoolExecutor(settings.workers, thread_name_prefix="vedette-work")
        self._sink_threads = ThreadPoolExecutor(max(1, len(pipeline.sinks)), thread_name_prefix="vedette-sink")

    async def work(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._acquire())
                tasks.create_task(self._work_through())
                tasks.create_task(deliver(self._finished, self._queues, self._window, self._sink_threads))
        finally:
            self._stopped.set()
            self._workers.shutdown(wait=True, cancel_futures=True)
            self._sink_threads.shutdown(wait=True)
            deliver_rest(self._queues)

    async def _acquire(self) -> None:
        pipeline = self._pipeline
        await acquire(pipeline.source, self._arrivals, self._window, pipeline.clock, self._relieve)
        self._arrivals.close()

    async def _work_through(self) -> None:
        """Every arrival, then the batches that were not filled."""
        async with self._tasks as tasks:
            for _ in range(self._in_hand):
                tasks.create_task(self._images())
        for number, batcher in enumerate(self._batchers):
            if rest := batcher.flush():
                await self._hand_over(self._inferred, number, rest)
        self._finished.close()

    async def _images(self) -> None:
        while taken := await self._arrivals.take(self._share()):
            await self._hand_over(self._processed_all, taken)

    def _share(self) -> int:
        """How many images a worker gets in one go: more than one only where as many wait for every other worker."""
        return max(1, min(_AT_ONCE, len(self._arrivals) // self._in_hand))

    async def _hand_over(self, work: Callable[..., list[Finished]], *arguments: object) -> None:
        """Let a worker do it, and pass on what it finished."""
        loop = asyncio.get_running_loop()
        self._busy += 1
        for finished in await loop.run_in_executor(self._workers, work, *arguments):
            await self._finished.put(finished)
        self._busy -= 1
        self._relieve()

    def _relieve(self) -> None:
        """Run batches as they are when nothing else can go on: no work in hand, and no image let in until some leave.

        That happens where few images may be under way and one of them, in a batch that is not full, holds back the
        others' turn.
        """
        if self._busy or len(self._arrivals) or not self._window.full:
            return
        for number, batcher in enumerate(self._batchers):
            if waiting := batcher.flush():
                self._tasks.create_task(self._hand_over(self._inferred, number, waiting))

    def _processed_all(self, arrivals: list[Arrival]) -> list[Finished]:
        finished = []
        for arrival in arrivals:
            if self._stopped.is_set():
                break
            finished += self._processed(arrival)
        return finished

    def _processed(self, arrival: Arrival) -> list[Finished]:
        """One image as far as it goes: to its answers, or into batches that others will fill."""
        prepared = self._prepared(arrival)
        if isinstance(prepared, Failure):
            return [Finished(arrival.ordinal, arrival.size_bytes, (Delivery(prepared),))]
        work, finished = Work(arrival, prepared), []
        for number, batcher in enumerate(self._batchers):
            if batch := batcher.offer(work):
                finished += self._inferred(number, batch)
        return finished

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
            with self._streams[number]:
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
            waited = Span("queue", arrival.span.end_ns, work.prepared.spans[0].start_ns)
            timeline = Timeline((arrival.span, waited, *work.prepared.spans, *work.spans[number]))
            seen = Seen(arrival.id, frame, work.prepared.size, timeline, work.prepared.pixels)
            pipeline = self._pipeline
            return answer(seen, pipeline.instances[number], outputs, pipeline.settings.asked, pipeline.clock)
        except Exception as error:  # noqa: BLE001 - one answer must not stop the rest
            return Delivery(fail(arrival.id, frame.source, frame.index, error))


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    """The first error of a group of groups: what went wrong first is what the user must hear."""
    first = errors.exceptions[0]
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
