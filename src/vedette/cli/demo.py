"""`vedette demo`: real photos classified by a real model, with the time of every stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.tables import StreamFormat, note, print_line

_NEXT = """\
what to try next
  vedette run YOUR_FOLDER --model efficientnet-lite0 --output results.jsonl
  vedette run YOUR_VIDEO.mp4 --model efficientnet-lite0 --format jsonl
  vedette models list
  vedette doctor
"""


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for pictures and results.")] = Path("out"),
) -> None:
    """Classify real photos with a real model and show the time of every stage."""
    from vedette.cli.results import Printer, exit_code, print_choice
    from vedette.wiring.demo import prepare_demo
    from vedette.wiring.process import own_process, settle_process

    own_process()
    run = prepare_demo(output, note)
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
    print_line(f"annotated pictures, results.jsonl and results.csv are in {output}/\n\n{_NEXT}")
    raise typer.Exit(exit_code(printer.tally))
