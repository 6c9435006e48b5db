"""A strict file: what is right is read, and every problem is told at once with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from vedette.adapters.config.strict_file import StrictFile
from vedette.errors import NotFoundError, UsageError


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    height: int


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    towers: dict[str, Entry]


TOWERS = StrictFile("tower file", Outer, Entry, "check the path", "write towers, then a name")


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "towers.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_right_file_is_read(tmp_path: Path) -> None:
    """As the schema says."""
    assert TOWERS.read(written(tmp_path, "towers: {a: {height: 3}}")).towers["a"].height == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("towers: {a: {}}", "towers.a.height: missing"),
        ("towers: {a: {height: 3, hight: 3}}", "towers.a.hight: unknown key, did you mean height?"),
        ("tower: {}", "tower: unknown key, did you mean towers?"),
        ("towers: {a: {height: tall}}", "towers.a.height: 'tall': expected a whole number"),
        ("- 1", "holds a list, not keys and values"),
        ("", "is empty"),
        ("{", "is not YAML"),
        (b"\xff", "is not YAML"),
        ("[" * 1000, "is not YAML"),
        ("towers: {a: 2026-99-99}", "is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str | bytes, told: str, tmp_path: Path) -> None:
    """And how it is written."""
    with pytest.raises(UsageError) as caught:
        TOWERS.read(written(tmp_path, text))

    assert told in str(caught.value)
    assert "towers.yaml" in str(caught.value)
    assert caught.value.help == "write towers, then a name"


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """A line each, below their number."""
    with pytest.raises(UsageError, match=r"2 problems\n  .*towers\.a.*\n  .*towers\.b"):
        TOWERS.read(written(tmp_path, "towers: {a: {}, b: {height: x}}"))


def test_what_is_not_there_or_no_file_is_told_as_that(tmp_path: Path) -> None:
    """A folder is there, and is no file."""
    with pytest.raises(NotFoundError, match="no tower file"):
        TOWERS.read(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        TOWERS.read(tmp_path)
