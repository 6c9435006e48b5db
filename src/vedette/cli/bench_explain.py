"""`vedette bench correlate` and `importance`: which features of the machine go with times; associations, not causes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli.bench_compare import AcceptInvalid, Printed, Runs, plain
from vedette.cli.options import named, parse_duration
from vedette.cli.tables import Format, print_json, print_line, print_table

if TYPE_CHECKING:
    from vedette.values.comparison import Correlation, Importances

Top = Annotated[int, typer.Option(min=1, help="How many features to print.")]
_NONE = "-"


def correlate(
    runs: Runs,
    by: Annotated[str, typer.Option(metavar="window|request|run", help="What one pair of values is.")] = "window",
    window: Annotated[str, typer.Option(metavar="TIME", help="Length of a window.")] = "1s",
    metric: Annotated[
        str, typer.Option(metavar="latency|service", help="From the schedule, or from the send.")
    ] = "latency",
    top: Top = 15,
    accept_invalid: AcceptInvalid = False,
    output_format: Printed = Format.TABLE,
) -> None:
    """Correlate every feature of the monitor with the times of requests (Pearson, Spearman; chances after Holm)."""
    from vedette.rules.stats.correlation import correlate as correlated
    from vedette.rules.stats.windows import Row, table
    from vedette.values.comparison import Metric
    from vedette.wiring.comparing import opened

    row, chosen = named(Row, by, "--by"), named(Metric, metric, "--metric")
    data = opened(runs, accept_invalid=accept_invalid)
    found = table(data, row, chosen, parse_duration(window, "--window") or 1.0)
    all_of_them = correlated(found.features, found.target, serial=row is not Row.RUN, groups=found.groups)
    if output_format is Format.JSON:
        print_json({"rows": len(found.target), "features": [plain(asdict(one)) for one in all_of_them]})
    else:
        print_line(f"{len(found.target)} pairs ({row}) of {len(data)} runs, {len(all_of_them)} features")
        _print_correlations(all_of_them[:top], f"with the {chosen} of requests, strongest first")


def importance(
    runs: Runs,
    top: Top = 15,
    seed: Annotated[int, typer.Option(min=0, help="Of the forest.")] = 0,
    accept_invalid: AcceptInvalid = False,
    output_format: Printed = Format.TABLE,
) -> None:
    """Tell which features go with the time of the first request of each RUN: a random forest over many runs."""
    from vedette.rules.stats.importance import importance as ranked
    from vedette.rules.stats.windows import first_requests
    from vedette.wiring.comparing import opened

    found = first_requests(opened(runs, accept_invalid=accept_invalid))
    told = ranked(found.features, found.target, seed=seed)
    if output_format is Format.JSON:
        print_json(plain(asdict(told)))
    else:
        _print_importances(told, top)


def _print_correlations(found: tuple[Correlation, ...], title: str) -> None:
    heads = ("feature", ">pairs", ">worth", ">Pearson", ">p", ">p, Holm", ">Spearman", ">p", ">p, Holm")
    rows = [
        (
            one.name,
            str(one.count),
            f"{one.effective_count:.0f}",
            _coefficient(one.pearson),
            _chance(one.pearson_p),
            _chance(one.pearson_corrected),
            _coefficient(one.spearman),
            _chance(one.spearman_p),
            _chance(one.spearman_corrected),
        )
        for one in found
    ]
    print_table(heads, rows, title=title)
    print_line("an association is no cause; `worth` counts independent pairs after autocorrelation")


def _print_importances(told: Importances, top: int) -> None:
    print_line(told.sentence)
    rows = [(one.name, f"{one.importance:.3f}", f"{one.deviation:.3f}") for one in told.features[:top]]
    print_table(("feature", ">importance", ">standard error"), rows, title="features and the time of the first request")
    print_line(f"{len(told.left_out)} features are left out: not read in every run, or the same in all of them")


def _coefficient(value: float | None) -> str:
    return _NONE if value is None else f"{value:+.3f}"


def _chance(p: float | None) -> str:
    from vedette.rules.stats.wording import chance_words

    return _NONE if p is None else chance_words(p).removeprefix("= ")
