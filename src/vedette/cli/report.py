"""`vedette report`: one HTML file that shows what stored runs found, and what it is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.tables import print_line


def report(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="Runs to show: ids, their unique beginnings, folders, or last."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="HTML file to write; one that is there is replaced.")
    ] = Path("report.html"),
    prices: Annotated[
        Path | None,
        typer.Option("--prices", metavar="FILE", help="Price file (YAML): adds cost and energy. Needs --device."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device", metavar="NAME", help="Device of the price file; alone, of the sample that is shipped."
        ),
    ] = None,
) -> None:
    """Write one HTML file that shows runs and needs no network; the first run is compared with the others."""
    from vedette.wiring.reports import Pricing, write_report

    pricing = Pricing(prices, device) if prices is not None or device is not None else None
    written = write_report(runs, output, pricing)
    for run, valid in written.runs:
        print_line(f"{run}: {'VALID' if valid else 'INVALID'}")
    print_line(f"{written.output} ({written.size_bytes / 1e3:,.0f} kB)")
