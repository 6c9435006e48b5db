"""The stages of a stream, joined by bounded channels in one process.

    source -> acquire (its own thread) -> preprocess -> a batcher a model -> infer, read -> gather -> postprocess
           -> deliver, in order -> a queue a sink -> sinks

A full channel blocks the stage before it, back to the source. At most `window` images are under way, so the place
where finished images wait for their turn is bounded as well. One failing image becomes a Failure; a failing sink ends
the run.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from vedette.clock import Clock
from vedette.flows.inference.acquire import Arrival, Source, acquire
from vedette.flows.inference.batcher import Batcher
from vedette.flows.inference.channel import Channel
from vedette.flows.inference.deliver import Finished, Sink, deliver, deliver_rest, queue_for_sink
from vedette.flows.inference.engines import Engines
from vedette.flows.inference.finish import Finisher
from vedette.flows.inference.gather import Piece, Work
from vedette.flows.inference.postprocess import Answering, Delivery, fail
from vedette.flows.inference.preprocess import Prepared, Preprocess
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.window import Window
from vedette.values.frame import Reject
from vedette.values.result import Failure

_AT_ONCE = 8
"""Images that a worker is handed in one go at most: a hand-over costs about a fifth of a millisecond."""


_WHOLE_AT_ONCE = 3
"""Images that are decoded at the same time where they are cut: such images are large, and their tiles keep every
other worker busy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a pipeline works.

    Attributes:
        batch: rows (images or tiles) in one inference at most.
        workers: threads that decode, call the engines and make answers: one for each core to be used.
        asked: what every answer holds.
        class_ids: for each instance the classes that are reported; empty for all.
    """

    batch: int = 1
    workers: int = 1
    asked: Answering = field(default_factory=Answering)
    class_ids: Sequence[frozenset[int] | None] = ()


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
        self._cut = any(intake.tiling is not None for intake in pipeline.preprocess.intakes)
        self._in_hand = 2 * settings.workers  # one image for each worker, and one that waits for it
        least = self._in_hand + (1 if self._cut else settings.batch) * len(instances)
        ahead = 2 * least + settings.batch if self._cut else 2 * _AT_ONCE * least
        self._window = Window(16 + ahead, least)
        self._arrivals = Channel[Arrival](least, lambda arrival: arrival.size_bytes)
        self._finished = Channel[Finished](2 * least, lambda finished: finished.size_bytes)
        self._queues = {sink: queue_for_sink() for sink in pipeline.sinks}
        self._batchers = [Batcher(settings.batch) for _ in instances]
        self._engines = Engines(instances, settings.asked, settings.class_ids, pipeline.clock)
        self._ready: deque[tuple[int, list[Piece]]] = deque()
        self._whole = threading.BoundedSemaphore(_WHOLE_AT_ONCE if self._cut else settings.workers)
        self._finisher = Finisher(instances, settings.asked, pipeline.preprocess, self._whole, pipeline.clock)
        self._arrived, self._offered_images = -1, 0
        self._counting = threading.Lock()
        self._stopped = threading.Event()
        self._tasks = asyncio.TaskGroup()
        self._busy = 0
        self._workers = ThreadPoolExecutor(settings.workers, thread_name_prefix="vedette-work")
        self._sink_threads = ThreadPoolExecutor(max(1, len(pipeline.sinks)), thread_name_prefix="vedette-sink")

    async def work(self) -> None:
        self._loop = asyncio.get_running_loop()
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
        arrived = await acquire(pipeline.source, self._arrivals, self._window, pipeline.clock, self._relieve)
        self._count(arrived=arrived)
        self._arrivals.close()

    async def _work_through(self) -> None:
        """Every arrival, then the batches that were not filled."""
        async with self._tasks as tasks:
            for _ in range(self._in_hand):
                tasks.create_task(self._images())
        self._ready.extend((number, rest) for number, batcher in enumerate(self._batchers) if (rest := batcher.flush()))
        if self._ready:
            await self._hand_over(self._ran_ready)
        self._finished.close()

    async def _images(self) -> None:
        while taken := await self._arrivals.take(self._share()):
            await self._hand_over(self._processed_all, taken)

    def _share(self) -> int:
        """How many images a worker gets in one go: more than one only where as many wait for every other worker."""
        if self._cut:
            return 1
        return max(1, min(_AT_ONCE, len(self._arrivals) // self._in_hand))

    async def _hand_over(self, work: Callable[..., list[Finished]], *arguments: object) -> None:
        """Let a worker do it, and pass on what it finished."""
        self._busy += 1
        for finished in await self._loop.run_in_executor(self._workers, work, *arguments):
            await self._finished.put(finished)
        self._busy -= 1
        self._call_help()
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
        complete: list[Work] = []
        with self._whole:
            prepared = self._prepared(arrival)
            if isinstance(prepared, Prepared):
                complete = self._offered_all(arrival, prepared)
        self._count(offered=1)
        finished = [self._finisher(work) for work in complete]  # its picture may have to decode, too
        if isinstance(prepared, Failure):
            finished = [Finished(arrival.ordinal, arrival.size_bytes, (Delivery(prepared),))]
        del prepared  # and with it the decoded image
        return finished + self._ran_ready()

    def _offered_all(self, arrival: Arrival, prepared: Prepared) -> list[Work]:
        """Offer every row as soon as it is made, and run batches while too many wait; gives the completed works."""
        work = Work(arrival, prepared.size, prepared.places, prepared.pixels, prepared.decode)
        complete: list[Work] = []
        for number, placed in enumerate(prepared.places):
            for row in range(len(placed)):
                if self._stopped.is_set():
                    return complete
                if self._offered(work, prepared, number, row):
                    complete.append(work)
                while len(self._ready) > self._in_hand:
                    complete += self._ran_one()
        return complete

    def _offered(self, work: Work, prepared: Prepared, number: int, row: int) -> bool:
        """Make one row and offer it; true if it failed and was the last that the image waited for."""
        try:
            made = prepared.row(number, row)
        except Exception as error:  # noqa: BLE001 - one row must not stop the rest
            return work.gather(number, row, error.with_traceback(None))
        work.rows_made_ns = self._pipeline.clock.now_ns()
        for batch in self._batchers[number].offer([Piece(work, row, made, work.rows_made_ns)]):
            self._is_ready(number, batch)
        return False

    def _is_ready(self, number: int, batch: list[Piece]) -> None:
        """A batch can be run, by this worker or by one that has nothing to do."""
        self._ready.append((number, batch))
        if self._cut:
            self._loop.call_soon_threadsafe(self._call_help)

    def _count(self, *, arrived: int = -1, offered: int = 0) -> None:
        """Where images are cut, the rest of the last one runs beside the batches before it, not after them."""
        with self._counting:
            self._arrived = max(self._arrived, arrived)
            self._offered_images += offered
            last = self._offered_images == self._arrived
        if last and self._cut:
            for number, batcher in enumerate(self._batchers):
                if rest := batcher.flush():
                    self._is_ready(number, rest)

    def _call_help(self) -> None:
        """Where batches are ready, a worker that has nothing to do runs them."""
        if self._stopped.is_set() or not self._ready or self._busy >= self._pipeline.settings.workers:
            return
        helping = self._hand_over(self._ran_ready)
        try:
            self._tasks.create_task(helping)
        except RuntimeError:  # the run was interrupted meanwhile: its tasks are ending
            helping.close()

    def _ran_ready(self) -> list[Finished]:
        """Run the batches that are full, whoever filled them, until none is left."""
        finished: list[Finished] = []
        while self._ready and not self._stopped.is_set():
            finished += [self._finisher(work) for work in self._ran_one()]
        return finished

    def _ran_one(self) -> list[Work]:
        """Run the batch that has been full for longest, if there is one; gives the works that it completed."""
        try:
            number, batch = self._ready.popleft()
        except IndexError:  # another worker was quicker
            return []
        return self._engines.completed(number, batch)

    def _prepared(self, arrival: Arrival) -> Prepared | Failure:
        item = arrival.item
        if isinstance(item, Reject):
            return Failure(arrival.id, item.source, item.index, item.kind, item.message, item.help)
        try:
            return self._pipeline.preprocess(item)
        except Exception as error:  # noqa: BLE001 - one image must not stop the rest
            return fail(arrival.id, item.source, item.index, error)

    def _inferred(self, number: int, pieces: list[Piece]) -> list[Finished]:
        """Infer and read one batch; whoever brings an image's last answer also finishes that image."""
        return [self._finisher(work) for work in self._engines.completed(number, pieces)]


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    """The first error of a group of groups: what went wrong first is what the user must hear."""
    first = errors.exceptions[0]
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
