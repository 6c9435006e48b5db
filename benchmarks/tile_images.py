"""The images of the tile benchmarks: mosaics of a seed, made on demand, and the pipeline that takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tile_peers import ROOT
from vedette.flows.inference.deliver import Sink
from vedette.flows.inference.pipeline import Pipeline
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.inference.runtime import Instance
from vedette.rules.dataset.mosaic import Grid
from vedette.values.detection import Detections, detections
from vedette.values.frame import Frame, Size
from vedette.values.result import Result
from vedette.values.tiling import Tiling
from vedette.wiring import mosaics
from vedette.wiring.stream import Order, build_pipeline

IMAGES = 8
TILE = 300
RECIPE = mosaics.Recipe(IMAGES, Grid(7, 9, Size(TILE, TILE)), spans=0.25, seed=0, quality=90)
TILES = RECIPE.grid.columns * RECIPE.grid.rows


@dataclass(frozen=True, slots=True)
class Encoded:
    """Encoded images as a source."""

    payloads: Sequence[bytes]

    def frames(self) -> Iterator[Frame]:
        """Each image."""
        for index, payload in enumerate(self.payloads):
            yield Frame("mosaic", payload, index)


class Boxes:
    """A sink that keeps the boxes of every image."""

    def __init__(self) -> None:
        self.found: list[Detections] = []

    def write(self, delivery: Delivery) -> None:
        """Keep the boxes of one image."""
        outcome = delivery.outcome
        assert isinstance(outcome, Result), outcome
        assert outcome.detections is not None, "a detector is measured"
        assert outcome.tiles == TILES, f"an image has {TILES} tiles, not {outcome.tiles}"
        rows = outcome.detections
        self.found.append(
            detections([row.box for row in rows], [row.score for row in rows], [row.class_id for row in rows])
        )

    def close(self, *, complete: bool) -> None:
        """Nothing to close."""


def mosaic_files() -> list[Path]:
    """Eight images of 2100x2700, about 1.3 MB each; the same bytes on every run."""
    folder = ROOT / "out" / "benchmarks" / "tiles-images"
    made = mosaics.make([], RECIPE, output=folder, force=True)
    return [made.output / entry.file for entry in made.entries]


def pipeline_of(instance: Instance, images: Sequence[bytes], sinks: Sequence[Sink], batch: int) -> Pipeline:
    """The pipeline that cuts encoded images in tiles."""
    order = Order((), (instance.manifest.name,), batch=batch, tiling=Tiling(Size(TILE, TILE)))
    return build_pipeline(Encoded(images), [instance], sinks, order)


def stream(instance: Instance, images: Sequence[bytes], sinks: Sequence[Sink], batch: int) -> None:
    """Send encoded images through the pipeline."""
    asyncio.run(pipeline_of(instance, images, sinks, batch).run())
