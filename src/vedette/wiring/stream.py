"""The command `vedette run`: from inputs through models to outputs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vedette.adapters.probes.host import probe_host
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
from vedette.flows.inference.preprocess import Preprocess
from vedette.flows.inference.runtime import Instance
from vedette.rules.candidates import Wish
from vedette.rules.threads import usable_cores
from vedette.rules.vision.header import PIXEL_LIMIT
from vedette.wiring.instances import Opened, open_model

_ANNOTATED = "annotated"


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is asked to do.

    Attributes:
        inputs: files, folders, patterns, addresses, `synthetic://`, `-`.
        models: names; each sees every image, which is decoded once.
        wish: how to run them.
        batch: images in one inference at most.
        asked: what every answer holds.
        outputs: `x.jsonl`, `x.csv`, `annotated:DIR`.
        pixel_limit: larger images are refused before they are decoded.
    """

    inputs: tuple[str, ...]
    models: tuple[str, ...]
    wish: Wish = Wish()  # noqa: RUF009 - a frozen value
    batch: int = 1
    asked: Answering = Answering()  # noqa: RUF009 - a frozen value
    outputs: tuple[str, ...] = ()
    pixel_limit: int = PIXEL_LIMIT


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is ready to start."""

    source: InputSource
    opened: tuple[Opened, ...]
    order: Order

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
        order = self.order
        pictures = any(output.startswith(f"{_ANNOTATED}:") for output in order.outputs)
        named = [open_sink(output, several_models=len(self.opened) > 1) for output in order.outputs]
        instances = [opened.instance for opened in self.opened]
        pipeline = build_pipeline(
            self.source, instances, [*named, *sinks], order, keep_pixels=pictures, threads=order.wish.threads
        )
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
    keep_pixels: bool,
    threads: int | None = None,
) -> Pipeline:
    """The pipeline of an order on this machine; frames are decoded by as many threads as inference uses."""
    clock = SystemClock()
    inputs = [instance.manifest.input for instance in instances]
    for instance in instances:
        if instance.manifest.input is None:
            raise UnsupportedError(
                f"{instance.manifest.name} takes plain tensors, not images", help="call it with Model.infer(array)"
            )
    preprocess = Preprocess(
        [spec for spec in inputs if spec is not None], keep_pixels, clock, pixel_limit=order.pixel_limit
    )
    settings = Settings(order.batch, threads or usable_cores(probe_host()), order.asked)
    return Pipeline(source, instances, sinks, preprocess, settings, clock)


def prepare(order: Order, say: Callable[[str], None]) -> Run:
    """Check the order and load its models.

    Raises:
        VedetteError: an input or output of no known kind, a model that is not there or cannot be run as wished.
    """
    source = parse_inputs(order.inputs)
    for output in order.outputs:
        check_output(output)
    opened = tuple(open_model(name, order.wish, say) for name in dict.fromkeys(order.models))
    return Run(source, opened, order)


def check_output(output: str) -> None:
    """Raise a UsageError if no sink is meant by `output`."""
    kind, colon, rest = output.partition(":")
    if (colon and kind == _ANNOTATED and rest) or Path(output).suffix in (".jsonl", ".csv"):
        return
    raise UsageError(f"no output of this kind: {output!r}", help="write NAME.jsonl, NAME.csv or annotated:FOLDER")


def open_sink(output: str, *, several_models: bool) -> Sink:
    """The sink that `output` names."""
    check_output(output)
    kind, colon, rest = output.partition(":")
    if colon and kind == _ANNOTATED:
        return ImagesSink(Path(rest), several_models=several_models)
    return JsonLinesSink(Path(output)) if output.endswith(".jsonl") else CsvSink(Path(output))
