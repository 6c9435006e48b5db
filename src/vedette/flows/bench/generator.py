"""The load generator: one target, one part after the other, each a repeat or a probe with a seed of its own.

    Part(repeat, seed, load) -> schedule and order from the seed -> warm-up -> Session -> rows to the sink, PartReport

It runs in a process of its own, so that what it costs can be told apart. Rows leave it a batch a second: what was
measured before a fault is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vedette.clock import Clock, cpu_ns
from vedette.errors import VedetteError
from vedette.flows.bench.recorder import Recorder, RequestSink
from vedette.flows.bench.referee import Referee
from vedette.flows.bench.session import Session, endless
from vedette.flows.bench.target import Target
from vedette.rules.load.arrivals import schedule
from vedette.rules.load.images import generators_of, order_of
from vedette.values.requests import Status
from vedette.values.run import ClientUse, RefereeReport
from vedette.values.trial import Introduction
from vedette.values.workload import Load

DRAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a trial: its number in the rows, the seed of its schedule and order, and the load."""

    repeat: int
    seed: int
    load: Load


@dataclass(frozen=True, slots=True)
class PartReport:
    """How a part went; its rows are with the sink.

    Attributes:
        client: what the generator cost while requests that count were sent.
        reasons: the first reason in words for each failure, by the name of its status.
        planned: requests that were due, None where only time decided.
        under_way_s: seconds under way of all requests that count, by a gauge that knows no rows (Little's law).
        fault: why it ended early; empty if it did not.
        referee: its report, for mlperf loads.
    """

    client: ClientUse
    reasons: tuple[tuple[str, str], ...]
    planned: int | None
    under_way_s: float = 0.0
    fault: str = ""
    referee: RefereeReport | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What all parts of a trial share: due times of a trace, and where a referee writes its logs."""

    due_s: NDArray[np.float64] | None
    referee_folder: Path


AnswerSink = Callable[[dict[int, bytes], int], None]
"""Takes answers by number of their row, and the number of rows that came before this part."""


class Generator:
    """Runs parts against one target."""

    def __init__(
        self, target: Target, referee: Callable[[], Referee], rows: RequestSink, answers: AnswerSink, clock: Clock
    ) -> None:
        self._target, self._referee, self._rows, self._answers, self._clock = target, referee, rows, answers, clock
        self._settings = Settings(None, Path())
        self._images = 0
        self._sent = 0
        self._session: Session | None = None
        self._fault = ""
        self._refereed = False
        self._refereeing: asyncio.Future[RefereeReport | None] | None = None

    async def open(self, images: Sequence[bytes], settings: Settings) -> Introduction:
        """Reach the target and make the images ready for it.

        Raises:
            VedetteError: nothing answers, or it cannot be measured like this.
        """
        self._images, self._settings = len(images), settings
        return await self._target.open(images)

    async def run(self, part: Part) -> PartReport:
        """Put the load of one part on the target."""
        recorder = Recorder()
        session = self._session = Session(self._target, recorder, self._clock, part.load.timeout_s)
        pump = asyncio.get_running_loop().create_task(self._pump(recorder, session))
        try:
            report = await self._run(part, session, recorder)
        finally:
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
            self._session = None
        if not self._fault:
            self._drain(recorder)
        self._hand_on_answers(recorder)
        fault = self._fault or report.fault or recorder.reasons.get(Status.UNFINISHED, "")
        self._sent += len(recorder)
        reasons = tuple((status.name.lower(), reason) for status, reason in recorder.reasons.items())
        return PartReport(report.client, reasons, report.planned, report.under_way_s, fault, report.referee)

    def stop(self) -> None:
        """End the part that is running early."""
        if self._session is not None:
            self._session.stop()
            if self._refereed and self._refereeing is not None:
                self._refereeing.cancel()

    async def close(self) -> None:
        """Let go of the target."""
        await self._target.close()

    async def _run(self, part: Part, session: Session, recorder: Recorder) -> PartReport:
        load = part.load
        arrivals, images = generators_of(part.seed)
        await session.warm_up(part.repeat, order_of(load.order, self._images, load.warm_up, images).tolist())
        planned, work = self._work(part, session, arrivals, images)
        before, cpu, wall = len(recorder), cpu_ns(), self._clock.now_ns()
        fault, referee = "", None
        refereeing = self._refereeing = asyncio.ensure_future(work)
        try:
            referee = await refereeing
        except VedetteError as error:
            fault = str(error)
        except asyncio.CancelledError:
            if not (session.stopped and refereeing.cancelled()):
                raise
            fault = "the run was ended before the referee was done"
        client = ClientUse((cpu_ns() - cpu) / 1e9, (self._clock.now_ns() - wall) / 1e9, len(recorder) - before)
        return PartReport(client, (), planned, session.under_way_ns / 1e9, fault, referee)

    def _work(
        self, part: Part, session: Session, arrivals: np.random.Generator, images: np.random.Generator
    ) -> tuple[int | None, Awaitable[RefereeReport | None]]:
        load = part.load
        self._refereed = load.kind.is_mlperf
        if self._refereed:

            async def send(image: int, scheduled_ns: int) -> None:
                await session.issue(part.repeat, image, scheduled_ns)

            folder = self._settings.referee_folder / f"repeat-{part.repeat}"
            return None, self._referee().run(load, self._images, part.seed, folder, send)
        if load.kind.is_open:
            due = schedule(load, arrivals, self._settings.due_s)
            sent = order_of(load.order, self._images, len(due), images)
            return len(due), _nothing(session.open_loop(part.repeat, due, sent))
        to_come = endless(load.order, self._images, images)
        return load.requests, _nothing(session.closed_loop(part.repeat, load, to_come))

    async def _pump(self, recorder: Recorder, session: Session) -> None:
        """Hand rows on as they come; a full disk ends the session, and what is left is handed on at the end."""
        due = self._clock.now_ns()
        while not self._fault:
            due += round(DRAIN_S * 1e9)
            await self._clock.sleep_until(due)
            self._drain(recorder)
        session.stop()

    def _hand_on_answers(self, recorder: Recorder) -> None:
        try:
            self._answers(recorder.answers(), self._sent)
        except VedetteError as error:
            self._fault = self._fault or str(error)

    def _drain(self, recorder: Recorder) -> None:
        try:
            recorder.drain(self._rows)
        except VedetteError as error:
            self._fault = str(error)


async def _nothing(work: Awaitable[None]) -> None:
    await work
