"""What `vedette.plan` may be called with: a program's mistake is told by the name of the argument.

The command line reads texts, and its reader knows what each must be; Python's annotations are not checked by anyone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeGuard

from vedette.errors import InvalidError

_WHOLE = {"images": 1, "lost": 0, "max_batch": 1, "max_uses": 0, "overlap": 0}
"""Whole numbers, and the least of each."""
_AMOUNTS = ("rate", "probability", "max_cost", "max_energy_wh")
_TEXTS = ("devices", "price", "fill")
_TIMES = ("within", "p99", "refresh")
_PAIRS = ("size", "tile")


def check_arguments(given: Mapping[str, object]) -> None:
    """Types and least values of arguments by name; None is what was not given.

    Raises:
        InvalidError: one is not of its kind.
    """
    for name, value in given.items():
        if value is not None:
            _check_number(name, value)
            _check_word(name, value)
            _check_several(name, value)


def _check_number(name: str, value: object) -> None:
    if name in _WHOLE and not (_is_whole(value) and value >= _WHOLE[name]):
        raise _refused(name, value, f"give a whole number, {_WHOLE[name]} or more")
    if name in _AMOUNTS and not _is_amount(value):
        raise _refused(name, value, "give a number, 0 or more")
    if name in _PAIRS and not _is_pair(value):
        raise _refused(name, value, f"give {name}=(width, height) in pixels")


def _check_word(name: str, value: object) -> None:
    if name in _TEXTS and not isinstance(value, str):
        raise _refused(name, value, 'give a text, as devices="cpu:1,cpu:1", price="0.12EUR/h" or fill="blank"')
    if name in _TIMES and not (isinstance(value, str) or _is_number(value)):
        raise _refused(name, value, f'give {name}="20s", or seconds')
    if name == "images_from" and not isinstance(value, str | Path):
        raise _refused(name, value, "give the folder of your images, as a text or a Path")
    if name == "profile_first" and not isinstance(value, bool):
        raise _refused(name, value, "give True or False")


def _check_several(name: str, value: object) -> None:
    """`model` may be one text, `profiles` holds texts and paths, `one_of` texts and lists of them."""
    if name == "profiles" and (isinstance(value, str | bytes | Path) or not isinstance(value, Iterable)):
        raise _refused(name, value, "give a list, also of one: profiles=[...]")
    if name == "model" and not (isinstance(value, str) or _is_texts(value)):
        raise _refused(name, value, 'give a name, or a list of names: model=["a", "b"]')
    if name == "one_of" and not (
        isinstance(value, list | tuple) and all(isinstance(one, str) or _is_texts(one) for one in value)
    ):
        raise _refused(name, value, 'give a list of groups: one_of=["a", ["b", "c"]]')


def _is_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_amount(value: object) -> bool:
    return _is_number(value) and math.isfinite(value) and value >= 0


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(map(_is_whole, value))  # noqa: PLR2004 - both


def _refused(name: str, value: object, step: str) -> InvalidError:
    return InvalidError(f"{name}={value!r} cannot be used", help=step)
