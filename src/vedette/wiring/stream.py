"""The command `vedette run`: from inputs through models to outputs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from vedette.adapters.probes.host import probe_host
from vedette.adapters.sinks.crops import CropsSink
from vedette.adapters.sinks.csv import CsvSink
from vedette.adapters.sinks.images import ImagesSink
from vedette.adapters.sinks.jsonl import JsonLinesSink
from vedette.adapters.sources.inputs import InputSource, parse_inputs
from vedette.clock import SystemClock
from vedette.errors import UnsupportedError, UsageError
from vedette.flows.inference.acquire import Source
from vedette.flows.inference.deliver import Sink
from vedette.flows.inference.pipeline import Pipeline, Settings
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.preprocess import Intake, Preprocess
from vedette.flows.inference.runtime import Instance
from vedette.rules.candidates import Wish
from vedette.rules.threads import usable_cores
from vedette.rules.vision.header import PIXEL_LIMIT
from vedette.rules.vision.wanted import ids_of
from vedette.values.manifest import DetectorSpec, Manifest, Suppression
from vedette.values.tiling import Region, Tiling
from vedette.wiring.instances import Opened, find_manifest, open_manifest

_ANNOTATED = "annotated"
_CROPS = "crops"


@dataclass(frozen=True, slots=True)
class BoxSettings:
    """What the user changes of a detector's manifest; None leaves it."""

    nms: Suppression | None = None
    iou_threshold: float | None = None
    max_candidates: int | None = None
    max_detections: int | None = None

    def apply(self, spec: DetectorSpec) -> DetectorSpec:
        """The spec with these changes."""
        return replace(spec, **{key: value for key, value in asdict(self).items() if value is not None})


@dataclass(frozen=True, slots=True)
class RegionOfInterest:
    """The part of an image that is looked at, for the sources whose name fits a shell pattern."""

    region: Region
    pattern: str = "*"


class RegionsOfInterest:
    """Finds the region of a source's images, and remembers which patterns were of use."""

    def __init__(self, rois: Sequence[RegionOfInterest]) -> None:
        self._rois = rois
        self._used: set[RegionOfInterest] = set()

    def __call__(self, source: str) -> Region | None:
        """The region of the first pattern that the source's name fits; None: all of the image."""
        for roi in self._rois:
            if fnmatchcase(source, roi.pattern):
                self._used.add(roi)
                return roi.region
        return None

    def unused(self) -> tuple[RegionOfInterest, ...]:
        """Those that no image asked for."""
        return tuple(roi for roi in self._rois if roi not in self._used)


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is asked to do.

    Attributes:
        inputs: files, folders, patterns, addresses, `synthetic://`, `-`.
        models: names; each sees every image, which is decoded once.
        wish: how to run them.
        batch: images or tiles in one inference at most.
        asked: what every answer holds; the pictures that `outputs` need are added to it.
        boxes: how the boxes of detectors are sorted out, where it differs from their manifests.
        outputs: `x.jsonl`, `x.csv`, `annotated:DIR`, `crops:DIR`.
        pixel_limit: larger images are refused before they are decoded.
        tiling: how images are cut for detectors; None: not at all.
        rois: the regions of interest, by patterns of sources; the first that matches holds.
    """

    inputs: tuple[str, ...]
    models: tuple[str, ...]
    wish: Wish = Wish()  # noqa: RUF009 - a frozen value
    batch: int = 1
    asked: Answering = Answering()  # noqa: RUF009 - a frozen value
    boxes: BoxSettings = BoxSettings()
    outputs: tuple[str, ...] = ()
    pixel_limit: int = PIXEL_LIMIT
    tiling: Tiling | None = None
    rois: tuple[RegionOfInterest, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is ready to start."""

    source: InputSource
    opened: tuple[Opened, ...]
    order: Order
    regions: RegionsOfInterest = field(default_factory=lambda: RegionsOfInterest(()))

    def warm_up(self) -> None:
        """Run every stream of every model once on a black picture, so that the first image finds them ready."""
        for opened in self.opened:
            spec, runtime = opened.instance.manifest.input, opened.instance.runtime
            if spec is not None:
                black = np.zeros((1, spec.size.height, spec.size.width, spec.channels), np.uint8)
                with ThreadPoolExecutor(runtime.execution.streams) as threads:
                    list(threads.map(runtime.infer, [black] * runtime.execution.streams))

    def start(self, sinks: Sequence[Sink]) -> None:
        """Carry the order out, with more sinks beside those that it names; blocks until the inputs end.

        Raises:
            VedetteError: a sink cannot go on.
            KeyboardInterrupt: interrupted; what was delivered until then is safe.
        """
        instances = [opened.instance for opened in self.opened]
        with ExitStack() as opening:  # where one output cannot be opened, the others leave nothing behind
            named = []
            for output in self.order.outputs:
                named.append(open_sink(output, several_models=len(self.opened) > 1))
                opening.callback(named[-1].close, complete=False)
            every = [*named, *sinks]
            threads, regions = self.order.wish.threads, self.regions
            pipeline = build_pipeline(self.source, instances, every, self.order, threads=threads, regions=regions)
            opening.pop_all()  # from here on the pipeline closes them
        asyncio.run(pipeline.run())

    def close(self) -> None:
        """Free the engines."""
        for opened in self.opened:
            opened.instance.runtime.close()


