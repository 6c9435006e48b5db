"""`vedette bench`: the list of its commands."""

from __future__ import annotations

import typer

from vedette.cli import (
    bench_compare,
    bench_cost,
    bench_explain,
    bench_export,
    bench_features,
    bench_list,
    bench_replay,
    bench_run,
    bench_show,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Measure any image service or model under load, and keep the evidence.",
)
app.command("run")(bench_run.run)
app.command("show")(bench_show.show)
app.command("compare")(bench_compare.compare)
app.command("list")(bench_list.list_runs)
app.command("replay")(bench_replay.replay)
app.command("cost")(bench_cost.cost)
app.command("correlate")(bench_explain.correlate)
app.command("importance")(bench_explain.importance)
app.command("features")(bench_features.features)

export = typer.Typer(no_args_is_help=True, help="Give a run to other tools.")
export.command("csv")(bench_export.export_csv)
export.command("wandb")(bench_export.export_wandb)
app.add_typer(export, name="export")
