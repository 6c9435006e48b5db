"""Nobody is kept out, kept waiting or left hanging by what happens to others."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import numpy as np
import pytest
from fakes import BlobRuntime, blob_manifest, jpeg
from service_rig import CLOCK, GREEN, RED, REF, infer, label, order, rig
from stations import GatedRuntime, ReadyModels, gated_station

from vedette.errors import DeadlineError, InternalError, OverloadedError, UnavailableError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_job import ImageJob
from vedette.flows.inference.image_order import Look
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.preprocess import Prepared
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.service import Service
from vedette.flows.inference.station import Loaded, Station
from vedette.rules.batching.policy import BatchPolicy
from vedette.rules.vision.encode import encode_jpeg
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Size
from vedette.values.served import ModelRef
from vedette.values.serving import Limits
from vedette.values.tiling import Tiling

PATIENT = BatchPolicy(4, patience_ns=30_000_000_000)


def within(seconds: float, kind: DeadlineClass = DeadlineClass.SOFT) -> Deadline:
    return Deadline(kind, CLOCK.now_ns() + round(seconds * 1e9))


def test_one_stall_does_not_keep_later_requests_out() -> None:
    """After an answer that took an hour, an idle server tries a soft deadline again, and learns."""

    async def run() -> None:
        async with rig() as here:
            here.runtime.open = True
            station = here.service.models.station(REF[0])
            station.knowledge.latency = station.knowledge.latency.after(3_600_000.0)
            assert label(await infer(here.service, RED, within(30))) == "red"

    asyncio.run(run())


def test_a_hard_deadline_that_is_refused_is_tried_again_one_day() -> None:
    """What was measured is trusted a little less with each refusal that it alone has caused."""

    async def run() -> None:
        async with rig() as here:
            here.runtime.open = True
            station = here.service.models.station(REF[0])
            station.knowledge.latency = station.knowledge.latency.after(60_000.0)
            refused = 0
            while True:
                try:
                    await infer(here.service, RED, within(30, DeadlineClass.HARD))
                    break
                except OverloadedError:
                    refused += 1
            assert 5 < refused < 40

    asyncio.run(run())


def test_a_model_that_was_tried_serves_hard_deadlines_from_its_first_request() -> None:
    """What one row took when it was warmed up is what is known of it."""

    async def run() -> None:
        async with rig() as here:
            here.runtime.open = True
            station = here.service.models.station(REF[0])
            fresh = Station(replace(station.loaded, first_ms=5.0), CLOCK)
            here.service.models.stations["colour"] = fresh
            assert label(await infer(here.service, RED, within(30, DeadlineClass.HARD))) == "red"

    asyncio.run(run())


def test_an_image_that_came_too_late_teaches_how_long_it_took() -> None:
    """Or a deadline that is too short for a model would be let in for ever."""

    async def run() -> None:
        async with rig() as here:
            station = here.service.models.station(REF[0])
            late = here.ask(deadline=within(0.05))
            await here.entered()
            with pytest.raises(DeadlineError):
                await late
            here.runtime.gate.release()
            here.runtime.open = True
            await here.ask()
            assert station.knowledge.latency.mean_ms > 5

    asyncio.run(run())


def test_best_effort_work_keeps_no_other_out() -> None:
    """Ten such images wait, each known to take a minute: a soft deadline of ten seconds is let in."""

    async def run() -> None:
        async with rig(queue_images=20) as here:
            station = here.service.models.station(REF[0])
            station.knowledge.busy = station.knowledge.busy.after(60_000.0)
            waiting = [here.ask(deadline=Deadline(DeadlineClass.BEST_EFFORT)) for _ in range(10)]
            await here.entered()
            station.knowledge.latency = station.knowledge.latency.after(1.0)
            soft = here.ask(deadline=within(10))
            await asyncio.sleep(0)
            here.runtime.open = True
            here.runtime.gate.release(20)
            assert label(await soft) == "red"
            await asyncio.gather(*waiting)

    asyncio.run(run())


def test_a_busy_model_holds_no_worker_that_another_model_needs() -> None:
    """Two workers, a model with one stream and six requests for it: the other model's request is answered meanwhile."""

    async def run() -> None:
        slow, quick = GatedRuntime(1), GatedRuntime(1)
        quick.open = True
        crew = Crew(2, CLOCK)
        models = ReadyModels(slow=gated_station(CLOCK, runtime=slow), quick=gated_station(CLOCK, runtime=quick))
        service = Service(models, crew, Limits(), CLOCK)

        async def ask(name: str):
            with service.admit([ModelRef(name)]) as admission:
                admission.begin(1)
                return await service.images(admission, order(RED))

        six = [asyncio.ensure_future(ask("slow")) for _ in range(6)]
        await asyncio.to_thread(slow.entered.acquire, timeout=10)
        assert label(await asyncio.wait_for(ask("quick"), 10)) == "red"
        slow.open = True
        slow.gate.release(6)
        assert [label(one) for one in await asyncio.gather(*six)] == ["red"] * 6
        await asyncio.to_thread(crew.close)

    asyncio.run(run())


