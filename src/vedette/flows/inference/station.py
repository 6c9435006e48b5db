"""A station: one version of one model at work in a server, with the rows that wait for it and what it has learnt.

    rows of many requests -> offer -> the policy -> batches -> run -> outputs of each row

It knows no request: whoever offers a row gets it back with its outputs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from vedette.clock import Clock
from vedette.errors import UnavailableError
from vedette.flows.inference.infer import Answers, RowRunner
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Instance, Runtime, Tensor
from vedette.flows.inference.statistics import Statistics
from vedette.rules.batching.estimate import Estimate
from vedette.rules.batching.policy import BatchPolicy, Dispatch, Wait, Waiting
from vedette.values.curve import BatchCurve
from vedette.values.deadline import DeadlineClass
from vedette.values.execution import Execution
from vedette.values.manifest import Manifest
from vedette.values.tensor import Signature
from vedette.values.timeline import Span

if TYPE_CHECKING:
    from vedette.flows.inference.own import Own
    from vedette.flows.inference.stages import Stages

_GAP_SHARE = 1 / 8


class HasRow(Protocol):
    """Something that waits in a batch."""

    @property
    def row(self) -> Row:
        """What the model takes."""

    @property
    def ready_ns(self) -> int:
        """Since when it waits."""


T = TypeVar("T", bound=HasRow)


def own_code(stages: Stages) -> Own:
    """Own code at work; most models have none, and start without what it needs."""
    from vedette.flows.inference.own import Own

    return Own(stages)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model as it was loaded for serving.

    Attributes:
        instance: with the image plan; of a model without an image input the tensor plan.
        open_tensors: loads the tensor plan: the model's original inputs.
        policy: how rows become batches.
        curve: what a batch takes; empty where it was not measured.
        deadline: the class of requests that name none.
        stages: the operator's own code; None without any.
    """

    instance: Instance
    open_tensors: Callable[[], Runtime]
    policy: BatchPolicy = field(default_factory=BatchPolicy)
    curve: BatchCurve = field(default_factory=BatchCurve)
    deadline: DeadlineClass = DeadlineClass.SOFT
    stages: Stages | None = None


@dataclass(slots=True)
class Knowledge:
    """What was learnt of the time of one image: `busy` is the work of one core, `latency` from its start to its end."""

    busy: Estimate = field(default_factory=Estimate)
    latency: Estimate = field(default_factory=Estimate)


class Station(Generic[T]):
    """Rows may be offered, and batches run, by any thread; `enter`, `leave` and `drained` are of the event loop."""

    def __init__(self, loaded: Loaded, clock: Clock) -> None:
        self.loaded = loaded
        self.statistics = Statistics()
        self.knowledge = Knowledge()
        self.own = None if loaded.stages is None else own_code(loaded.stages)
        self._clock = clock
        self._runner = RowRunner(loaded.instance, clock)
        self._streams = threading.Semaphore(self.execution.streams)
        self._lock = threading.Lock()
        self._rows: list[T] = []
        self._coming = 0
        self._last_ns: int | None = None
        self._gap_ns: float | None = None
        self._tensors: Runtime | None = None
        self._opening = threading.Lock()
        self._closed = False
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @property
    def manifest(self) -> Manifest:
        """Of the model."""
        return self.loaded.instance.manifest

    @property
    def execution(self) -> Execution:
        """How it runs."""
        return self.loaded.instance.runtime.execution

    @property
    def users(self) -> int:
        """Requests that are under way with it."""
        return self._users

    # --- requests come and go (event loop) ---

    def enter(self) -> None:
        """A request uses the station."""
        self._users += 1
        self._unused.clear()

    def leave(self) -> None:
        """A request has ended."""
        self._users -= 1
        if self._users == 0:
            self._unused.set()

    async def drained(self) -> None:
        """Return when no request uses it."""
        await self._unused.wait()

    # --- rows become batches (any thread) ---

    def expect(self, rows: int) -> None:
        """So many more rows are sure to be offered; negative: not after all."""
        with self._lock:
            self._coming += rows

    def offer(self, row: T) -> list[T]:
        """Add an expected row; gives the batch that must be run now, empty if it shall wait."""
        with self._lock:
            self._coming -= 1
            self._rows.append(row)
            if self._last_ns is not None:
                gap = max(0, row.ready_ns - self._last_ns)
                self._gap_ns = gap if self._gap_ns is None else self._gap_ns + _GAP_SHARE * (gap - self._gap_ns)
            self._last_ns = row.ready_ns
            batch, _ = self._decided()
            return batch

    def due(self) -> tuple[list[T], int | None]:
        """Ask the policy once more: the batch to be run now, and the instant at which to ask again if it is empty."""
        with self._lock:
            return self._decided()

    def _decided(self) -> tuple[list[T], int | None]:
        if not self._rows:
            return [], None
        waiting = Waiting(len(self._rows), self._coming, self._rows[0].ready_ns, self._gap_ns)
        match self.loaded.policy.decide(waiting, self._clock.now_ns()):
            case Dispatch(rows):
                batch, self._rows = self._rows[:rows], self._rows[rows:]
                return batch, None
            case Wait(until_ns):
                return [], until_ns

    def run(self, batch: Sequence[T]) -> tuple[Answers, Span]:
        """The outputs of each row, or its error, and when they were made; waits for a free stream."""
        with self._streams:
            self._check_open()
            answers, span = self._runner([one.row for one in batch])
        self.statistics.ran(len(batch), span.end_ns - span.start_ns)
        return answers, span

    # --- the model's original inputs (any thread) ---

    @property
    def signature(self) -> Signature:
        """The model's original inputs and outputs."""
        return self.tensors().signature

    def tensors(self) -> Runtime:
        """The tensor plan, loaded at its first use; blocks meanwhile.

        Raises:
            VedetteError: the engine cannot load it.
        """
        with self._opening:
            if self._tensors is None:
                instance = self.loaded.instance
                self._tensors = instance.runtime if instance.manifest.input is None else self.loaded.open_tensors()
            return self._tensors

    def run_tensors(self, tensors: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], Span]:
        """The outputs for tensors in the order of the signature, and when they were made; waits for a free stream."""
        runtime = self.tensors()
        with self._streams:
            self._check_open()
            started = self._clock.now_ns()
            outputs = runtime.infer(*tensors)
            span = Span("infer", started, self._clock.now_ns())
        rows = len(tensors[0]) if tensors and tensors[0].ndim else 1
        self.statistics.ran(rows, span.end_ns - span.start_ns)
        return outputs, span

    def close(self) -> None:
        """Free the engines' memory, after the inferences that still run for callers who have gone; blocks meanwhile."""
        if self.own is not None:
            self.own.close()
        for _ in range(self.execution.streams):
            self._streams.acquire()
        self._closed = True
        self._streams.release(self.execution.streams)
        self.loaded.instance.runtime.close()
        if self._tensors is not None and self._tensors is not self.loaded.instance.runtime:
            self._tensors.close()

    def _check_open(self) -> None:
        """An engine that is closed must not be run: some would wait for ever."""
        if self._closed:
            raise UnavailableError(f"{self.manifest.name} has been unloaded", help="send the request again")
