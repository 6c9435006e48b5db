"""`vedette bench show`: a stored run, its verdict first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.tables import Format, print_json
from vedette.errors import UsageError

if TYPE_CHECKING:
    from vedette.values.run import RunData

RunName = Annotated[
    str,
    typer.Argument(metavar="RUN", help="Id of a run, the start of one, `last`, or a folder."),
]


def show(
    run: RunName,
    percentiles: Annotated[
        str | None,
        typer.Option("--percentiles", metavar="P,P", help="Percentiles to reckon instead of 50,90,95,99,99.9."),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.TABLE,
) -> None:
    """Print a stored run: whether it is valid and why, its figures with intervals, and how it was made."""
    from vedette.wiring.runs import open_run

    wanted = None if percentiles is None else parse_percentiles(percentiles)
    data = open_run(run)
    if output_format is Format.JSON:
        print_json(run_json(data, wanted))
    else:
        print_run(data, wanted)


def print_run(data: RunData, percentiles: Sequence[float] | None = None) -> None:
    """See `bench_tables.print_run`, which is imported only when a run is printed."""
    from vedette.cli.bench_tables import print_run as print_tables

    print_tables(data, percentiles)


def run_json(data: RunData, percentiles: Sequence[float] | None = None) -> dict[str, Any]:
    """See `bench_json.run_json`, which is imported only when a run is printed."""
    from vedette.cli.bench_json import run_json as to_object

    return to_object(data, percentiles)


def parse_percentiles(text: str) -> tuple[float, ...]:
    """The percents of `50,99,99.9`, in order, each once.

    Raises:
        UsageError: one is none, or is not between 0 and 100.
    """
    found = []
    for part in text.split(","):
        try:
            percent = float(part)
        except ValueError:
            percent = float("nan")
        if not 0 < percent < 100:  # noqa: PLR2004 - percent
            raise UsageError(
                f"--percentiles {text}: {part.strip() or 'nothing'} is no percentile",
                help="write numbers between 0 and 100, both excluded: --percentiles 50,99,99.9",
            )
        found.append(percent)
    return tuple(sorted(set(found)))