def test_a_row_that_cannot_be_made_does_not_hold_back_the_next_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The station expects no row of a job that failed in the middle."""
    fail = [True]
    made = Prepared.row

    def row(self: Prepared, model: int, number: int):
        if fail.pop() if fail else False:
            raise InternalError("no row", help="none")
        return made(self, model, number)

    monkeypatch.setattr(Prepared, "row", row)

    async def run() -> None:
        async with rig(PATIENT) as here:
            here.runtime.open = True
            with pytest.raises(InternalError):
                await infer(here.service, RED)
            assert label(await asyncio.wait_for(infer(here.service, GREEN), 10)) == "green"

    asyncio.run(run())


def test_one_job_that_breaks_costs_the_others_of_its_batch_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a batch of two, one job fails with a bug of ours; the other is answered."""
    answered = ImageJob.answered
    broken: list[ImageJob] = []

    def fragile(self: ImageJob, *arguments) -> None:
        if not broken:
            broken.append(self)
            raise RuntimeError("a bug")
        answered(self, *arguments)

    async def run() -> None:
        async with rig(BatchPolicy(2, patience_ns=30_000_000_000)) as here:
            first = here.ask()
            await here.entered()
            two = [here.ask(), here.ask(GREEN)]
            await asyncio.sleep(0)
            monkeypatch.setattr(ImageJob, "answered", fragile)
            here.runtime.open = True
            here.runtime.gate.release(3)
            ended = await asyncio.gather(first, *two, return_exceptions=True)
            assert sum(isinstance(one, RuntimeError) for one in ended) == 1
            assert sum(not isinstance(one, BaseException) for one in ended) == 2

    asyncio.run(run())


def test_an_image_of_many_rows_lets_others_in_between() -> None:
    """One worker, an image that is cut into 16 tiles: a small one that comes after it waits for a tile, not for all."""

    async def run() -> None:
        begun, go_on, seen = threading.Event(), threading.Event(), []

        def before(batch: np.ndarray) -> None:
            seen.append(len(batch))
            begun.set()
            assert go_on.wait(10)

        tiled, quick = BlobRuntime(before=before), GatedRuntime(1)
        quick.open = True
        crew = Crew(1, CLOCK)
        blob = Station(Loaded(Instance(blob_manifest(), tiled), lambda: tiled), CLOCK)
        service = Service(ReadyModels(blob=blob, quick=gated_station(CLOCK, runtime=quick)), crew, Limits(), CLOCK)

        async def ask(name: str, data: bytes, look: Look):
            with service.admit([ModelRef(name)]) as admission:
                admission.begin(1)
                return await service.images(admission, order(data, look))

        side = blob_manifest().input.size.width
        image = encode_jpeg(np.zeros((4 * side, 4 * side, 3), np.uint8))
        large = asyncio.ensure_future(ask("blob", image, Look(Answering(), tiling=Tiling(Size(side, side)))))
        await asyncio.to_thread(begun.wait, 10)
        small = asyncio.ensure_future(ask("quick", RED, Look(Answering())))
        small.add_done_callback(lambda _: seen.append(0))
        while not crew.waiting:  # noqa: ASYNC110 - the crew tells nobody
            await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(large, small)
        assert sum(seen) == 16
        assert seen.index(0) < 8
        await asyncio.to_thread(crew.close)

    asyncio.run(run())


