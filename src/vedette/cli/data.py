"""`vedette data`: make and describe the image sets that measurements are taken on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.options import finite, named
from vedette.cli.tables import Format, note, print_json, print_line, print_table
from vedette.errors import NOTHING_WORKED, SOME_FAILED, UsageError

if TYPE_CHECKING:
    from vedette.rules.dataset.dimensions import Bin, Measure, Summary
    from vedette.rules.dataset.mosaic import Grid
    from vedette.values.frame import Reject, Size
    from vedette.wiring.data import Made

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make and describe image sets for measurements.")

BAR_WIDTH = 40
MOST_SIDE = 16384
MOST_TILES = 1024
MOST_MOSAICS = 1000

Inputs = Annotated[
    list[str],
    typer.Argument(metavar="INPUT...", help="Image files, folders (with all folders below) and globs."),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to make; images already in it are no INPUT.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace the set in the folder: only files that its manifest.json lists.")
]
Printed = Annotated[Format, typer.Option("--format", help="How to print the answer.")]


@app.command("sample")
def sample(
    inputs: Inputs,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many images to draw.")],
    output: Output,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed and names give the same draw.")] = 0,
    force: Force = False,
    output_format: Printed = Format.TABLE,
) -> None:
    """Copy images drawn at random to a folder, bytes unchanged, with a manifest.json that proves the set."""
    from vedette.wiring import data

    _finish(data.sample(inputs, count=count, seed=seed, output=output, force=force), output_format)


@app.command("resize")
def resize(
    inputs: Inputs,
    size: Annotated[str, typer.Option("--size", metavar="WIDTHxHEIGHT", help="Size to make, as 224x224.")],
    output: Output,
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            metavar="standard|fit_to_window|fit_to_window_letterbox|crop",
            help="Stretch; keep the ratio and pad right and below; pad on all sides; cut out the centre.",
        ),
    ] = "standard",
    quality: Annotated[int, typer.Option("--quality", min=1, max=100, help="JPEG quality.")] = 90,
    image_format: Annotated[str, typer.Option("--image-format", metavar="jpg|png", help="Format to write.")] = "jpg",
    force: Force = False,
    output_format: Printed = Format.TABLE,
) -> None:
    """Write every image at one size to a folder, with a manifest.json that proves the set."""
    from vedette.values.manifest import ResizeType
    from vedette.wiring import data

    recipe = data.Recipe(
        _size(size, "--size"),
        named(ResizeType, mode, "--mode"),
        quality,
        named(data.ImageFormat, image_format, "--image-format"),
    )
    _finish(data.resize(inputs, recipe, output=output, force=force), output_format)


@app.command("mosaic")
def mosaic(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to make.")],
    images: Annotated[int, typer.Option("--images", "-n", min=1, max=MOST_MOSAICS, help="How many to make.")] = 95,
    size: Annotated[str, typer.Option("--size", metavar="WIDTHxHEIGHT", help="Size of each image.")] = "2100x2700",
    tile: Annotated[str, typer.Option("--tile", metavar="WIDTHxHEIGHT", help="Size of its tiles.")] = "300x300",
    spans: Annotated[
        float,
        typer.Option(
            "--spans",
            min=0,
            max=1,
            callback=finite,
            help="Share of the tiles under crops of 2x1 to 3x2 tiles, whose objects cross seams; 0: a crop a tile.",
        ),
    ] = 0.25,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed and photos give the same files.")] = 0,
    photos: Annotated[
        list[str] | None,
        typer.Option(
            "--photos", metavar="INPUT", help="Photos, folders or globs to cut from instead of those shipped."
        ),
    ] = None,
    quality: Annotated[int, typer.Option("--quality", min=1, max=100, help="JPEG quality.")] = 90,
    force: Force = False,
    output_format: Printed = Format.TABLE,
) -> None:
    """Make high-definition test images, each a grid of crops of photos; mosaic.json tells what lies where."""
    from vedette.wiring import mosaics

    grid = _grid(_size(size, "--size"), _size(tile, "--tile"))
    recipe = mosaics.Recipe(images, grid, spans, seed, quality)
    _finish(mosaics.make(photos or [], recipe, output=folder, force=force), output_format)


@app.command("stats")
def stats(inputs: Inputs, output_format: Printed = Format.TABLE) -> None:
    """Print sizes, formats and file sizes of images, read from their headers."""
    from vedette.wiring import data

    summary, rejected = data.stats(inputs)
    if output_format is Format.JSON:
        print_json(_summary_json(summary, rejected))
    else:
        if summary:
            _print_summary(summary)
        _print_rejected(rejected, "unreadable")
    _exit(readable=summary is not None, rejected=rejected)


def _finish(made: Made, output_format: Format) -> None:
    if output_format is Format.JSON:
        print_json({"output": str(made.output), **made.document})
    else:
        print_line(f"{_images(len(made.entries))} in {made.output}")
        print_line(f"sha256 of the set: {made.document['set_sha256']}")
        _print_rejected(made.rejected, "left out")
    _exit(readable=bool(made.entries), rejected=made.rejected)


def _exit(*, readable: bool, rejected: tuple[Reject, ...]) -> None:
    if not readable:
        note("no image could be read")
        raise typer.Exit(NOTHING_WORKED)
    if rejected:
        raise typer.Exit(SOME_FAILED)


def _print_rejected(rejected: tuple[Reject, ...], word: str) -> None:
    if rejected:
        rows = [(reject.source, reject.message, reject.help) for reject in rejected]
        print_table(("image", "why", "help"), rows, title=f"{_images(len(rejected))} {word}")


def _summary_json(summary: Summary | None, rejected: tuple[Reject, ...]) -> dict[str, Any]:
    from dataclasses import asdict

    unreadable = [
        {"source": reject.source, "kind": reject.kind, "message": reject.message, "help": reject.help}
        for reject in rejected
    ]
    if summary is None:
        return {"count": 0, "unreadable": unreadable}
    measures = {measure.name: asdict(measure) for measure in summary.measures}
    for values in measures.values():
        del values["name"]
    return {
        "count": summary.count,
        "formats": dict(summary.formats),
        **measures,
        "distinct_sizes": summary.distinct_sizes,
        "frequent_sizes": [
            {"width": size.width, "height": size.height, "count": count} for size, count in summary.frequent_sizes
        ],
        "unreadable": unreadable,
    }


def _print_summary(summary: Summary) -> None:
    formats = ", ".join(f"{count} {name}" for name, count in summary.formats)
    sizes = "size" if summary.distinct_sizes == 1 else "different sizes"
    print_line(f"{_images(summary.count)} ({formats}), {summary.distinct_sizes} {sizes}\n")
    heads = ("", ">min", ">quartile 1", ">median", ">mean", ">quartile 3", ">max")
    print_table(heads, [_measure_row(measure) for measure in summary.measures])
    frequent = [(str(size), str(count), _share(count, summary.count)) for size, count in summary.frequent_sizes]
    print_table((">size", ">images", ">share"), frequent, title="most frequent sizes")
    for measure in summary.measures[:2]:
        print_table((f">{measure.name}", ">images", ""), _bars(measure.bins), title=f"{measure.name} in pixels")


def _measure_row(measure: Measure) -> tuple[str, ...]:
    values = (measure.min, measure.quartile_1, measure.median, measure.mean, measure.quartile_3, measure.max)
    if measure.name == "file_bytes":
        return ("file size (kB)", *(f"{value / 1e3:,.1f}" for value in values))
    if measure.name in {"width", "height"}:
        return (measure.name, *(f"{value:.0f}" if value == int(value) else f"{value:.1f}" for value in values))
    label = "width / height" if measure.name == "aspect" else measure.name
    return (label, *(f"{value:.3f}" for value in values))


def _bars(bins: tuple[Bin, ...]) -> list[tuple[str, str, str]]:
    """One row a bin; the highest count gives the longest bar, and any count gives some bar."""
    most = max(b.count for b in bins)
    return [(_range(b), str(b.count), "█" * -(-b.count * BAR_WIDTH // most)) for b in bins]


def _range(one: Bin) -> str:
    return f"{one.low:g}" if one.low == one.high else f"{one.low:g} to <{one.high:g}"


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %"


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"


def _size(text: str, option: str) -> Size:
    from vedette.values.frame import Size

    width, _, height = text.lower().partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise UsageError(f"{option} {text} is no size", help=f"write WIDTHxHEIGHT in pixels, as {option} 224x224")
    if not (1 <= int(width) <= MOST_SIDE and 1 <= int(height) <= MOST_SIDE):
        raise UsageError(f"{option} {text} is out of range", help=f"each side takes 1 to {MOST_SIDE} pixels")
    return Size(int(width), int(height))


def _grid(size: Size, tile: Size) -> Grid:
    """The tiles of an image, which must fit it without rest."""
    from vedette.rules.dataset.mosaic import Grid

    columns, across = divmod(size.width, tile.width)
    rows, down = divmod(size.height, tile.height)
    if across or down or not columns or not rows:
        near = f"{max(1, columns) * tile.width}x{max(1, rows) * tile.height}"
        raise UsageError(f"--size {size} is no whole number of tiles of {tile}", help=f"try --size {near}")
    if columns * rows > MOST_TILES:
        raise UsageError(
            f"--size {size} has {columns * rows} tiles of {tile}",
            help=f"an image takes {MOST_TILES} tiles at most: make it smaller, or --tile larger",
        )
    return Grid(columns, rows, tile)
