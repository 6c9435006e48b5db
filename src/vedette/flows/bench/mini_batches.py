"""What a device does with a mini-batch: bytes in, results out, one inference for all of its rows.

    frames -> decode and cut each -> rows of all -> one inference -> outputs of each row -> classes or boxes of each

It is the work of L(b) and W(b): the same code as everywhere makes rows and reads answers, but nothing overlaps with the
next mini-batch. It does not know the device that it runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np

from vedette.clock import Clock
from vedette.errors import InvalidError, UnsupportedError
from vedette.flows.inference.infer import split_outputs
from vedette.flows.inference.postprocess import Answering, Seen, answer
from vedette.flows.inference.preprocess import Intake, Prepared, Preprocess, Row
from vedette.flows.inference.read import Reader
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.values.frame import Frame
from vedette.values.manifest import ModelFormat
from vedette.values.result import Result
from vedette.values.tiling import Tiling
from vedette.values.timeline import Span, Timeline

One = TypeVar("One")
Other = TypeVar("Other")


class MiniBatches:
    """Works through mini-batches of one model, one after the other.

    Args:
        instance: the model.
        tiling: how images are cut; None: not at all.
        threads: that decode the images of a mini-batch; with 1 the caller's own thread does it.
        clock: for the spans.

    Raises:
        UnsupportedError: the model takes no images, or no tiles.
    """

    def __init__(self, instance: Instance, tiling: Tiling | None, threads: int, clock: Clock) -> None:
        manifest = instance.manifest
        if manifest.input is None:
            raise UnsupportedError(
                f"{manifest.name} takes plain tensors: a device works through images",
                help="name a model of images, as `vedette models list` shows them",
            )
        if tiling is not None and not manifest.model_type.is_detector:
            raise UnsupportedError(
                f"tiles are for detectors, {manifest.name} is none", help="leave the tiles out, or take a detector"
            )
        self._instance, self._clock = instance, clock
        self._asked = Answering()
        self._preprocess = Preprocess([Intake(manifest.input, tiling)], keep_pixels=False, clock=clock)
        self._read = Reader(manifest, self._asked.threshold_for(manifest))
        self._threads = ThreadPoolExecutor(threads, "vedette-decode") if threads > 1 else None
        if manifest.model_type.is_detector:
            _bring_boxes()

    def __call__(self, frames: Sequence[Frame]) -> list[Result]:
        """The results of a mini-batch, in its order.

        Raises:
            InvalidError: the engine does not take so many rows at once, or an image cannot be decoded.
            VedetteError: as the engine and the reading of answers do.
        """
        taken = list(self._each(self._taken, frames))
        rows = [row for _, of_image in taken for row in of_image]
        started = self._clock.now_ns()
        outputs = iter(self._inferred(rows))
        span = Span("infer", started, self._clock.now_ns())
        return [
            self._answered(frame, prepared, list(islice(outputs, len(of_image))), span)
            for frame, (prepared, of_image) in zip(frames, taken, strict=True)
        ]

    @property
    def fixed_batch(self) -> int | None:
        """Rows that the graph takes at a time; None: any number, or not known.

        A TorchScript file does not tell: its signature is found by running it, and a device has run nothing yet.
        """
        if self._instance.manifest.format is ModelFormat.TORCHSCRIPT:
            return None
        return self._instance.runtime.signature.fixed_batch

    def close(self) -> None:
        """Let go of the threads and the model."""
        if self._threads is not None:
            self._threads.shutdown()
        self._instance.runtime.close()

    def _each(self, work: Callable[[One], Other], items: Sequence[One]) -> Iterable[Other]:
        return map(work, items) if self._threads is None else self._threads.map(work, items)

    def _taken(self, frame: Frame) -> tuple[Prepared, list[Row]]:
        prepared = self._preprocess(frame)
        return prepared, [prepared.row(0, number) for number in range(len(prepared.places[0]))]

    def _inferred(self, rows: Sequence[Row]) -> Sequence[tuple[Tensor, ...]]:
        batch = rows[0][np.newaxis] if len(rows) == 1 else np.stack(rows)
        manifest = self._instance.manifest
        outputs = self._instance.runtime.infer(batch)
        split = split_outputs(outputs, len(rows), lists=manifest.model_type.is_detector)
        if split is None:
            shapes = ", ".join(str(output.shape) for output in outputs)
            raise InvalidError(
                f"{manifest.name} does not answer {len(rows)} rows at once: its outputs have the shapes {shapes}",
                help="take a mini-batch of 1",
            )
        return split

    def _answered(self, frame: Frame, prepared: Prepared, outputs: Sequence[tuple[Tensor, ...]], span: Span) -> Result:
        placed = prepared.places[0]
        read = [self._read(one, place) for one, place in zip(outputs, placed, strict=True)]
        seen = Seen(frame.source, frame, prepared.size, placed, Timeline((prepared.decode, span)))
        outcome = answer(seen, self._instance, read, self._asked, self._clock).outcome
        assert isinstance(outcome, Result), "an answer is no failure"
        return outcome


def sizes(batch: int, images: int) -> Iterator[int]:
    """The sizes of the mini-batches of so many images; the last one is smaller where they do not divide evenly."""
    for done in range(0, images, batch):
        yield min(batch, images - done)


def found_in(result: Result) -> int:
    """How many answers there are in a result: classes, or boxes."""
    return len(result.detections if result.detections is not None else result.classes or ())


def _bring_boxes() -> None:
    """Import what reads boxes now: the first mini-batch of a loaded process is no measure of Python's imports."""
    import vedette.rules.vision.boxes
    import vedette.rules.vision.detect
    import vedette.rules.vision.merge  # noqa: F401
