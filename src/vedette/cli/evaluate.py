"""`vedette evaluate`: how right a model is, through the whole pipeline, or how far two models agree."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from vedette.cli.options import finite, parse_boxes, parse_tiling, parse_wish
from vedette.cli.tables import Format, note, print_json
from vedette.errors import NOTHING_WORKED, SOME_FAILED, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.flows.inference.postprocess import Delivery
    from vedette.wiring.evaluate import Asked, Report

_DATA = "What is evaluated"
_CUT = "How images are cut (detectors)"
_BOXES = "Which boxes are kept (detectors)"
_HOW = "How the model is run"


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model by name.")],
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="FILE.json|FOLDER",
            help="Detectors: marked objects in COCO's form. Classifiers: a folder with a folder of images a class.",
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Tell how far it agrees with another model; --data needs no truth then."),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of FILE.json's images; the usual places unless given.", rich_help_panel=_DATA
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="So many images, the same draw each time.", rich_help_panel=_DATA)
    ] = None,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out images that are not there.", rich_help_panel=_DATA)
    ] = False,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL=CATEGORY",
            help="A label of the model that FILE.json calls otherwise; may be repeated.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            callback=finite,
            help="Lowest score that counts. Unless given 0.001 for detectors, 0 for classifiers; with --against each "
            "detector's own.",
        ),
    ] = None,
    max_dets: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            help="Boxes of an image and class that are looked at; may be repeated. 100, with --tile 100 and 500.",
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=1024, help="Images or tiles in one inference at most.")] = 1,
    output_format: Annotated[Format, typer.Option("--format", help="What is printed.")] = Format.TABLE,
    tile: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Cut images in tiles of this size, in pixels, as 300x300. Default: not cut.",
            rich_help_panel=_CUT,
        ),
    ] = None,
    tile_overlap: Annotated[
        int, typer.Option(min=0, help="Least overlap of neighbouring tiles, in pixels.", rich_help_panel=_CUT)
    ] = 0,
    fill: Annotated[
        str | None,
        typer.Option(
            help="overview: the whole image beside its tiles. blank: blank tiles up to a power of 2. Default: neither.",
            rich_help_panel=_CUT,
        ),
    ] = None,
    nms: Annotated[
        str | None,
        typer.Option(
            help="class, agnostic or none: which boxes suppress each other. Default: the model's.",
            rich_help_panel=_BOXES,
        ),
    ] = None,
    iou: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            callback=finite,
            help="IoU above which they do. Default: the model's.",
            rich_help_panel=_BOXES,
        ),
    ] = None,
    candidates: Annotated[
        int | None,
        typer.Option(
            min=1, help="Boxes kept before that, in each tile or image. Default: the model's.", rich_help_panel=_BOXES
        ),
    ] = None,
    max_detections: Annotated[
        int | None,
        typer.Option(
            min=1, help="Boxes kept after that, in each tile or image. Default: the model's.", rich_help_panel=_BOXES
        ),
    ] = None,
    runtime: Annotated[
        str, typer.Option(help="auto, onnxruntime, openvino, torchscript, null.", rich_help_panel=_HOW)
    ] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16, fp16.", rich_help_panel=_HOW)] = "auto",
    optimise: Annotated[str, typer.Option(help="throughput or latency.", rich_help_panel=_HOW)] = "throughput",
    device: Annotated[str, typer.Option(help="cpu, cuda:N, tensorrt:N, gpu:N (Intel).", rich_help_panel=_HOW)] = "cpu",
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Cores to use. Default: all allowed ones.", rich_help_panel=_HOW),
    ] = None,
    max_pixels: Annotated[
        int | None, typer.Option(min=1, help="Images of more pixels are refused before decoding. Default: 100 million.")
    ] = None,
) -> None:
    """Measure a model on images of which the truth is known, or its agreement with another model."""
    wish = parse_wish(runtime, precision, optimise, device, threads)
    tiling = parse_tiling(tile, tile_overlap, fill)
    from vedette.rules.vision.header import PIXEL_LIMIT
    from vedette.wiring.evaluate import Asked
    from vedette.wiring.truths import DataWish

    asked = Asked(
        model,
        DataWish(data, images, limit, skip_missing),
        against,
        wish,
        batch,
        parse_boxes(nms, iou, candidates, max_detections),
        tiling,
        threshold,
        tuple(max_dets or ()),
        _renames(rename or ()),
        max_pixels or PIXEL_LIMIT,
    )
    report = _carry_out(asked)
    if output_format is Format.JSON:
        from vedette.cli.evaluation_json import report_to_object

        print_json(report_to_object(report))
    else:
        from vedette.cli.evaluation_tables import print_report

        print_report(report)
    raise typer.Exit(_exit_code(report))


def _carry_out(asked: Asked) -> Report:
    from vedette.wiring.evaluate import prepare
    from vedette.wiring.process import own_process, settle_process

    own_process()
    evaluation = prepare(asked, note)
    settle_process()
    try:
        with Progress(evaluation.count) as progress:
            return evaluation.carry_out([progress])
    finally:
        evaluation.close()


def _renames(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for (label, equals, category), text in zip(pairs, texts, strict=True):
        if not (label.strip() and equals and category.strip()):
            raise UsageError(f"--rename {text} is no pair", help="write --rename LABEL=CATEGORY")
    return {label.strip(): category.strip() for label, _, category in pairs}


def _exit_code(report: Report) -> int:
    """0 all well, 1 some images failed, 3 nothing worked."""
    failed = len({failure.id for failure in report.failures})
    if not failed:
        return 0
    return SOME_FAILED if failed < report.images else NOTHING_WORKED


class Progress:
    """A sink that moves a bar on standard error, if that is a terminal."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._bar: Any = None
        self._task: Any = None

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`."""
        del delivery
        if self._bar is not None:
            self._bar.advance(self._task)

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`."""

    def __enter__(self) -> Self:
        """Show the bar."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("answers"), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(file=sys.stderr), transient=True)
            self._task = self._bar.add_task("", total=self._count)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
