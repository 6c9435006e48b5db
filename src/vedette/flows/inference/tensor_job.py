"""One request with tensors on its way through a server: checked against the model's inputs, run, named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from vedette.errors import kind_of
from vedette.flows.inference.batches import ImageStation, hand_back
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.ticket import Ticket, rank_of
from vedette.flows.inference.trail import Run
from vedette.rules.wire.arrange import arrange, named_outputs
from vedette.values.tensor import NamedTensor
from vedette.values.timeline import Span, Timeline

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class TensorOrder(Generic[A]):
    """Tensors for a model's original inputs.

    Attributes:
        inputs: in any order, by name.
        received: when they came in.
        render: makes the answer out of all outputs, in a worker thread.
    """

    inputs: tuple[NamedTensor, ...]
    received: Span
    render: Callable[[Sequence[NamedTensor]], A]


class TensorJob(Generic[A]):
    """Started in the event loop, run by one worker; its ticket gets what `order.render` makes."""

    def __init__(self, order: TensorOrder[A], station: ImageStation, ticket: Ticket[A], crew: Crew) -> None:
        self._order, self._station, self._ticket, self._crew = order, station, ticket, crew
        self._rank = rank_of(ticket.deadline)

    def start(self) -> None:
        """Put the job into the queue of the crew."""
        self._crew.put(self._rank, self._process)

    def _process(self, *, stream: bool = False) -> None:
        """Run it if a stream is free, else when one is; or with the `stream` that came with its turn (a worker)."""
        alive = self._ticket.alive
        if not stream and not (alive and self._station.borrow(self._rank, self._process)):
            return
        try:
            if alive:
                self._run()
        finally:
            hand_back(self._station, self._crew)

    def _run(self) -> None:
        try:
            rendered, timeline = self._ran()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the tensors, the caller hears of it
            if self._ticket.alive:
                self._station.statistics.failed(kind_of(error))
                self._ticket.fail(error)
            return
        self._learn(timeline)
        if not self._ticket.alive:  # who waited has been answered, and was counted then
            return
        self._station.statistics.served(timeline.milliseconds())
        if self._ticket.traced:
            manifest = self._station.manifest
            self._ticket.ran(Run(manifest.name, manifest.version, timeline))
        self._ticket.settle(rendered)

    def _ran(self) -> tuple[A, Timeline]:
        order, clock = self._order, self._crew.clock
        started = clock.now_ns()
        runtime = self._station.tensors()
        signature = runtime.signature
        tensors = arrange(order.inputs, signature)
        arranged = clock.now_ns()
        outputs, infer = self._station.run_tensors(tensors)
        rendered = order.render(named_outputs(outputs, signature))
        timeline = Timeline(
            (
                order.received,
                Span("queue", order.received.end_ns, started),
                Span("preprocess", started, arranged),
                infer,
                Span("postprocess", infer.end_ns, clock.now_ns()),
            )
        )
        return rendered, timeline

    def _learn(self, timeline: Timeline) -> None:
        times = timeline.milliseconds()
        took_ms = times["preprocess"] + times["infer"] + times["postprocess"]
        knowledge = self._station.tensor_knowledge
        knowledge.busy, knowledge.latency = knowledge.busy.after(took_ms), knowledge.latency.after(took_ms)
