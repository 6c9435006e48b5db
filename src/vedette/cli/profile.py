"""`vedette profile`: what a model takes on a device, over mini-batch and image size."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli.options import finite, parse_duration, parse_memory, parse_tiling, parse_wish
from vedette.cli.profile_options import parse_batches, parse_sizes, parse_width
from vedette.cli.tables import Format, note
from vedette.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.values.profile import Profile
    from vedette.wiring.profile import ProfileAsked, Taken

_OF_PROFILES = ("list", "show", "export", "import", "remove")

_WHAT = "What is measured"
_IMAGES = "The images"
_HOW = "How the model is run"
_LONG = "How long"


def profile(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Models by name.")],
    batch: Annotated[
        str,
        typer.Option(
            metavar="LIST", help="Mini-batches: 1,2,4..64 doubles from 4 on, 1-64 is each.", rich_help_panel=_WHAT
        ),
    ] = "1..64",
    device: Annotated[
        list[str] | None,
        typer.Option(
            metavar="cpu:SHARE",
            help="Cores of the device, as cpu:1 or cpu:0.5; may be repeated. Default: cpu:1.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Memory of the device's process: 1GB, 512MiB. Default: no limit.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    neighbours: Annotated[
        int, typer.Option(min=0, help="Devices that run the same load beside it.", rich_help_panel=_WHAT)
    ] = 0,
    size: Annotated[
        str | None,
        typer.Option(metavar="WxH,...", help="Image sizes in pixels. Default: as they come.", rich_help_panel=_IMAGES),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Images to use; may be repeated. Default: crops of the shipped photos.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    tile: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Cut images in tiles of this size, in pixels. Default: not cut.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    tile_overlap: Annotated[
        int, typer.Option(min=0, help="Least overlap of neighbouring tiles, in pixels.", rich_help_panel=_IMAGES)
    ] = 0,
    fill: Annotated[
        str | None,
        typer.Option(
            help="overview: the whole image beside its tiles. blank: blank tiles up to a power of 2. Default: neither.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    runtime: Annotated[
        str, typer.Option(help="auto, onnxruntime, openvino, torchscript, null.", rich_help_panel=_HOW)
    ] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16, fp16.", rich_help_panel=_HOW)] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, help="Threads of an inference. Default: one for each core begun.", rich_help_panel=_HOW
        ),
    ] = None,
    trials: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Fresh processes for each point; with --few at most.", rich_help_panel=_LONG
        ),
    ] = 3,
    few: Annotated[
        bool,
        typer.Option("--few", help="Measure only where the curve is uncertain.", rich_help_panel=_LONG),
    ] = False,
    width: Annotated[
        str | None,
        typer.Option(
            metavar="P%", help="With --few: how certain every batch must be. Default: 3%.", rich_help_panel=_LONG
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            callback=finite, help="No trial is begun after so many seconds. Default: no limit.", rich_help_panel=_LONG
        ),
    ] = None,
    longest: Annotated[
        str | None,
        typer.Option(
            metavar="T",
            help="A mini-batch that takes longer is the last: 10s. Default: no limit.",
            rich_help_panel=_LONG,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of crops and of the order of trials.", rich_help_panel=_LONG)] = 0,
    output_format: Annotated[Format, typer.Option("--format", help="What is printed.")] = Format.TABLE,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the profile to a file, too.")
    ] = None,
) -> None:
    """Measure load time, W(b), L(b), memory and energy of a model; each trial in a fresh process."""
    _check_models(models)
    wish = parse_wish(runtime, precision, "latency", "cpu", threads)
    tiling = parse_tiling(tile, tile_overlap, fill)
    certain = _few(width, trials, few=few)
    if seconds is not None and seconds <= 0:
        raise UsageError(f"--seconds {seconds:g} leaves no time", help="give it a number above 0")
    names, memory = device or ["cpu:1"], parse_memory(memory_limit, "--memory-limit")
    batches, sizes, longest_s = parse_batches(batch), parse_sizes(size), parse_duration(longest, "--longest")
    _check_output(output, len(models) * len(names))
    from vedette.wiring.profile import ProfileAsked, device_kind

    asked = [
        ProfileAsked(
            model,
            kind,
            wish,
            batches,
            sizes,
            tuple(images or ()),
            tiling,
            neighbours,
            trials,
            certain,
            longest_s,
            seconds,
            seed,
            source=f"vedette {shlex.join(sys.argv[1:])}",
        )
        for kind in [device_kind(name, memory) for name in names]
        for model in models
    ]
    _tell(asked, output_format, output)


def _check_models(models: list[str]) -> None:
    if models[0] in _OF_PROFILES:
        raise UsageError(
            f"`vedette profile {models[0]}` would measure a model of that name",
            help=f"kept profiles are looked at with `vedette profiles {' '.join(models)}`",
        )
    if len(set(models)) < len(models):
        raise UsageError("a model is named twice", help="name each once")


def _few(width: str | None, trials: int, *, few: bool) -> float | None:
    if not few:
        if width is not None:
            raise UsageError("--width is for few samples", help="add --few, or leave --width out")
        return None
    if trials < 2:  # noqa: PLR2004 - a pair
        raise UsageError("--few with --trials 1 never knows how trials differ", help="allow --trials 3")
    return parse_width("3%" if width is None else width)


def _check_output(output: Path | None, count: int) -> None:
    if output is None:
        return
    if count > 1:
        raise UsageError(
            f"--output is one file, {count} profiles are asked for", help="use `vedette profiles export` for each"
        )
    if output.exists():
        raise UsageError(f"{output} is there already", help="name another file, or remove it first")


def _tell(asked: Iterable[ProfileAsked], output_format: Format, output: Path | None) -> None:
    """Each profile is kept, and printed as a table, as soon as it is there."""
    from vedette.cli.profile_tables import print_profile, print_profiles_json
    from vedette.wiring.profiles import export

    taken: list[Taken] = []
    for one in asked:
        done = _taken(one)
        taken.append(done)
        if output_format is Format.TABLE:
            print_profile(done.profile)
        for text in done.notes:
            note(f"note: {text}")
        if output is not None:
            export(done.profile, output)
    if output_format is Format.JSON:
        print_profiles_json([done.profile for done in taken])


def _taken(asked: ProfileAsked) -> Taken:
    from vedette.wiring.profile import ProfileInterrupted, take_profile

    try:
        return take_profile(asked, note)
    except KeyboardInterrupt as stop:
        part = stop.part if isinstance(stop, ProfileInterrupted) else None
        _keep_part(part, f"{asked.model} on {asked.device.name}")
        raise


def _keep_part(part: Profile | None, name: str) -> None:
    """Of a profile that was interrupted; says what is kept, and how to have all of it."""
    from vedette.wiring.profiles import home_profiles

    if part is None:
        note(f"interrupted: nothing of {name} is kept, fewer than two trials were complete; finished profiles are")
        return
    home_profiles().put(part)
    told = f"as profile {part.id}{f' ({part.broken_off})' if part.broken_off else ''}"
    note(f"interrupted: what was complete of {name} is kept {told}")
    note(f"help: for all of it run {part.source}; plans then take that profile")