def build_pipeline(
    source: Source,
    instances: Sequence[Instance],
    sinks: Sequence[Sink],
    order: Order,
    *,
    threads: int | None = None,
    regions: RegionsOfInterest | None = None,
) -> Pipeline:
    """The pipeline of an order on this machine; frames are decoded by as many threads as inference uses.

    Raises:
        UsageError, UnsupportedError: a model cannot do what the order asks for.
    """
    clock = SystemClock()
    instances = [_settled(instance, order) for instance in instances]
    asked = order.asked
    asked = replace(
        asked,
        picture=asked.picture or _names(order.outputs, _ANNOTATED),
        crops=asked.crops or _names(order.outputs, _CROPS),
    )
    preprocess = Preprocess(
        [intake_for(instance.manifest, order.tiling) for instance in instances],
        asked.picture or asked.crops,
        clock,
        pixel_limit=order.pixel_limit,
        region_of=regions or RegionsOfInterest(order.rois),
    )
    class_ids = [ids_of(asked.class_names, instance.manifest) for instance in instances]
    settings = Settings(order.batch, threads or usable_cores(probe_host()), asked, class_ids)
    return Pipeline(source, instances, sinks, preprocess, settings, clock)


def intake_for(manifest: Manifest, tiling: Tiling | None) -> Intake:
    """What a model takes of an image; only detectors look at tiles.

    Raises:
        UnsupportedError: it takes no images.
    """
    if manifest.input is None:
        raise UnsupportedError(
            f"{manifest.name} takes plain tensors, not images", help="call it with Model.infer(array)"
        )
    return Intake(manifest.input, tiling if manifest.model_type.is_detector else None)


def _settled(instance: Instance, order: Order) -> Instance:
    """The instance with the order's box settings in its manifest."""
    spec = instance.manifest.detector
    if spec is None:
        return instance
    return replace(instance, manifest=replace(instance.manifest, detector=order.boxes.apply(spec)))


def _names(outputs: Sequence[str], kind: str) -> bool:
    return any(output.startswith(f"{kind}:") for output in outputs)


def prepare(order: Order, say: Callable[[str], None]) -> Run:
    """Check the order and load its models.

    Raises:
        VedetteError: an input or output of no known kind, a model that is not there or cannot be run as wished.
    """
    source = parse_inputs(order.inputs)
    for output in order.outputs:
        check_output(output)
    manifests = [find_manifest(name, say) for name in dict.fromkeys(order.models)]
    _check_tasks(manifests, order)
    for manifest in manifests:
        ids_of(order.asked.class_names, manifest)
    opened = tuple(open_manifest(manifest, order.wish, say) for manifest in manifests)
    return Run(source, opened, order, RegionsOfInterest(order.rois))


def _check_tasks(manifests: Sequence[Manifest], order: Order) -> None:
    """Raise a UsageError where the order asks for what only a detector does and there is none."""
    if any(manifest.model_type.is_detector for manifest in manifests):
        return
    asked = {
        "--tile": order.tiling is not None,
        "--output crops:": _names(order.outputs, _CROPS),
        "--classes": bool(order.asked.class_names),
        "--nms, --iou, --candidates or --max-detections": order.boxes != BoxSettings(),
    }
    for option, given in asked.items():
        if given:
            names = ", ".join(manifest.name for manifest in manifests)
            raise UsageError(
                f"{option} is for detectors, {names} is none", help="`vedette models list` shows detectors"
            )


def check_output(output: str) -> None:
    """Raise a UsageError if no sink is meant by `output`."""
    kind, colon, rest = output.partition(":")
    if (colon and kind in (_ANNOTATED, _CROPS) and rest) or Path(output).suffix in (".jsonl", ".csv"):
        return
    raise UsageError(
        f"no output of this kind: {output!r}", help="write NAME.jsonl, NAME.csv, annotated:FOLDER or crops:FOLDER"
    )


def open_sink(output: str, *, several_models: bool) -> Sink:
    """The sink that `output` names."""
    check_output(output)
    kind, colon, rest = output.partition(":")
    if colon and kind == _ANNOTATED:
        return ImagesSink(Path(rest), several_models=several_models)
    if colon and kind == _CROPS:
        return CropsSink(Path(rest), several_models=several_models)
    return JsonLinesSink(Path(output)) if output.endswith(".jsonl") else CsvSink(Path(output))
