"""What `vedette.plan` may be called with: a program's mistake is told by the name of the argument.

The command line reads texts, and its reader knows what each must be; Python's annotations are not checked by anyone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from vedette.errors import InvalidError

_WHOLE = {"images": 1, "lost": 0, "max_batch": 1, "max_uses": 0, "overlap": 0}
"""Whole numbers, and the least of each."""
_AMOUNTS = ("rate", "probability", "max_cost", "max_energy_wh")
_TEXTS = ("devices", "price")
_PAIRS = ("size", "tile")


def check_arguments(given: Mapping[str, object]) -> None:
    """Types and least values of arguments by name; None is what was not given.

    Raises:
        InvalidError: one is not of its kind.
    """
    for name, value in given.items():
        if value is None:
            continue
        if name in _WHOLE and not (_is_whole(value) and value >= _WHOLE[name]):  # type: ignore[operator]
            raise _refused(name, value, f"give a whole number, {_WHOLE[name]} or more")
        if name in _AMOUNTS and not _is_amount(value):
            raise _refused(name, value, "give a number, 0 or more")
        if name in _TEXTS and not isinstance(value, str):
            raise _refused(name, value, 'give a text, as devices="cpu:1,cpu:1" or price="0.12EUR/h"')
        if name in _PAIRS and not _is_pair(value):
            raise _refused(name, value, f"give {name}=(width, height) in pixels")
        if name == "profiles" and isinstance(value, str | bytes | Path):
            raise _refused(name, value, "give a list, also of one: profiles=[...]")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(map(_is_whole, value))  # noqa: PLR2004 - both


def _refused(name: str, value: object, step: str) -> InvalidError:
    return InvalidError(f"{name}={value!r} cannot be used", help=step)
