"""`vedette run`: images in, results out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli.options import finite, parse_boxes, parse_classes, parse_rois, parse_tiling, parse_wish
from vedette.cli.tables import StreamFormat, note

if TYPE_CHECKING:
    from vedette.cli.results import Printer
    from vedette.wiring.stream import Run

_HOW = "How the model is run"
_CUT = "How images are cut (detectors)"
_BOXES = "Which boxes are reported (detectors)"


def run(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files, folders, quoted patterns, videos, http(s)://, synthetic://640x480?count=10, or - for stdin.",
        ),
    ],
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="A model by name; several see each image, which is decoded once."),
    ],
    batch: Annotated[int, typer.Option(min=1, max=1024, help="Images or tiles in one inference at most.")] = 1,
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="Classes of each image (classifiers).")] = 5,
    threshold: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, callback=finite, help="Lowest score reported. Default: the model's."),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DEST",
            help="NAME.jsonl, NAME.csv, annotated:FOLDER or crops:FOLDER; may be repeated.",
        ),
    ] = None,
    output_format: Annotated[StreamFormat, typer.Option("--format", help="What is printed.")] = StreamFormat.TABLE,
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
    roi: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[PATTERN=]LEFT,TOP,WIDTH,HEIGHT",
            help="The part of the images that is looked at, in pixels; may be repeated for patterns of sources.",
            rich_help_panel=_CUT,
        ),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(metavar="LABEL,LABEL", help="Only these labels. Default: all.", rich_help_panel=_BOXES)
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
    profile_start: Annotated[bool, typer.Option("--profile-start", help="Show where the start goes.")] = False,
) -> None:
    """Run models on images: classes or objects, any number of images, from anywhere, with the time of every stage."""
    from vedette.cli.startup import StartProfile

    profile = StartProfile("python and command line")
    wish = parse_wish(runtime, precision, optimise, device, threads)
    tiling = parse_tiling(tile, tile_overlap, fill)
    from vedette.cli.results import Printer, exit_code
    from vedette.flows.inference.postprocess import Answering
    from vedette.rules.vision.header import PIXEL_LIMIT
    from vedette.wiring.process import own_process, settle_process
    from vedette.wiring.stream import Order, prepare

    own_process()
    profile.mark("libraries")
    order = Order(
        tuple(inputs),
        tuple(model),
        wish,
        batch,
        Answering(top_k, threshold, parse_classes(classes)),
        parse_boxes(nms, iou, candidates, max_detections),
        tuple(output or ()),
        max_pixels or PIXEL_LIMIT,
        tiling,
        parse_rois(roi or ()),
    )
    started = prepare(order, note)
    settle_process()
    profile.mark("models loaded")
    printer = Printer(output_format, started.source.count)
    try:
        _carry_out(started, printer)
    finally:
        started.close()
    profile.mark("run")
    if profile_start:
        profile.print()
    raise typer.Exit(exit_code(printer.tally))


def _carry_out(started: Run, printer: Printer) -> None:
    with printer:
        started.start([printer])
    printer.print_summary(started.opened)
    for roi in started.regions.unused():
        note(f"note: no image's name fits --roi {roi.pattern}={roi.region}")
