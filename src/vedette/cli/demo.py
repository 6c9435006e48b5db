"""`vedette demo`: real photos classified and searched for objects by real models, with the time of every stage."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli.tables import StreamFormat, note, print_line, print_table
from vedette.errors import SOME_FAILED, UnavailableError

if TYPE_CHECKING:
    from vedette.wiring.demo import Search

_NEXT = (
    "run YOUR_FOLDER --model ssdlite-mobilenet-v2 --output results.jsonl --output annotated:pictures",
    "run YOUR_LARGE_IMAGE.jpg --model nanodet-m-320 --tile 300x300 --tile-overlap 50 --fill overview --batch 8",
    "run YOUR_VIDEO.mp4 --model efficientnet-lite0 --format jsonl",
    "serve",
    "models list",
    "doctor",
)


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for pictures and results.")] = Path("out"),
) -> None:
    """Classify and search real photos with real models and show the time of every stage."""
    from vedette.wiring.demo import CLASSIFIER, DETECTOR, search_mosaic
    from vedette.wiring.process import own_process

    own_process()
    code = _photos(output / "classified", CLASSIFIER)
    try:
        code = max(code, _photos(output / "objects", DETECTOR))
        _print_search(search_mosaic(output, note))
    except UnavailableError as error:  # the detectors need npm, which a machine may not have
        note(f"no objects are searched for: {error.message}\nhelp: {error.help}")
        code = SOME_FAILED
    print_line(f"annotated pictures, results.jsonl and results.csv are in {output}/\n\n{what_next(sys.argv[0])}")
    raise typer.Exit(code)


def what_next(called: str) -> str:
    """Commands to try, as they can be pasted: with the path that was typed where the PATH knows no `vedette`."""
    typed = Path(called).name == "vedette" and shutil.which("vedette") is None
    program = called if typed else "vedette"
    return "\n".join(["what to try next", *(f"  {program} {line}" for line in _NEXT), ""])


def _photos(output: Path, model: str) -> int:
    from vedette.cli.results import Printer, exit_code, print_choice
    from vedette.wiring.demo import prepare_photos
    from vedette.wiring.process import settle_process

    run = prepare_photos(output, model, note)
    settle_process()
    run.warm_up()
    printer = Printer(StreamFormat.TABLE, run.source.count)
    try:
        with printer:
            run.start([printer])
    finally:
        run.close()
    printer.print_summary(run.opened)
    for opened in run.opened:
        if opened.choice is not None and opened.choice.cached:
            print_choice(opened)
    return exit_code(printer.tally)


def _print_search(search: Search) -> None:
    from vedette.cli.results import describe

    rows = [
        (
            f"{one.batch}",
            f"{one.inference_ms:.0f}",
            f"{one.inference_ms / one.tiles:.2f}",
            f"{one.total_ms:.0f}",
            f"{one.objects}",
        )
        for one in search.searched
    ]
    tiles = search.searched[0].tiles
    print_line(f"one image of {search.size} pixels, searched in {tiles} tiles of 300x300: {search.picture}")
    print_table((">mini-batch", ">inference, ms", ">ms a tile", ">with loading, ms", ">objects"), rows)
    print_line("inference: to cut the tiles, predict all and merge; one run each")
    print_line(describe(search.opened) + "\n")
