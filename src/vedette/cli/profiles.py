"""`vedette profiles`: the profiles that are kept, and how they come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.tables import Format, note, print_json, print_line, print_table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="List, show, export, import and remove profiles.")

Printed = Annotated[Format, typer.Option("--format", help="How to print the answer.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Of a profile, or the start of it.")]


@app.command("list")
def list_profiles(output_format: Printed = Format.TABLE) -> None:
    """List profiles, the oldest first."""
    from vedette.cli.profile_tables import list_row, print_profiles_json
    from vedette.wiring.profiles import home_profiles

    heads = home_profiles().heads()
    profiles = [head.profile for head in heads if head.profile is not None]
    if output_format is Format.JSON:
        print_profiles_json(profiles)
    elif profiles:
        print_table(("id", "model", "device", ">beside", ">batch", "run on"), [list_row(one) for one in profiles])
    else:
        print_line(f"no profile is in {home_profiles().root}: measure one with `vedette profile MODEL`")
    for head in heads:
        if head.problem:
            note(f"{head.id}: {head.problem}")


@app.command("show")
def show(name: Id, output_format: Printed = Format.TABLE) -> None:
    """Show a profile as its measurement printed it."""
    from vedette.cli.profile_tables import print_document, print_profile
    from vedette.wiring.profiles import home_profiles

    profile = home_profiles().get(name)
    if output_format is Format.JSON:
        print_document(profile)
    else:
        print_profile(profile)


@app.command("export")
def export(name: Id, file: Annotated[Path, typer.Argument(metavar="FILE", help="That is written.")]) -> None:
    """Write a profile to a file, for another machine or a colleague."""
    from vedette.wiring import profiles

    profile = profiles.home_profiles().get(name)
    profiles.export(profile, file)
    print_line(f"{profile.id} is in {file}")


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported profile, or one written by hand (YAML).")],
    output_format: Printed = Format.TABLE,
) -> None:
    """Keep a profile out of a file; docs/profiles.md shows how one is written by hand."""
    from vedette.wiring import profiles

    profile = profiles.take_in(file)
    if output_format is Format.JSON:
        print_json({"id": profile.id, "model": profile.profiled.model, "device": profile.profiled.device.name})
    else:
        print_line(f"{profile.id}: {profile.profiled.model} on {profile.profiled.device.name}, {profile.origin}")


@app.command("remove")
def remove(name: Id, output_format: Printed = Format.TABLE) -> None:
    """Forget a profile."""
    from vedette.wiring.profiles import home_profiles

    removed = home_profiles().remove(name)
    if output_format is Format.JSON:
        print_json({"id": removed, "removed": True})
    else:
        print_line(f"{removed} is removed")
