"""What a job counts."""

from __future__ import annotations

import asyncio

from vedette.errors import UnavailableError
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.interface.job import Job, JobState
from vedette.flows.interface.outlet import Parcel, Sent
from vedette.rules.interface.retry import GIVEN_UP_AFTER
from vedette.values.frame import Size
from vedette.values.result import Failure, Result
from vedette.values.timeline import Timeline

DONE = Delivery(Result("id", "x", 0, None, Size(1, 1), "m", "1", "null", "fp32", (), Timeline()))
FAILED = Delivery(Failure("id", "x", 0, "invalid", "no image", "send one"))
LOST = Sent(UnavailableError("gone", help="later"))


def parcels(count: int) -> list[Parcel]:
    loop = asyncio.get_running_loop()
    return [Parcel((DONE,), loop.create_future()) for _ in range(count)]


def test_images() -> None:
    """An image on which one of its models failed is a failed image; the first reason is kept."""
    job = Job("j", ())
    for deliveries in ((DONE,), (DONE, FAILED), (FAILED,)):
        job.count(deliveries)

    assert (job.done, job.failed, job.first_failure) == (1, 2, FAILED.outcome)


def test_outputs() -> None:
    """Each output counts for itself; it is given up after failures in a row, and what it had waiting is lost."""

    async def check() -> None:
        job = Job("j", ("good", "bad"))
        good, bad = parcels(3), parcels(GIVEN_UP_AFTER + 3)
        for name, several in (("good", good), ("bad", bad)):
            for parcel in several:
                job.follow(name, parcel)
        bad[0].end.set_result(Sent())
        for parcel in bad[1 : GIVEN_UP_AFTER + 1]:
            parcel.end.set_result(LOST)
        for parcel in good:
            parcel.end.set_result(Sent())
        await job.delivered()

        assert (job.outputs["good"].delivered, job.outputs["good"].failed) == (3, 0)
        assert not job.outputs["good"].given_up
        tally = job.outputs["bad"]
        assert tally.given_up
        assert (tally.delivered, tally.failed, tally.reason) == (1, GIVEN_UP_AFTER + 2, LOST.error)
        assert all(parcel.end.cancelled() for parcel in bad[GIVEN_UP_AFTER + 1 :])

    asyncio.run(check())


def test_stopping() -> None:
    """What had not been begun is cancelled and not counted as failed; what was begun is waited for and counted."""

    async def check() -> None:
        job = Job("j", ("a",))
        begun, waiting = parcels(2)
        begun.begun = True
        job.follow("a", begun)
        job.follow("a", waiting)
        job.state = JobState.STOPPING
        job.forget()
        ending = asyncio.create_task(job.delivered())
        await asyncio.sleep(0)

        assert waiting.end.cancelled()
        assert not begun.patient
        assert not ending.done()
        begun.end.set_result(Sent())
        await ending
        assert (job.outputs["a"].delivered, job.outputs["a"].failed) == (1, 0)

    asyncio.run(check())
