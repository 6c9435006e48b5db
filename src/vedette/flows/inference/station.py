"""A station: one version of one model at work in a server, with the rows that wait for it and what it has learnt.

    rows of many requests -> offer -> the policy, a free stream -> a batch -> run -> give_back -> the next batch

It knows no request: whoever offers a row gets it back with its outputs. Nobody waits for a stream: while
all are at work rows gather, and whoever gives a stream back asks what is to be run with it.
"""

from __future__ import annotations

import asyncio
import threading
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from vedette.clock import Clock
from vedette.errors import UnavailableError
from vedette.flows.inference.crew import Rank
from vedette.flows.inference.infer import Answers, RowRunner
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Instance, Runtime, Tensor
from vedette.flows.inference.statistics import Statistics
from vedette.flows.inference.tensor_plan import TensorPlan
from vedette.flows.inference.turns import Turn, Turns
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
_ROWS_AHEAD = 4
"""Batches whose rows may wait, where one image has more of them: rows are large."""


class HasRow(Protocol):
    """Something that waits in a batch."""

    @property
    def row(self) -> Row:
        """What the model takes."""

    @property
    def ready_ns(self) -> int:
        """Since when it waits."""

    @property
    def rank(self) -> Rank:
        """How urgent it is."""


T = TypeVar("T", bound=HasRow)


def _rank(row: HasRow) -> Rank:
    return row.rank


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
        first_ms: what one row took when the model was tried; None: it was not.
    """

    instance: Instance
    open_tensors: Callable[[], Runtime]
    policy: BatchPolicy = field(default_factory=BatchPolicy)
    curve: BatchCurve = field(default_factory=BatchCurve)
    deadline: DeadlineClass = DeadlineClass.SOFT
    stages: Stages | None = None
    first_ms: float | None = None


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
        first = Estimate() if loaded.first_ms is None else Estimate().after(loaded.first_ms)
        self.knowledge = Knowledge(first, first)
        self.tensor_knowledge = Knowledge()
        self.own = None if loaded.stages is None else own_code(loaded.stages)
        self._clock = clock
        self._runner = RowRunner(loaded.instance, clock)
        self._lock = threading.Condition(threading.Lock())
        self._free = self.execution.streams
        self._turns = Turns()
        self._told_ns: int | None = None
        self._rows: list[T] = []
        self._coming = 0
        self._last_ns: int | None = None
        self._gap_ns: float | None = None
        self._tensor_plan = TensorPlan(self._open_tensors, clock)
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

    async def opened_tensors(self) -> Runtime:
        """The tensor plan; opened once for all who ask, in a thread of its own, so that no worker waits for it.

        Raises:
            VedetteError: the engine cannot load it.
        """
        return await self._tensor_plan.opened()

    # --- rows become batches (any thread) ---

    def expect(self, rows: int) -> None:
        """So many more rows are sure to be offered; negative: not after all."""
        with self._lock:
            self._coming += rows

    def offer(self, row: T, *, turn: bool = False) -> list[T]:
        """Add an expected row; gives the batch that must be run now, with a stream for it, empty if it shall wait.

        `turn`: it brings the stream that came with a turn.
        """
        with self._lock:
            self._coming -= 1
            if turn:
                self._free += 1
                self._lock.notify_all()
            insort(self._rows, row, key=_rank)
            if self._last_ns is not None:
                gap = max(0, row.ready_ns - self._last_ns)
                self._gap_ns = gap if self._gap_ns is None else self._gap_ns + _GAP_SHARE * (gap - self._gap_ns)
            self._last_ns = row.ready_ns
            batch, _ = self._decided()
            return batch

    def due(self) -> tuple[list[T], int | None]:
        """Ask the policy once more: the batch to be run now, with a stream for it, or when to ask again.

        An instant is told once only.
        """
        with self._lock:
            batch, until_ns = self._decided()
            told, self._told_ns = self._told_ns, until_ns
            return batch, None if until_ns == told else until_ns

    def _decided(self) -> tuple[list[T], int | None]:
        if not self._rows or not self._free:
            return [], None
        oldest_ns = min(one.ready_ns for one in self._rows)
        waiting = Waiting(len(self._rows), self._coming, oldest_ns, self._gap_ns)
        match self.loaded.policy.decide(waiting, self._clock.now_ns()):
            case Dispatch(rows):
                self._free -= 1
                batch, self._rows = self._rows[:rows], self._rows[rows:]
                return batch, None
            case Wait(until_ns):
                return [], until_ns

    def run(self, batch: Sequence[T]) -> tuple[Answers, Span]:
        """The outputs of each row, or its error, and when they were made; on the stream that came with the batch."""
        self._check_open()
        answers, span = self._runner([one.row for one in batch])
        self.statistics.ran(len(batch), span.end_ns - span.start_ns)
        return answers, span

    def borrow(self, rank: Rank, later: Turn) -> bool:
        """Take a free stream; where none is, `later` gets a turn once there is one."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            self._turns.wait(rank, later)
            return False

    def crowded(self, rank: Rank, later: Turn) -> bool:
        """Whether no stream is free and enough rows wait already; then `later` gets a turn, as in `borrow`."""
        with self._lock:
            if self._free or len(self._rows) < _ROWS_AHEAD * self.loaded.policy.size:
                return False
            self._turns.wait(rank, later)
            return True

    def give_back(self) -> tuple[Callable[[], None] | None, bool]:
        """Give a stream back; whose turn it is, to be done by a worker, and whether `due` is to be asked as well.

        The stream goes with the turn, unless rows wait that are as urgent: then it makes more of them meanwhile.
        """
        with self._lock:
            first = self._turns.first()
            due = bool(self._rows) and (first is None or self._rows[0].rank <= first)
            turn = self._turns.take()
            if turn is None or due:
                self._free += 1
                self._lock.notify_all()
            return (None if turn is None else partial(turn, stream=not due)), due

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
        return self._tensor_plan.runtime()

    def _open_tensors(self) -> Runtime:
        self._check_open()
        instance = self.loaded.instance
        return instance.runtime if instance.manifest.input is None else self.loaded.open_tensors()

    def run_tensors(self, tensors: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], Span]:
        """The outputs for tensors in the order of the signature, and when they were made; on a stream of `borrow`."""
        runtime = self.tensors()
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
        with self._lock:
            self._lock.wait_for(lambda: self._free == self.execution.streams)
            self._closed = True
        self.loaded.instance.runtime.close()
        self._tensor_plan.close(unless=self.loaded.instance.runtime)

    def _check_open(self) -> None:
        """An engine that is closed must not be run: some would wait for ever."""
        if self._closed:
            raise UnavailableError(f"{self.manifest.name} has been unloaded", help="send the request again")
