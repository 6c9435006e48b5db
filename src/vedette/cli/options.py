"""Options that several commands share, from text to values."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from vedette.errors import UsageError
from vedette.values.execution import Optimise, Precision, RuntimeName

if TYPE_CHECKING:
    from vedette.rules.candidates import Wish

Name = TypeVar("Name", bound=StrEnum)

AUTO = "auto"


def parse_wish(runtime: str, precision: str, optimise: str, device: str, threads: int | None) -> Wish:
    """What `--runtime --precision --optimise --device --threads` say.

    Raises:
        UsageError: a name that is none; the message offers the nearest.
    """
    from vedette.rules.candidates import Wish

    return Wish(
        None if runtime.lower() == AUTO else named(RuntimeName, runtime, "--runtime", AUTO),
        None if precision.lower() == AUTO else named(Precision, precision, "--precision", AUTO),
        device,
        threads,
        named(Optimise, optimise, "--optimise"),
    )


def named(names: type[Name], text: str, option: str, *others: str) -> Name:
    """The value that `text` names, in capitals or not; `others` are words that the option takes beside them.

    Raises:
        UsageError: a name that is none; the message offers the nearest.
    """
    try:
        return names(text.lower())
    except ValueError:
        known = [*others, *names]
        near = get_close_matches(text.lower(), known, 1, 0.4)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"{option} {text} is not known", help=f"{hint}choose from {', '.join(known)}") from None
