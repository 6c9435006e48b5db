"""`vedette bench list`: the runs that are kept."""

from __future__ import annotations

from typing import Annotated

import typer

from vedette.cli.tables import Format, print_json, print_line


def list_runs(
    output_format: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.TABLE,
) -> None:
    """List stored runs, the oldest first."""
    from vedette.cli.bench_rows import head_json, print_heads
    from vedette.wiring import runs

    heads = runs.list_runs()
    if output_format is Format.JSON:
        print_json([head_json(head) for head in heads])
    elif heads:
        print_heads(heads)
    else:
        print_line(f"no run is in {runs.home_runs()}: measure one with `vedette bench run`")
