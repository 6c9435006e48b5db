"""The bare tile loop: decode, cut, resize, infer, boxes, NMS, with the libraries and the rules of boxes alone.

Threads take batches of tiles from one counter, image after image; whoever comes to an image first decodes it. The
engine is called directly. Engine, precision, number of threads, the normalisation inside the graph, and the rules that
read and suppress boxes are those of the pipeline under test, so that only the way of getting tiles through differs.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg

from benchmarks.tile_engine import Engine, Task
from vedette.rules.vision.suppress import suppress
from vedette.values.detection import Detections, concatenate
from vedette.values.frame import Size
from vedette.values.tiling import Region

Tiles = list[tuple[Region, Detections]]
"""Each tile of an image, and its boxes in pixels of the image."""


class _Picture:
    """One image: decoded by the first who needs it, freed by the last."""

    def __init__(self, data: bytes, tile: int, batch: int) -> None:
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        size = Size(tile, tile)
        regions = [Region(left, top, size) for top in range(0, height, tile) for left in range(0, width, tile)]
        self.parts = [regions[start : start + batch] for start in range(0, len(regions), batch)]
        self.found: list[Tiles] = [[] for _ in self.parts]
        self._left = len(self.parts)
        self._data = data
        self._pixels: Any = None
        self._lock = threading.Lock()

    def pixels(self) -> Any:
        """Decoded pixels."""
        with self._lock:
            if self._pixels is None:
                self._pixels = simplejpeg.decode_jpeg(self._data, "RGB")
            return self._pixels

    def done(self, part: int, found: Tiles) -> None:
        """Keep what was found in one part."""
        with self._lock:
            self.found[part] = found
            self._left -= 1
            if not self._left:
                self._pixels = None


@dataclass(frozen=True, slots=True)
class BareTiles:
    """One way to run the loop."""

    task: Task
    engine: Engine
    batch: int
    streams: int

    def __call__(self, images: Sequence[bytes]) -> list[Detections]:
        """The boxes of every image, in its pixels."""
        answers = []
        for tiles in self.tiles(images):
            every = concatenate([found for _, found in tiles])
            answers.append(every.take(suppress(every, self.task.iou_threshold)))
        return answers

    def tiles(self, images: Sequence[bytes]) -> list[Tiles]:
        """The tiles of every image, not merged."""
        pictures = [_Picture(image, self.task.tile, self.batch) for image in images]
        work = [(picture, part) for picture in pictures for part in range(len(picture.parts))]
        numbers = itertools.count()

        def run(stream: int) -> None:
            while (number := next(numbers)) < len(work):
                picture, part = work[number]
                picture.done(part, self._part(stream, picture.pixels(), picture.parts[part]))

        with ThreadPoolExecutor(self.streams) as threads:
            list(threads.map(run, range(self.streams)))
        return [[tile for part in picture.found for tile in part] for picture in pictures]

    def _part(self, stream: int, pixels: Any, regions: Sequence[Region]) -> Tiles:
        rows = [self.task.row(pixels[one.top : one.bottom, one.left : one.right]) for one in regions]
        outputs = self.engine(stream, np.stack(rows) if len(rows) > 1 else rows[0][np.newaxis])
        found = []
        for number, region in enumerate(regions):
            boxes = self.task.boxes(outputs, number)
            shifted = boxes.boxes + np.array((region.left, region.top) * 2)
            found.append((region, Detections(shifted, boxes.scores, boxes.class_ids)))
        return found
