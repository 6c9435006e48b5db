"""A job: one computation of a pipeline, with what was done, what failed, and what each output took of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from vedette.errors import VedetteError
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.interface.outlet import Parcel, Sent
from vedette.rules.interface.retry import given_up
from vedette.values.result import Failure


class JobState(StrEnum):
    """How far a job is."""

    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(slots=True)
class OutputTally:
    """What one output took: images delivered, images that it did not take, and the last reason for that."""

    delivered: int = 0
    failed: int = 0
    in_a_row: int = 0
    reason: VedetteError | None = None
    parcels: set[Parcel] = field(default_factory=set)

    @property
    def given_up(self) -> bool:
        """Whether the job goes on without it."""
        return given_up(self.in_a_row)


class Job:
    """Counts; used by the event loop only.

    Attributes:
        id: of the job.
        state: how far it is.
        done, failed: images with a result of every model, and the others.
        outputs: by the id of the output.
        error: what ended it, where it failed.
        first_failure: why the first image that failed did.
    """

    def __init__(self, identity: str, outputs: Iterable[str]) -> None:
        self.id = identity
        self.state = JobState.RUNNING
        self.done, self.failed = 0, 0
        self.outputs = {name: OutputTally() for name in outputs}
        self.error: VedetteError | None = None
        self.first_failure: Failure | None = None

    def count(self, deliveries: Sequence[Delivery]) -> None:
        """One more image has been through every model."""
        failures = [one.outcome for one in deliveries if isinstance(one.outcome, Failure)]
        if failures:
            self.failed += 1
            self.first_failure = self.first_failure or failures[0]
        else:
            self.done += 1

    def follow(self, name: str, parcel: Parcel) -> None:
        """Count what becomes of a parcel."""
        self.outputs[name].parcels.add(parcel)
        parcel.end.add_done_callback(partial(self._ended, self.outputs[name], parcel))

    def lost(self, name: str) -> None:
        """An image that an output, which was given up, does not get."""
        self.outputs[name].failed += 1

    def forget(self) -> None:
        """What has not been begun is not delivered any more, and what fails is not tried again."""
        for tally in self.outputs.values():
            _cancel(tally)

    async def delivered(self) -> None:
        """Return when every parcel has ended."""
        while waiting := [one.end for tally in self.outputs.values() for one in tally.parcels if not one.end.done()]:
            await asyncio.wait(waiting)
        await asyncio.sleep(0)  # and those that have just ended are counted

    def _ended(self, tally: OutputTally, parcel: Parcel, end: asyncio.Future[Sent]) -> None:
        tally.parcels.discard(parcel)
        if end.cancelled():
            tally.failed += self.state is not JobState.STOPPING
            return
        error = end.result().error
        if error is None:
            tally.delivered, tally.in_a_row = tally.delivered + 1, 0
            return
        tally.failed, tally.in_a_row, tally.reason = tally.failed + 1, tally.in_a_row + 1, error
        if tally.given_up:
            _cancel(tally)


def _cancel(tally: OutputTally) -> None:
    for parcel in tally.parcels:
        parcel.patient = False
        if not parcel.begun:
            parcel.end.cancel()
