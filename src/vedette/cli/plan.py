"""`vedette plan`: from measurements to what to run where, and back to a measurement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.plan_beside import beside
from vedette.cli.plan_idle import idle
from vedette.cli.plan_job import budget, deadline, model
from vedette.cli.plan_rate import rate
from vedette.cli.plan_verify import apply, calibration, verify
from vedette.cli.tables import Format, note, print_json, print_line

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Find what to run where so that a deadline or a rate is met, and see it proved.",
)

Printed = Annotated[Format, typer.Option("--format", help="How to print the answer.")]

app.command()(deadline)
app.command()(budget)
app.command()(model)
app.command()(beside)
app.command()(rate)
app.command()(idle)


@app.command("list")
def list_plans(output_format: Printed = Format.TABLE) -> None:
    """List the plans that are kept, the oldest first."""
    from vedette.wiring import plan as wiring

    plans, problems = wiring.list_plans()
    for problem in problems:
        note(f"note: {problem}")
    if output_format is Format.JSON:
        from vedette.cli.plan_json import head_json

        print_json([head_json(one) for one in plans])
    elif plans:
        from vedette.cli.plan_list import print_plan_list

        print_plan_list(plans)
    else:
        print_line("no plan is kept: make one with `vedette plan deadline`")


@app.command()
def show(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Id, the start of one, `last`, or a file.")],
    output_format: Printed = Format.TABLE,
) -> None:
    """Show a plan that is kept."""
    from vedette.cli.plan_answer import shown
    from vedette.wiring.plan_verify import open_plan

    shown(open_plan(plan), output_format)


@app.command()
def report(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Id, the start of one, `last`, or a file.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="HTML file to write; one that is there is replaced.")
    ] = Path("plan.html"),
    profile: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Given profile that is not kept; may be repeated.")
    ] = None,
) -> None:
    """Write one HTML file that shows a plan: curves, devices over time, other deadlines, measured beside predicted."""
    from vedette.wiring.plan_report import write_plan_report
    from vedette.wiring.plan_store import read_profiles
    from vedette.wiring.plan_verify import open_plan

    size_bytes = write_plan_report(open_plan(plan), output, read_profiles(profile or []))
    print_line(f"{output} ({size_bytes / 1e3:,.0f} kB)")


app.command()(verify)
app.command()(calibration)
app.command()(apply)