def test_requests_that_were_let_in_before_a_drain_are_served() -> None:
    """The head came before, the body after it."""

    async def run() -> None:
        async with rig() as here:
            here.runtime.open = True
            with here.service.admit(REF) as admission:
                here.service.drain()
                admission.grow(len(RED))
                admission.begin(1)
                assert label(await here.service.images(admission, order(RED))) == "red"

    asyncio.run(run())


def test_a_body_alone_on_the_server_is_never_too_much() -> None:
    """Its own bytes are not held against it."""

    async def run() -> None:
        async with rig(queue_bytes=100) as here:
            here.runtime.open = True
            with here.service.admit(REF) as admission:
                admission.grow(60)
                admission.grow(60)
                admission.begin(1)
                assert label(await here.service.images(admission, order(RED))) == "red"

    asyncio.run(run())


def test_a_window_has_one_timer() -> None:
    """However often the policy is asked meanwhile."""

    async def run() -> None:
        async with rig(BatchPolicy(8, 60_000_000_000)) as here:
            station = here.service.models.station(REF[0])
            station._gap_ns = 1e6
            asked = [here.ask(jpeg((200, number, 0))) for number in range(5)]
            while len(station._rows) < 5:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0)
            assert len(here.crew._later) <= 1
            for one in asked:
                one.cancel()

    asyncio.run(run())


def test_the_tensor_plan_is_opened_once_and_holds_no_worker() -> None:
    """Two first requests with tensors: one opening, in a thread of its own; images are answered meanwhile."""
    opened, let = [], threading.Event()

    async def run() -> None:
        async with rig() as here:
            here.runtime.open = True
            station = here.service.models.station(REF[0])

            def open_tensors() -> GatedRuntime:
                opened.append(1)
                assert let.wait(10)
                return here.runtime

            slow = Station(replace(station.loaded, open_tensors=open_tensors), CLOCK)
            here.service.models.stations["colour"] = slow
            two = [asyncio.ensure_future(slow.opened_tensors()) for _ in range(2)]
            await asyncio.sleep(0)
            assert label(await infer(here.service, RED)) == "red"
            let.set()
            assert await asyncio.gather(*two) == [here.runtime] * 2
            assert opened == [1]

    asyncio.run(run())


def test_a_plan_that_cannot_be_opened_is_not_tried_by_every_request() -> None:
    """Its error is remembered for some seconds."""
    tried: list[int] = []

    async def run() -> None:
        async with rig() as here:
            station = here.service.models.station(REF[0])

            def open_tensors() -> GatedRuntime:
                tried.append(1)
                raise UnavailableError("no", help="none")

            broken = Station(replace(station.loaded, open_tensors=open_tensors), CLOCK)
            for _ in range(3):
                with pytest.raises(UnavailableError):
                    await broken.opened_tensors()
            assert tried == [1]

    asyncio.run(run())


def test_a_station_that_was_closed_opens_nothing_any_more() -> None:
    """Or an engine would be left over that nobody closes."""

    async def run() -> None:
        async with rig() as here:
            station = here.service.models.station(REF[0])
            station.close()
            with pytest.raises(UnavailableError):
                station.tensors()

    asyncio.run(run())


def test_gated_rows_are_rows() -> None:
    """The fake gives the mean of each colour."""
    runtime = GatedRuntime()
    runtime.open = True

    (scores,) = runtime.infer(np.full((1, 8, 8, 3), 255, np.uint8))

    assert scores.tolist() == [[1.0, 1.0, 1.0]]
