"""The command `vedette`: the visible list of its commands, and the one place that turns an error into an exit code."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from vedette.cli import bench, data, demo, doctor, evaluate, models, report, run
from vedette.cli.tables import print_error, print_line
from vedette.errors import INTERRUPTED, VedetteError, exit_code

_LOADING = ("run", "evaluate", "demo")
"""Commands that load more modules before they work, and collect garbage from then on."""

app = typer.Typer(
    name="vedette",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(models.app, name="models")
app.add_typer(data.app, name="data")
app.add_typer(bench.app, name="bench")
app.command("report")(report.report)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if wanted:
        from importlib.metadata import version

        print_line(f"vedette {version('vedette')}")
        raise typer.Exit


@app.callback()
def vedette(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Serve your vision model, find the cheapest set-up that meets your deadline, and see it proved."""
    if context.invoked_subcommand not in _LOADING:
        gc.enable()


def main() -> None:
    """Run the command line; errors become a message and an exit code, never a traceback."""
    try:
        app()
    except VedetteError as error:
        print_error(error)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(INTERRUPTED)
