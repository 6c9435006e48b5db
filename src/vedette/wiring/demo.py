"""The demo: the shipped photos through a real classifier and a real detector, and one large image in mini-batches."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.sources.inputs import parse_inputs
from vedette.errors import InvalidError
from vedette.flows.inference.postprocess import Answering, Delivery
from vedette.rules.candidates import Wish
from vedette.rules.dataset.mosaic import Grid
from vedette.rules.vision.decode import decode
from vedette.rules.vision.draw import draw_detections
from vedette.rules.vision.encode import encode_jpeg
from vedette.rules.vision.tiles import grid
from vedette.values.execution import Optimise
from vedette.values.frame import Size
from vedette.values.result import Failure, Result
from vedette.values.tiling import Region, Tiling
from vedette.wiring.instances import PHOTOS, Opened
from vedette.wiring.mosaics import Recipe, make
from vedette.wiring.stream import Order, Run, prepare

CLASSIFIER, DETECTOR = "efficientnet-lite0", "ssdlite-mobilenet-v2"
MINI_BATCHES = (1, 8, 64)
_GRID = Grid(7, 9, Size(300, 300))
_TOP_K = 3


def prepare_photos(folder: Path, model: str, say: Callable[[str], None]) -> Run:
    """A run of one model over the shipped photos: results and annotated pictures go to `folder`.

    Raises:
        VedetteError: the model cannot be pulled or run.
    """
    here = Path.cwd()
    photos = PHOTOS.relative_to(here) if PHOTOS.is_relative_to(here) else PHOTOS
    outputs = (str(folder / "results.jsonl"), str(folder / "results.csv"), f"annotated:{folder}")
    return prepare(Order((str(photos),), (model,), asked=Answering(_TOP_K), outputs=outputs), say)


@dataclass(frozen=True, slots=True)
class Searched:
    """One large image, searched tile by tile in mini-batches of one size.

    Attributes:
        batch: tiles in one inference.
        inference_ms: to cut the tiles, predict all and merge; without loading and decoding.
        total_ms: with loading and decoding.
        tiles: how many there are.
        objects: found in the image.
    """

    batch: int
    inference_ms: float
    total_ms: float
    tiles: int
    objects: int


@dataclass(frozen=True, slots=True)
class Search:
    """What the search of one large image gave: how the detector was run, a line a mini-batch, and the picture."""

    opened: Opened
    size: Size
    searched: tuple[Searched, ...]
    picture: Path


def search_mosaic(folder: Path, say: Callable[[str], None]) -> Search:
    """Make one image of 63 tiles out of the shipped photos and search it in mini-batches of 1, 8 and 64.

    Raises:
        VedetteError: the detector cannot be pulled or run.
    """
    with tempfile.TemporaryDirectory(prefix="vedette-demo-") as made:
        make((), Recipe(1, _GRID, 0.5, 3, 90), output=Path(made) / "set", force=True)
        image = folder / "mosaic.jpg"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(made) / "set" / "mosaic-0000.jpg", image)
    order = Order((str(image),), (DETECTOR,), Wish(optimise=Optimise.LATENCY), tiling=Tiling(_GRID.tile))
    run = prepare(order, say)
    try:
        run.warm_up()
        results = {batch: _result(run, batch) for batch in MINI_BATCHES}
    finally:
        run.close()
    picture = folder / "mosaic-searched.jpg"
    found = results[MINI_BATCHES[-1]].detections or ()
    tiles = grid(Region(0, 0, _GRID.size), _GRID.tile, 0)
    picture.write_bytes(encode_jpeg(draw_detections(decode(image.read_bytes()).pixels, found, tiles=tiles)))
    searched = tuple(_searched(batch, result) for batch, result in results.items())
    return Search(run.opened[0], _GRID.size, searched, picture)


def _result(run: Run, batch: int) -> Result:
    only = _Only()
    Run(parse_inputs(run.order.inputs), run.opened, replace(run.order, batch=batch)).start([only])
    return only.result()


def _searched(batch: int, result: Result) -> Searched:
    objects = len(result.detections or ())
    return Searched(batch, result.inference_ms or 0.0, result.timeline.milliseconds()["total"], result.tiles, objects)


class _Only:
    """A sink that keeps the one result that comes."""

    def __init__(self) -> None:
        self._kept: list[Result] = []

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`."""
        if isinstance(delivery.outcome, Failure):
            raise InvalidError(delivery.outcome.message, help=delivery.outcome.help)
        self._kept.append(delivery.outcome)

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`."""

    def result(self) -> Result:
        """The result of the image."""
        return self._kept[0]
