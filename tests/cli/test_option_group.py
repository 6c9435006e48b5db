"""Groups of options: each is spelled once, and every command that takes the group has them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from vedette.cli.option_group import spread

Depth = Annotated[int, typer.Option("--depth", "-d", help="How deep.")]


@dataclass(frozen=True, slots=True)
class Inner:
    """Options within a group."""

    depth: Depth = 3
    loud: Annotated[bool, typer.Option("--loud")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """A group that holds another."""

    inner: Inner
    names: Annotated[list[str] | None, typer.Option("--name")] = None


def printed(*words: str) -> str:
    app = typer.Typer()

    @app.command()
    @spread
    def dive(place: Annotated[str, typer.Option()], outer: Outer, again: Annotated[int, typer.Option()] = 1) -> None:
        """Dive somewhere."""
        typer.echo(f"{place} {outer.inner.depth} {outer.inner.loud} {outer.names} {again}")

    return CliRunner().invoke(app, list(words), catch_exceptions=False).output


def test_each_field_is_an_option_and_comes_back_in_its_group() -> None:
    """With short names, flags and lists, as typer reads them."""
    told = printed("--place", "sea", "-d", "9", "--loud", "--name", "a", "--name", "b", "--again", "2")

    assert told == "sea 9 True ['a', 'b'] 2\n"


def test_what_is_not_given_has_the_default_of_its_field() -> None:
    """That of the parameter outside of a group too."""
    assert printed("--place", "sea") == "sea 3 False None 1\n"


def test_help_shows_every_option_and_what_the_command_does() -> None:
    """As for a command without groups."""
    told = printed("--help")

    assert "Dive somewhere." in told
    assert all(option in told for option in ("--place", "--depth", "-d", "How deep.", "--loud", "--name", "--again"))


def test_a_missing_option_is_bad_usage() -> None:
    """typer says so."""
    assert "Missing option '--place'" in printed()


def test_an_option_that_a_group_has_already_is_a_mistake() -> None:
    """Two parameters of one name would hide each other."""

    def twice(depth: Depth, inner: Inner) -> None:
        """Never called."""

    with pytest.raises(ValueError, match="twice has an option twice"):
        spread(twice)
