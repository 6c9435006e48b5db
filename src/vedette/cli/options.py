"""Options that several commands share, from text to values."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from vedette.errors import UsageError
from vedette.rules.candidates import Wish
from vedette.values.execution import Optimise, Precision, RuntimeName

Name = TypeVar("Name", bound=StrEnum)

AUTO = "auto"


def parse_wish(runtime: str, precision: str, optimise: str, device: str, threads: int | None) -> Wish:
    """What `--runtime --precision --optimise --device --threads` say.

    Raises:
        UsageError: a name that is none; the message offers the nearest.
    """
    return Wish(
        None if runtime == AUTO else _named(RuntimeName, runtime, "--runtime", AUTO),
        None if precision == AUTO else _named(Precision, precision, "--precision", AUTO),
        device,
        threads,
        _named(Optimise, optimise, "--optimise"),
    )


def _named(names: type[Name], text: str, option: str, *others: str) -> Name:
    try:
        return names(text)
    except ValueError:
        known = [*others, *names]
        near = get_close_matches(text, known, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"{option} {text} is not known", help=f"{hint}choose from {', '.join(known)}") from None
