"""The batches of a station of images: run by the workers of the crew, their rows handed back to the jobs they are of.

a batch with its stream -> rows still wanted -> run -> the stream is given back -> each row to its job
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from vedette.flows.inference.crew import Crew, Rank
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Tensor
from vedette.flows.inference.station import Station
from vedette.flows.inference.ticket import BEGUN
from vedette.values.timeline import Span


class PartOwner(Protocol):
    """Whoever has offered a row and waits for its outputs."""

    @property
    def alive(self) -> bool:
        """Whether anybody waits for it."""

    def answered(self, part: Part, output: tuple[Tensor, ...] | Exception, infer: Span, share_ns: int) -> None:
        """Take the outputs for a row, whose share of the inference was `share_ns`."""

    def broke(self, error: Exception) -> None:
        """Something of our own went wrong with this job."""


@dataclass(frozen=True, slots=True)
class Part:
    """One row of one job, for one of its models."""

    job: PartOwner
    model: int
    number: int
    row: Row
    ready_ns: int
    rank: Rank


ImageStation = Station[Part]


def run_due(station: ImageStation, crew: Crew) -> None:
    """Run the batches that are due, and see to it that a later one will be (a worker)."""
    while True:
        batch, until_ns = station.due()
        if not batch:
            break
        run_batch(station, batch, crew)
    if until_ns is not None:
        crew.put_at(until_ns, partial(run_due, station, crew))


def run_batch(station: ImageStation, batch: Sequence[Part], crew: Crew) -> None:
    """Run a batch on the stream that came with it, and give the stream back (a worker)."""
    try:
        wanted = [part for part in batch if part.job.alive]
        answers = _answers(station, wanted, crew) if wanted else ()
    finally:
        hand_back(station, crew)
    for part, output, span, share_ns in answers:
        try:
            part.job.answered(part, output, span, share_ns)
        except Exception as error:  # noqa: BLE001 - one job must not cost the others of its batch their answers
            part.job.broke(error)


def run_batches(station: ImageStation, batch: Sequence[Part], crew: Crew) -> None:
    """Run a batch, and those that are due then (a worker)."""
    run_batch(station, batch, crew)
    run_due(station, crew)


def hand_back(station: ImageStation, crew: Crew) -> None:
    """Give a stream back; what waits for one is done next."""
    turn, due = station.give_back()
    if turn is not None:
        crew.put(BEGUN, turn)
    if due:
        crew.put(BEGUN, partial(run_due, station, crew))


_Answer = tuple[Part, tuple[Tensor, ...] | Exception, Span, int]


def _answers(station: ImageStation, wanted: Sequence[Part], crew: Crew) -> list[_Answer]:
    """Each row with its outputs, the span of the inference, and the row's share of it in nanoseconds."""
    started = crew.clock.now_ns()
    outputs: Sequence[tuple[Tensor, ...] | Exception]
    try:
        outputs, span = station.run(wanted)
    except Exception as error:  # noqa: BLE001 - one batch must not stop the rest
        outputs, span = [error.with_traceback(None)] * len(wanted), Span("infer", started, crew.clock.now_ns())
    share_ns = (span.end_ns - span.start_ns) // len(wanted)
    return [(part, output, span, share_ns) for part, output in zip(wanted, outputs, strict=True)]
