"""The service behind every protocol: what is admitted, run, given up, and answered."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from service_rig import CLOCK, GREEN, RED, REF, infer, label, rig
from stations import ReadyModels, colour_station

from vedette.errors import DeadlineError, InvalidError, NotFoundError, OverloadedError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_order import Look
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.service import Service
from vedette.flows.inference.tensor_job import TensorOrder
from vedette.rules.batching.policy import BatchPolicy
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.result import Failure
from vedette.values.served import ModelRef
from vedette.values.serving import Limits
from vedette.values.tensor import NamedTensor
from vedette.values.timeline import Span


def test_an_image_is_answered_by_every_model_it_is_for(tmp_path) -> None:
    """Decoded once; one delivery a model, in their order, each with the whole timeline."""

    async def run() -> None:
        crew = Crew(2, CLOCK)
        service = Service(ReadyModels(colour=colour_station(tmp_path)), crew, Limits(), CLOCK)
        red, green = await asyncio.gather(infer(service, RED), infer(service, GREEN))
        assert (label(red), label(green)) == ("red", "green")
        timeline = red[0].outcome.timeline.milliseconds()
        assert list(timeline) == ["acquire", "decode", "preprocess", "queue", "infer", "postprocess", "total"]
        stages = sum(value for stage, value in timeline.items() if stage != "total")
        assert stages == pytest.approx(timeline["total"], rel=0.2)
        assert (service.images_under_way, service.bytes_under_way) == (0, 0)
        crew.close()

    asyncio.run(run())


def test_an_image_that_cannot_be_decoded_is_the_callers_error(tmp_path) -> None:
    """It is counted, and leaves nothing behind; the next image is served."""

    async def run() -> None:
        crew, station = Crew(1, CLOCK), colour_station(tmp_path)
        service = Service(ReadyModels(colour=station), crew, Limits(), CLOCK)
        with pytest.raises(InvalidError):
            await infer(service, b"no image")
        assert label(await infer(service, RED)) == "red"
        told = station.statistics.snapshot()
        assert (told.succeeded, told.failures, station.users) == (1, (("invalid", 1),), 0)
        crew.close()

    asyncio.run(run())


def test_a_model_that_is_not_there_is_told_before_the_body_is_read() -> None:
    """`admit` raises; nothing was taken."""

    async def run() -> None:
        async with rig() as here:
            with pytest.raises(NotFoundError):
                here.service.admit([ModelRef("nobody")])

    asyncio.run(run())


def test_work_whose_caller_has_gone_is_not_run() -> None:
    """Of three requests the one that waits is cancelled: the model sees two."""

    async def run() -> None:
        async with rig() as here:
            first = here.ask()
            await here.entered()
            gone, last = here.ask(), here.ask(GREEN)
            await asyncio.sleep(0)
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
            here.runtime.gate.release(2)
            assert (label(await first), label(await last)) == ("red", "green")
            assert here.runtime.batches == [1, 1]
            assert here.service.images_under_way == 0

    asyncio.run(run())


def test_work_whose_deadline_has_passed_is_not_run_and_answered_at_its_deadline() -> None:
    """While the model is busy the deadline passes: 504 comes then, not when the model is free."""

    async def run() -> None:
        async with rig() as here:
            first = here.ask()
            await here.entered()
            late = here.ask(deadline=Deadline(DeadlineClass.RELAXED, CLOCK.now_ns() + 20_000_000))
            with pytest.raises(DeadlineError):
                await late
            here.runtime.gate.release(2)
            await first
            await here.ask(deadline=Deadline())
            assert here.runtime.batches == [1, 1]

    asyncio.run(run())


def test_a_deadline_that_has_passed_already_is_not_admitted() -> None:
    """Nothing is read and nothing is run."""

    async def run() -> None:
        async with rig() as here:
            with pytest.raises(DeadlineError):
                here.service.admit(REF, Deadline(DeadlineClass.SOFT, CLOCK.now_ns() - 1))

    asyncio.run(run())


def test_a_full_queue_refuses_at_once_and_says_when_to_come_again() -> None:
    """Two images may wait or run; the third is refused while they do, and let in when one is done."""

    async def run() -> None:
        async with rig(queue_images=2) as here:
            two = [here.ask(), here.ask()]
            await here.entered()
            with pytest.raises(OverloadedError) as refused:
                await here.ask()
            assert refused.value.retry_after_s >= 1
            here.runtime.gate.release(2)
            await asyncio.gather(*two)
            here.runtime.gate.release()
            await here.ask()

    asyncio.run(run())


def test_bytes_of_all_bodies_are_bounded() -> None:
    """A body that would go past the limit is refused while others hold theirs; what it held is given back."""

    async def run() -> None:
        async with rig(queue_bytes=1000) as here:
            with here.service.admit(REF) as first:
                first.grow(900)
                with here.service.admit(REF) as second, pytest.raises(OverloadedError):
                    second.grow(200)
                assert here.service.bytes_under_way == 900
            assert here.service.bytes_under_way == 0

    asyncio.run(run())


def test_best_effort_work_runs_in_the_gaps() -> None:
    """Asked first, it runs after what came later with a deadline; a hard deadline runs before a soft one."""
    done: list[str] = []

    async def run() -> None:
        async with rig() as here:
            first = here.ask()
            await here.entered()
            station = here.service.models.station(REF[0])
            station.knowledge.latency = station.knowledge.latency.after(1.0)
            far = CLOCK.now_ns() + 60_000_000_000
            asked = {
                "best": Deadline(DeadlineClass.BEST_EFFORT),
                "soft": Deadline(DeadlineClass.SOFT, far),
                "hard": Deadline(DeadlineClass.HARD, far),
            }
            tasks = []
            for name, deadline in asked.items():
                tasks.append(here.ask(deadline=deadline))
                tasks[-1].add_done_callback(lambda _, name=name: done.append(name))
                await asyncio.sleep(0)
            here.runtime.gate.release(4)
            await asyncio.gather(first, *tasks)

    asyncio.run(run())

    assert done == ["hard", "soft", "best"]


def test_rows_of_several_requests_share_a_batch_where_that_pays() -> None:
    """With batches of four, four requests that wait while the worker is busy run as one."""

    async def run() -> None:
        async with rig(BatchPolicy(4, patience_ns=30_000_000_000)) as here:
            first = here.ask()
            await here.entered()
            four = [here.ask(data) for data in (RED, GREEN, RED, GREEN)]
            await asyncio.sleep(0)
            here.runtime.gate.release(2)
            assert [label(one) for one in await asyncio.gather(first, *four)] == ["red", "red", "green", "red", "green"]
            assert here.runtime.batches == [1, 4]

    asyncio.run(run())


def test_a_row_that_will_not_come_does_not_hold_back_its_batch() -> None:
    """Of a batch of four one image is damaged and one caller is gone: the other two run."""

    async def run() -> None:
        async with rig(BatchPolicy(4, patience_ns=30_000_000_000)) as here:
            first = here.ask()
            await here.entered()
            red, bad, gone, green = (here.ask(data) for data in (RED, b"broken", RED, GREEN))
            await asyncio.sleep(0)
            gone.cancel()
            here.runtime.gate.release(3)
            assert [label(await one) for one in (first, red, green)] == ["red", "red", "green"]
            with pytest.raises(InvalidError):
                await bad

    asyncio.run(run())


def test_a_window_ends_by_itself() -> None:
    """Rows came every millisecond so far, so one waits for company within its window, and then runs alone."""

    async def run() -> None:
        async with rig(BatchPolicy(2, 30_000_000)) as here:
            here.runtime.open = True
            station = here.service.models.station(REF[0])
            station._gap_ns = 1e6
            assert label(await here.ask()) == "red"

    asyncio.run(run())


def test_tensors_run_on_the_models_own_input(tmp_path) -> None:
    """Checked against the signature of the graph; outputs have its names."""

    async def run() -> None:
        crew = Crew(1, CLOCK)
        service = Service(ReadyModels(colour=colour_station(tmp_path)), crew, Limits(), CLOCK)
        pixels = np.zeros((2, 3, 8, 8), np.float32)
        pixels[:, 1] = 0.5
        now = CLOCK.now_ns()
        with service.admit(REF) as admission:
            admission.begin(1)
            ask = TensorOrder((NamedTensor("input", "FP32", pixels),), Span("acquire", now, now), list)
            (scores,) = await service.tensors(admission, ask)
            assert (scores.name, scores.datatype) == ("scores", "FP32")
            np.testing.assert_allclose(scores.data, [[0, 0.5, 0]] * 2, atol=1e-6)
            wrong = TensorOrder((NamedTensor("input", "INT8", pixels),), Span("acquire", now, now), list)
            with pytest.raises(InvalidError, match="FP32"):
                await service.tensors(admission, wrong)
        crew.close()

    asyncio.run(run())


def test_raw_outputs_are_given_as_they_are(tmp_path) -> None:
    """For each row of the image the outputs of the graph, without a batch dimension."""

    async def run() -> None:
        crew = Crew(1, CLOCK)
        service = Service(ReadyModels(colour=colour_station(tmp_path)), crew, Limits(), CLOCK)
        (delivery,) = await infer(service, GREEN, look=Look(Answering(), raw=True))
        assert delivery.outputs is not None
        ((scores,),) = delivery.outputs
        np.testing.assert_allclose(scores, [0, 1, 0], atol=0.02)
        assert not isinstance(delivery.outcome, Failure)
        crew.close()

    asyncio.run(run())


def test_a_server_that_drains_admits_nothing_and_ends_what_it_has() -> None:
    """A request under way is answered."""

    async def run() -> None:
        async with rig() as here:
            first = here.ask()
            await here.entered()
            here.service.drain()
            with pytest.raises(OverloadedError, match="shutting down"):
                await here.ask()
            here.runtime.gate.release()
            assert label(await first) == "red"

    asyncio.run(run())
