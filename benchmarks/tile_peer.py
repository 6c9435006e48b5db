"""A peer at work: SAHI or supervision's InferenceSlicer, in an interpreter of its own.

    stdin, a line a request  {"image": path, "batch": 8, "workers": 1}
    stdout, a line an answer {"seconds": 1.9, "boxes": [[l, t, r, b], ...], "scores": [...], "class_ids": [...]}

The time runs from the bytes of the JPEG to the merged boxes. The engine, its threads, the preprocessing and the reading
of the outputs are those of the bare tile loop; cutting, calling and merging are the peer's.
"""

from __future__ import annotations

import functools
import json
import os
import queue
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg

from benchmarks.tile_engine import Engine, Task, load, start_engine
from vedette.values.detection import Detections

Answer = tuple[Any, Any, Any]
"""Boxes (N, 4) in pixels of the image, scores and class_ids."""

Slicer = Callable[[Any], Answer]
"""From pixels to boxes."""


class Streams:
    """The engine for callers of any thread: each takes a stream, and gives it back when its boxes are read."""

    def __init__(self, task: Task, engine: Engine, streams: int) -> None:
        self._task = task
        self._engine = engine
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for stream in range(streams):
            self._free.put(stream)

    def find(self, tiles: Sequence[Any]) -> list[Detections]:
        """The boxes of each tile, in its pixels."""
        rows = [self._task.row(tile) for tile in tiles]
        batch = np.stack(rows) if len(rows) > 1 else rows[0][np.newaxis]
        with self._stream() as stream:
            outputs = self._engine(stream, batch)
            return [self._task.boxes(outputs, number) for number in range(len(tiles))]

    @contextmanager
    def _stream(self) -> Iterator[int]:
        stream = self._free.get()
        try:
            yield stream
        finally:
            self._free.put(stream)


def supervision_slicer(task: Task, streams: Streams, batch: int, workers: int) -> Slicer:
    """InferenceSlicer without overlap, NMS over the image."""
    import supervision

    def one(found: Detections) -> Any:
        return supervision.Detections(
            xyxy=np.array(found.boxes), confidence=np.array(found.scores), class_id=np.array(found.class_ids)
        )

    def of_tile(tile: Any) -> Any:
        return one(streams.find([tile])[0])

    def of_tiles(tiles: list[Any]) -> Any:
        return [one(found) for found in streams.find(tiles)]

    slicer = supervision.InferenceSlicer(
        callback=of_tiles if batch > 1 else of_tile,
        slice_wh=(task.tile, task.tile),
        overlap_wh=(0, 0),
        overlap_filter=supervision.OverlapFilter.NON_MAX_SUPPRESSION,
        iou_threshold=task.iou_threshold,
        thread_workers=workers,
        batch_size=batch,
    )

    def work(pixels: Any) -> Answer:
        found = slicer(pixels)
        return found.xyxy, found.confidence, found.class_id

    return work


def sahi_slicer(task: Task, streams: Streams, batch: int, workers: int) -> Slicer:
    """`get_sliced_prediction` without overlap and without the pass over the whole image, NMS over the image."""
    from sahi.models.base import DetectionModel
    from sahi.predict import get_sliced_prediction
    from sahi.prediction import ObjectPrediction

    assert workers == 1, "SAHI calls the model from one thread"

    class OurModel(DetectionModel):  # type: ignore[misc]  # SAHI is only where it runs
        """The model behind SAHI's interface, with its native batches."""

        def load_model(self) -> None:
            self.model = streams

        def perform_inference(self, image: Any) -> None:
            self._original_predictions = streams.find([image])

        def perform_batch_inference(self, images: list[Any]) -> None:
            self._original_predictions = streams.find(images)

        def _create_object_prediction_list_from_original_predictions(
            self, shift_amount_list: Any = None, full_shape_list: Any = None
        ) -> None:
            self._object_prediction_list_per_image = [
                [
                    ObjectPrediction(
                        bbox=box,
                        category_id=class_id,
                        category_name=task.manifest.labels[class_id],
                        score=score,
                        shift_amount=shift,
                        full_shape=shape,
                    )
                    for box, score, class_id in zip(
                        found.boxes.tolist(), found.scores.tolist(), found.class_ids.tolist(), strict=True
                    )
                ]
                for found, shift, shape in zip(
                    self._original_predictions, shift_amount_list, full_shape_list, strict=True
                )
            ]

    model = OurModel(confidence_threshold=task.threshold, device="cpu")

    def work(pixels: Any) -> Answer:
        found = get_sliced_prediction(
            pixels,
            model,
            slice_height=task.tile,
            slice_width=task.tile,
            overlap_height_ratio=0,
            overlap_width_ratio=0,
            perform_standard_pred=False,
            postprocess_type="NMS",
            postprocess_match_metric="IOU",
            postprocess_match_threshold=task.iou_threshold,
            verbose=0,
            batch_size=batch,
        ).object_prediction_list
        boxes = np.array([one.bbox.to_xyxy() for one in found], np.float64).reshape(-1, 4)
        return boxes, np.array([one.score.value for one in found]), np.array([one.category.id for one in found])

    return work


SLICERS = {"sahi": sahi_slicer, "supervision": supervision_slicer}


def main() -> None:
    """Answer requests until stdin ends; whatever a library prints goes to stderr."""
    answers, sys.stdout = sys.stdout, sys.stderr
    name, task, cores = sys.argv[1], load(Path(sys.argv[2])), int(sys.argv[3])

    @functools.cache
    def slicer(batch: int, workers: int) -> Slicer:
        engine = start_engine(task, workers, cores // workers)
        return SLICERS[name](task, Streams(task, engine, workers), batch, workers)

    for line in sys.stdin:
        asked = json.loads(line)
        work = slicer(asked["batch"], asked["workers"])
        image = Path(asked["image"]).read_bytes()
        started = time.perf_counter_ns()
        boxes, scores, class_ids = work(simplejpeg.decode_jpeg(image, "RGB"))
        seconds = (time.perf_counter_ns() - started) / 1e9
        answer = {
            "seconds": seconds,
            "boxes": boxes.tolist(),
            "scores": scores.tolist(),
            "class_ids": class_ids.tolist(),
        }
        print(json.dumps(answer), file=answers, flush=True)
    answers.flush()
    os._exit(0)  # engines that are torn down at exit have nothing left to save


if __name__ == "__main__":
    main()
