"""`vedette bench compare`: which of several stored runs is faster, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.options import named
from vedette.cli.tables import Format, print_json
from vedette.errors import SOME_FAILED, UsageError

if TYPE_CHECKING:
    from vedette.rules.stats.compared import Compared

Runs = Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids of runs, or their folders.")]
AcceptInvalid = Annotated[
    bool, typer.Option("--accept-invalid", help="Use runs whose verdict is INVALID too, and say so.")
]
Printed = Annotated[Format, typer.Option("--format", help="How to print the answer.")]


def compare(
    runs: Runs,
    metric: Annotated[
        str, typer.Option(metavar="latency|service|throughput", help="From the schedule, from the send, or answers/s.")
    ] = "latency",
    centre: Annotated[
        str, typer.Option(metavar="mean|median", help="What stands for the times of a repeat, on a log scale.")
    ] = "mean",
    feature: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Test what the monitor read of this feature too; may be repeated."),
    ] = None,
    fail_if_slower: Annotated[
        str | None,
        typer.Option(
            "--fail-if-slower",
            metavar="PERCENT",
            help="Exit 1 if a later run is shown slower than the first by more: its 95 % interval lies above.",
        ),
    ] = None,
    round_df: Annotated[
        bool, typer.Option("--round-df", help="Round Welch's degrees of freedom as spreadsheets do.")
    ] = False,
    accept_invalid: AcceptInvalid = False,
    output_format: Printed = Format.TABLE,
) -> None:
    """Hold the first RUN against each other one; a verdict needs repeats that were interleaved.

    "A is faster than B by 5 %" says that B takes 1.05 times the time of A, or A answers 1.05 times as many.
    """
    from vedette.rules.stats.compared import compared
    from vedette.values.comparison import Centre, Metric
    from vedette.wiring.comparing import opened_to_compare

    if len(runs) < 2:  # noqa: PLR2004 - a comparison has two sides
        raise UsageError(f"there is nothing to compare {runs[0]} with", help="name two runs: vedette bench compare A B")
    chosen, middle = named(Metric, metric, "--metric"), named(Centre, centre, "--centre")
    limit = None if fail_if_slower is None else parse_percent(fail_if_slower, "--fail-if-slower")
    found = compared(
        opened_to_compare(runs, accept_invalid=accept_invalid),
        chosen,
        middle,
        features=tuple(feature or ()),
        limit=limit,
        round_df=round_df,
    )
    if output_format is Format.JSON:
        print_json(compared_json(found))
    else:
        from vedette.cli.bench_compare_tables import print_compared

        print_compared(found)
    if any(found.shown_slower):
        raise typer.Exit(SOME_FAILED)


def parse_percent(text: str, option: str) -> float:
    """A share out of `5%`.

    Raises:
        UsageError: it is none, or below 0.
    """
    number, sign, rest = text.strip().partition("%")
    try:
        value = float(number) / 100
    except ValueError:
        value = math.nan
    if not sign or rest or not math.isfinite(value) or value < 0:
        raise UsageError(f"{option} {text} is no percentage", help=f"write a number and %, as {option} 5%")
    return value


def compared_json(found: Compared) -> dict[str, Any]:
    """A comparison for programs; numbers that are not finite are null."""
    from vedette.rules.stats.wording import sentence

    return {
        "comparisons": [
            {
                "verdict": one.word.value,
                "sentence": sentence(one),
                "shown_slower": slower if found.limit is not None else None,
                **plain(asdict(one)),
            }
            for one, slower in zip(found.comparisons, found.shown_slower, strict=True)
        ],
        "fail_if_slower": found.limit,
        "invalid": list(found.invalid),
        "tests": [{"first": one.first, "second": one.second, **plain(asdict(one.tests))} for one in found.tests],
        "not_tested": list(found.untested),
    }


def plain(value: Any) -> Any:
    """A value as JSON can hold it: no infinity, no NaN."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
