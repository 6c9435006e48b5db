"""The library: a model as something that is called.

    import vedette
    model = vedette.load_model("efficientnet-lite0")
    model("cat.jpg").classes[0]          # one image, at once, in the caller's thread
    for result in model.map("photos/"):  # many, through the pipeline, in their order
        ...

Works inside a running event loop (notebooks): nothing here needs one of the caller's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from vedette.clock import SystemClock
from vedette.errors import (
    InvalidError,
    UnsupportedError,
)
from vedette.flows.inference.acquire import identity
from vedette.flows.inference.infer import RowRunner
from vedette.flows.inference.postprocess import Answering, Seen, answer
from vedette.flows.inference.preprocess import Preprocess
from vedette.flows.inference.read import Read, Reader
from vedette.flows.inference.runtime import Runtime
from vedette.rules.candidates import Wish
from vedette.rules.vision.wanted import ids_of
from vedette.values.execution import Execution, Optimise, Plan, Precision, RuntimeName
from vedette.values.frame import Size
from vedette.values.manifest import Manifest
from vedette.values.result import Outcome, Result
from vedette.values.tiling import Fill, Region, Tiling
from vedette.values.timeline import Span, Timeline
from vedette.wiring.images import Image, frame_of, source_of
from vedette.wiring.instances import Opened, open_model
from vedette.wiring.outcomes import Outcomes
from vedette.wiring.stream import Order, RegionOfInterest, build_pipeline, intake_for

Tile = tuple[int, int] | None
"""Width and height of a tile in pixels of the image; None: images are not cut."""

Roi = tuple[int, int, int, int] | None
"""Left, top, width and height of a region of interest in pixels; None: all of the image."""


class Model:
    """A model that is loaded and ready. Close it, or use it as a context, to free its memory early."""

    def __init__(self, opened: Opened, asked: Answering) -> None:
        self._opened = opened
        self._asked = asked
        self._clock = SystemClock()
        self._run = RowRunner(opened.instance, self._clock)
        self._tensor_plan: Runtime | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def manifest(self) -> Manifest:
        """What is known of the model."""
        return self._opened.instance.manifest

    @property
    def execution(self) -> Execution:
        """How it is run."""
        return self._opened.instance.runtime.execution

    def __call__(
        self,
        image: Image,
        *,
        tile: Tile = None,
        overlap: int = 0,
        fill: str | None = None,
        roi: Roi = None,
        batch: int = 8,
    ) -> Result:
        """Run one image in this thread.

        Args:
            image: what is looked at.
            tile: width and height of the tiles that a detector looks at one by one; None: the whole image at once.
            overlap: least overlap of neighbouring tiles in pixels.
            fill: `blank` or `overview`, as `Tiling.fill`.
            roi: the part of the image that is looked at.
            batch: tiles in one inference at most.

        Raises:
            VedetteError: the image cannot be had or decoded; the kind says which.
            ValueError: no such tiling, or a batch below 1.
        """
        self._check_open()
        if batch < 1:
            raise ValueError(f"a batch has at least one tile, got {batch}")
        manifest = self.manifest
        intake = intake_for(manifest, self._tiling(tile, overlap, fill))
        started = self._clock.now_ns()
        frame = frame_of(image)
        acquired = Span("acquire", started, self._clock.now_ns())
        region = _region(roi)
        preprocess = Preprocess([intake], keep_pixels=False, clock=self._clock, region_of=lambda _: region)
        prepared = preprocess(frame)
        read = Reader(manifest, self._asked.threshold_for(manifest), ids_of(self._asked.class_names, manifest))
        (placed,) = prepared.places
        answers: list[Read] = []
        spans: list[Span] = []
        for start in range(0, len(placed), batch):
            numbers = range(start, min(start + batch, len(placed)))
            began = spans[-1].end_ns if spans else prepared.decode.end_ns
            rows = [prepared.row(0, number) for number in numbers]
            cut = Span("preprocess", began, self._clock.now_ns())
            outputs, inferred = self._run(rows)
            answers += [read(_given(output), placed[number]) for output, number in zip(outputs, numbers, strict=True)]
            spans += [cut, inferred, Span("postprocess", inferred.end_ns, self._clock.now_ns())]
        timeline = Timeline((acquired, prepared.decode, *spans))
        seen = Seen(identity(0, frame.source, frame.index), frame, prepared.size, placed, timeline)
        outcome = answer(seen, self._opened.instance, answers, self._asked, self._clock).outcome
        assert isinstance(outcome, Result), "a failure raises"
        return outcome

    def map(
        self,
        images: Image | Iterable[Image],
        *,
        batch: int = 1,
        tile: Tile = None,
        overlap: int = 0,
        fill: str | None = None,
        roi: Roi = None,
    ) -> Iterator[Outcome]:
        """Run many images through the pipeline and give their outcomes in order, while the rest is still running.

        Args:
            images: a folder, pattern, video or address, or any iterable of images; it is read as the results are taken.
            batch: images or tiles in one inference at most.
            tile: width and height of the tiles, as in a call.
            overlap: least overlap of neighbouring tiles in pixels.
            fill: `blank` or `overview`, as in a call.
            roi: the part of every image that is looked at.

        Returns:
            a Result for each image, or a Failure that says why there is none.

        Raises:
            ValueError: no such tiling.
        """
        self._check_open()
        tiling = self._tiling(tile, overlap, fill)
        order = Order((), (self.manifest.name,), batch=batch, asked=self._asked, tiling=tiling, rois=_rois(roi))
        outcomes = Outcomes()
        source = source_of(images)
        threads = self.execution.streams * self.execution.threads
        pipeline = build_pipeline(source, [self._opened.instance], [outcomes], order, threads=threads)
        return outcomes.run(pipeline.run)

    def infer(self, *tensors: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Run the model on its original input tensor, batch first; this plan is compiled at the first call.

        Raises:
            InvalidError: the model does not take such a tensor, or has several inputs.
        """
        self._check_open()
        if len(tensors) != 1:
            raise InvalidError(f"one input tensor is taken, got {len(tensors)}", help="give the image tensor alone")
        if self.manifest.input is None:
            return self._opened.instance.runtime.infer(tensors[0])
        with self._lock:
            if self._tensor_plan is None:
                self._tensor_plan = self._opened.loader.load(self.manifest, self.execution, Plan.TENSOR)
        return self._tensor_plan.infer(tensors[0])

    def close(self) -> None:
        """Free the engine's memory; closing twice does nothing."""
        if self._closed:
            return
        self._closed = True
        self._opened.instance.runtime.close()
        if self._tensor_plan is not None:
            self._tensor_plan.close()

    def _tiling(self, tile: Tile, overlap: int, fill: str | None) -> Tiling | None:
        if tile is None:
            if overlap or fill is not None:
                raise ValueError("overlap and fill belong to tiles: give tile=(width, height)")
            return None
        if not self.manifest.model_type.is_detector:
            raise UnsupportedError(
                f"tiles are for detectors, {self.manifest.name} is none", help="leave tile out, or take a detector"
            )
        return Tiling(Size(*tile), overlap, None if fill is None else Fill(fill))

    def _check_open(self) -> None:
        if self._closed:
            raise InvalidError(f"the model {self.manifest.name} is closed", help="load it again with load_model")

    def __enter__(self) -> Self:
        """The model itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def __repr__(self) -> str:
        return f"<vedette.Model {self.manifest.name} version {self.manifest.version}: {self.execution}>"


def load_model(  # noqa: PLR0913 - the same choices as on the command line
    name: str,
    *,
    runtime: str = "auto",
    precision: str = "auto",
    optimise: str = "latency",
    device: str = "cpu",
    threads: int | None = None,
    top_k: int = 5,
    threshold: float | None = None,
    classes: str | Iterable[str] = (),
) -> Model:
    """Load a model by name; one of the catalogue is pulled first if it is not there.

    Args:
        name: as `vedette models list` shows it.
        runtime: auto, onnxruntime, openvino, torchscript or null.
        precision: auto, fp32, bf16 or fp16.
        optimise: `latency` (one image at a time on all cores) or `throughput` (a batch a core, for `map`).
        device: cpu, cuda:N, tensorrt:N or gpu:N.
        threads: cores to use; all allowed ones unless given.
        top_k: classes of each answer of a classifier.
        threshold: lowest score reported; the model's own unless given.
        classes: the only labels that a detector reports; all unless given.

    Raises:
        VedetteError: the model is not there, or cannot be run as wished.
        ValueError: a name of a runtime, precision or aim that is none.
    """
    names = frozenset([classes] if isinstance(classes, str) else classes)
    wish = Wish(
        None if runtime == "auto" else RuntimeName(runtime),
        None if precision == "auto" else Precision(precision),
        device,
        threads,
        Optimise(optimise),
    )
    return Model(open_model(name, wish, lambda _: None), Answering(top_k, threshold, names))


def _region(roi: Roi) -> Region | None:
    return None if roi is None else Region(roi[0], roi[1], Size(roi[2], roi[3]))


def _rois(roi: Roi) -> tuple[RegionOfInterest, ...]:
    region = _region(roi)
    return () if region is None else (RegionOfInterest(region),)


def _given(output: tuple[NDArray[Any], ...] | Exception) -> tuple[NDArray[Any], ...]:
    if isinstance(output, Exception):
        raise output
    return output
