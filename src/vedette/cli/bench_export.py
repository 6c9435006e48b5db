"""`vedette bench export`: a stored run for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.bench_show import RunName
from vedette.cli.tables import print_line

app = typer.Typer(no_args_is_help=True, help="Write a stored run for other tools.")


@app.command("csv")
def export_csv(
    run: RunName,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the files; it is made.")],
) -> None:
    """Write requests.csv, samples.csv (if the run was monitored) and summary.csv."""
    from vedette.wiring.exporting import export_csv as write
    from vedette.wiring.runs import open_run

    for file in write(open_run(run), output):
        print_line(str(file))


@app.command("wandb")
def export_wandb(
    run: RunName,
    offline: Annotated[
        bool, typer.Option("--offline", help="Send nothing: write a folder that `wandb sync` sends later.")
    ] = False,
    project: Annotated[str, typer.Option("--project", help="Project at Weights & Biases.")] = "vedette",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Where wandb writes; else $WANDB_DIR, else the home folder."
        ),
    ] = None,
) -> None:
    """Hand spec, environment and figures of a run to Weights & Biases."""
    import os

    from vedette.wiring.exporting import export_wandb as hand_over
    from vedette.wiring.runs import open_run

    quiet = offline or os.environ.get("WANDB_MODE") == "offline"
    kept = hand_over(open_run(run), project=project, folder=output, offline=quiet)
    print_line(str(kept))
    if quiet:
        print_line(f"nothing was sent; send it with: wandb sync {kept}")
