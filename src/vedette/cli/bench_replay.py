"""`vedette bench replay`: a run once more, the same bytes at the same times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.tables import Format, note


def replay(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id, the start of one, `last`, or a folder.")],
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:VALUE", help="Sent with each request; a run does not record what was sent."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder of the new run; the home folder unless given."),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.TABLE,
) -> None:
    """Measure again what RUN measured: same target, load, seeds and images; other bytes are refused."""
    from vedette.cli.bench_run import finish
    from vedette.rules.bench.address import parse_header
    from vedette.wiring.replaying import replay as again
    from vedette.wiring.runs import open_run

    replayed = again(open_run(run), tuple(parse_header(text) for text in header or ()), output, note)
    if replayed.same_schedule is not None:
        note(f"schedule: {'the same as' if replayed.same_schedule else 'DIFFERS from'} that of {run}")
    finish([replayed.stored], output_format)
