"""How commands print: tables for people, JSON for programs; answers on standard output, the rest on standard error."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from vedette.errors import VedetteError

_WIDTH = 79
"""Columns of wrapped text."""


class Format(StrEnum):
    """A table for people, or an array of objects for programs."""

    TABLE = "table"
    JSON = "json"


class StreamFormat(StrEnum):
    """As Format, and one object a line while the work goes on."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """Print rows under column heads; a head that starts with `>` is aligned to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stdout_console().print(table)


def print_line(text: str = "") -> None:
    """Print one line of an answer."""
    sys.stdout.write(text + "\n")


def print_wrapped(text: str, label: str = "") -> None:
    """Print a text in lines of less than 80 columns, the first one after a label, the others below their words."""
    rest = " " * len(label)
    for line in textwrap.wrap(text, _WIDTH, initial_indent=label, subsequent_indent=rest, break_on_hyphens=False):
        print_line(line)


def note(text: str) -> None:
    """Tell something that is not the answer, on standard error; where that cannot be written to, the work goes on."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:  # a full disk, or a reader that has gone; the buffer with what was not written is left behind
        sys.stderr = open(sys.stderr.fileno(), "w", buffering=1, closefd=False, encoding="utf-8")  # noqa: SIM115


def print_error(error: VedetteError) -> None:
    """Print what happened and the next step on standard error."""
    note(f"error: {error.message}\nhelp: {error.help}")


def stdout_console() -> Any:
    """A rich console on today's standard output, wide when it is no terminal so that nothing is folded away."""
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(file=sys.stdout, highlight=False, width=160)
