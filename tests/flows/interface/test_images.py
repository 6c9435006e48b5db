"""Images of a pipeline through the service."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fakes import jpeg
from stations import ReadyModels, colour_station

from vedette.clock import SystemClock
from vedette.errors import ConflictError, NotFoundError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_order import Look
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.service import Service
from vedette.flows.interface.images import ServiceImages, Shot
from vedette.values.deadline import Deadline
from vedette.values.frame import Frame
from vedette.values.serving import Limits
from vedette.values.timeline import Span

CLOCK = SystemClock()
SHOT = Shot("id", Frame("red.jpg", jpeg((255, 0, 0))), Span("acquire", 0, 0), Look(Answering()))


def test_each_model_answers_and_the_place_is_given_back(tmp_path: Path) -> None:
    """Two models see the image; afterwards the service holds nothing of it."""

    async def run() -> None:
        crew = Crew(1, CLOCK)
        service = Service(ReadyModels(a=colour_station(tmp_path), b=colour_station(tmp_path)), crew, Limits(), CLOCK)
        images = ServiceImages(service, lambda: ("a", "b"))
        try:
            with images.admit(("a", "b"), Deadline) as entry:
                entry.grow(100)
                deliveries = await entry.run(SHOT)
                held = (service.images_under_way, service.bytes_under_way, len(entry.manifests))
                entry.release()
                left = (service.images_under_way, service.bytes_under_way)
        finally:
            crew.close()

        assert [one.outcome.classes[0].label for one in deliveries] == ["red", "red"]
        assert held == (1, 100, 2)
        assert left == (0, 0)
        assert (service.images_under_way, service.bytes_under_way) == (0, 0)

    asyncio.run(run())


@pytest.mark.parametrize(("served", "works"), [(("a",), True), (("a", "b"), False), ((), False)])
def test_a_pipeline_without_models(tmp_path: Path, served: tuple[str, ...], *, works: bool) -> None:
    """It takes the only model that is served; with none or several the next step is said, nothing is guessed."""

    async def run() -> None:
        crew = Crew(1, CLOCK)
        stations = {name: colour_station(tmp_path) for name in served}
        images = ServiceImages(Service(ReadyModels(**stations), crew, Limits(), CLOCK), lambda: served)
        try:
            if works:
                assert images.admit((), Deadline).manifests[0].name == "colour"
            else:
                with pytest.raises(ConflictError, match="PUT /pipelines"):
                    images.admit((), Deadline)
            images.check(served)
            with pytest.raises(NotFoundError):
                images.check(("missing",))
        finally:
            crew.close()

    asyncio.run(run())
