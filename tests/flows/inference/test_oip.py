"""Inference of the Open Inference Protocol, whatever it came by: deadlines, encoded images, what is wanted of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import BlobRuntime, blob_manifest, jpeg, patches
from stations import GatedRuntime, ReadyModels, colour_station, gated_station

from vedette.clock import SystemClock
from vedette.errors import DeadlineError, InvalidError, NotFoundError, OverloadedError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.oip import admit, describe, find, infer
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.service import Service
from vedette.flows.inference.station import Loaded, Station
from vedette.rules.vision.encode import encode_png
from vedette.rules.wire.datatypes import objects
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Size
from vedette.values.inference import InferAnswer, InferRequest
from vedette.values.served import ModelRef
from vedette.values.serving import Limits, VersionPolicy
from vedette.values.tensor import NamedTensor
from vedette.values.timeline import Span

CLOCK = SystemClock()
REF = ModelRef("colour")
RED, GREEN = jpeg((255, 0, 0)), jpeg((0, 255, 0))


def request(*images: bytes, **changes: Any) -> InferRequest:
    now = CLOCK.now_ns()
    inputs = (NamedTensor("input", "BYTES", objects(list(images))),) if images else ()
    return replace(InferRequest(REF, inputs, Span("acquire", now, now), 1), **changes)


@asynccontextmanager
async def serving(station: ImageStation, workers: int = 1, **limits: int) -> AsyncIterator[Service]:
    crew = Crew(workers, CLOCK)
    try:
        yield Service(ReadyModels(colour=station), crew, Limits(**limits), CLOCK)
    finally:
        await asyncio.to_thread(crew.close)


async def ask(service: Service, asked: InferRequest, deadline: Deadline | None = None) -> InferAnswer:
    with admit(service, REF, deadline) as admission:
        return await infer(service, admission, asked, lambda answer: answer)


def test_images_are_answered_by_the_outputs_of_the_model(tmp_path: Path) -> None:
    """A row each in the order of the elements, whether one or several; model, version and id with them."""

    async def run() -> None:
        async with serving(colour_station(tmp_path, streams=2), 2) as service:
            one = await ask(service, request(RED, id="a"))
            two = await ask(service, request(GREEN, RED))
            raw = await ask(service, request(raw=GREEN))
            assert service.images_under_way == service.bytes_under_way == 0

        assert (one.model, one.version, one.id, one.outputs[0].name) == ("colour", "1", "a", "scores")
        assert [answer.outputs[0].data.argmax(1).tolist() for answer in (one, two, raw)] == [[0], [1, 0], [1]]

    asyncio.run(run())


def test_a_model_that_is_not_there_is_named_as_clients_expect(tmp_path: Path) -> None:
    """`Request for unknown model`, with the repository's own words behind it."""

    async def run() -> None:
        async with serving(colour_station(tmp_path)) as service:
            for use in (admit, find):
                with pytest.raises(NotFoundError, match="Request for unknown model: there is no model other"):
                    use(service, ModelRef("other"))

    asyncio.run(run())


def test_what_is_told_of_a_model_is_its_original_graph(tmp_path: Path) -> None:
    """FP32 in the layout of the model."""
    told = describe(colour_station(tmp_path), VersionPolicy(latest=2))

    assert told.signature.inputs[0].shape == (-1, 3, 8, 8)
    assert (told.takes_batches, told.policy.latest) == (True, 2)


def test_the_nearer_deadline_holds(tmp_path: Path) -> None:
    """That of the head, or that of the body; passed is passed."""
    past, later = 1, CLOCK.now_ns() + 60 * 10**9

    async def run() -> None:
        async with serving(colour_station(tmp_path)) as service:
            soft = Deadline(DeadlineClass.SOFT, later)
            with pytest.raises(DeadlineError):
                await ask(service, request(RED, deadline_ns=past), soft)
            with pytest.raises(DeadlineError):
                await ask(service, request(RED, deadline_ns=later), Deadline(DeadlineClass.SOFT, past))
            with admit(service, REF, soft) as admission:
                asked = request(RED, deadline_ns=later - 5, deadline_class=DeadlineClass.BEST_EFFORT)
                await infer(service, admission, asked, lambda answer: answer)
                assert admission.deadline == Deadline(DeadlineClass.BEST_EFFORT, later - 5)

    asyncio.run(run())


def test_the_class_of_the_model_holds_where_the_request_brings_an_instant(tmp_path: Path) -> None:
    """A hard one is hard once the body has told until when; nobody promises what was never measured."""

    async def run() -> None:
        station = colour_station(tmp_path, deadline=DeadlineClass.HARD)
        async with serving(station) as service:
            with admit(service, REF) as admission:
                assert admission.deadline.kind is DeadlineClass.RELAXED
                with pytest.raises(OverloadedError, match="no bound holds"):
                    await infer(service, admission, request(RED, deadline_ns=CLOCK.now_ns() + 10**9), str)
                assert admission.deadline.kind is DeadlineClass.HARD

    asyncio.run(run())


def test_a_request_whose_caller_has_gone_is_not_run_any_further() -> None:
    """Of three images the one that runs ends, the others are given up, and the queue is empty again."""

    async def run() -> None:
        runtime = GatedRuntime()
        async with serving(gated_station(CLOCK, runtime=runtime)) as service:
            task = asyncio.ensure_future(ask(service, request(RED, RED, RED)))
            assert await asyncio.to_thread(runtime.entered.acquire, timeout=10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert service.images_under_way == 0
            runtime.open = True
            runtime.gate.release()

        assert runtime.batches == [1]

    asyncio.run(run())


def test_outputs_that_make_no_batch_are_an_error(tmp_path: Path) -> None:
    """A detector that gives as many boxes as it finds answers one image, not two that differ."""
    size = Size(64, 64)
    one, two = patches(size, (0, 0, 20, 20, 0)), patches(size, (0, 0, 20, 20, 0), (30, 30, 50, 50, 1))

    async def run() -> None:
        runtime = BlobRuntime()
        manifest = blob_manifest(file=str(tmp_path / "blobs.onnx"))
        async with serving(Station(Loaded(Instance(manifest, runtime), lambda: runtime), CLOCK)) as service:
            alone = await ask(service, request(encode_png(two)))
            assert alone.outputs[0].data.shape == (1, 2, 4)
            with pytest.raises(InvalidError, match="differ in shape"):
                await ask(service, request(encode_png(one), encode_png(two)))

    asyncio.run(run())


def test_raw_numbers_are_the_tensor_of_one_row(tmp_path: Path) -> None:
    """Their length tells them from an image."""
    pixels = np.full((1, 3, 8, 8), 51, np.float32)

    async def run() -> InferAnswer:
        async with serving(colour_station(tmp_path)) as service:
            return await ask(service, request(raw=pixels.tobytes()))

    assert asyncio.run(run()).outputs[0].data.tolist() == [[51.0, 51.0, 51.0]]
