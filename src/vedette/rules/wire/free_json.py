"""Free JSON that the operator's own code gives: checked and frozen when it comes, plain again when it leaves.

    {"ok": np.True_, "parts": [1, 2]} -> frozen: cannot be changed -> plain -> {"ok": true, "parts": [1, 2]}

What JSON has no word for (NaN, bytes, objects, keys that are no text) is refused with the path to it, so that an answer
never fails on its way out. Integers are those of 64 bits, as encoders write no others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any

import numpy as np

MOST_DEPTH = 32
"""Levels of mappings and lists at most; one that holds itself is found out by it."""

MOST_VALUES = 100_000
"""Values of one tree at most."""

_LOWEST, _HIGHEST = -(2**63), 2**64 - 1


def frozen(tree: Mapping[Any, Any]) -> Mapping[str, Any]:
    """A copy that cannot be changed: mappings are read-only, lists and arrays are tuples, NumPy's numbers Python's.

    Raises:
        ValueError: something in it is no JSON, or there is too much of it; the message names the path, as `a.b[3]`.
    """
    found = _frozen(tree, "", 0, count(1))
    assert isinstance(found, Mapping), "a mapping stays one"
    return found


def plain(tree: Any) -> Any:
    """What an encoder takes: dicts and lists."""
    if isinstance(tree, Mapping):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return [plain(value) for value in tree]
    return tree


def _frozen(value: object, path: str, depth: int, counter: Iterator[int]) -> object:
    if depth > MOST_DEPTH:
        raise ValueError(f"{path[:80]}... is more than {MOST_DEPTH} levels deep")
    if next(counter) > MOST_VALUES:
        raise ValueError(f"there are more than {MOST_VALUES:,} values")
    if isinstance(value, Mapping):
        return MappingProxyType(
            {_key(key, path): _frozen(one, _join(path, key), depth + 1, counter) for key, one in value.items()}
        )
    if isinstance(value, np.ndarray | np.generic):
        value = _listed(value, path)
    if isinstance(value, list | tuple):
        return tuple(_frozen(one, f"{path}[{number}]", depth + 1, counter) for number, one in enumerate(value))
    return _leaf(value, path)


def _leaf(value: object, path: str) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        _check_text(value, path)
        return str(value)
    if isinstance(value, int):
        if not _LOWEST <= value <= _HIGHEST:
            raise ValueError(f"{path} is a number beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path} is {value}")
        return float(value)
    raise ValueError(f"{path} is a {type(value).__name__}")


def _listed(value: np.ndarray[Any, Any] | np.generic[Any], path: str) -> object:
    if value.size > MOST_VALUES:
        raise ValueError(f"{path} has {value.size:,} values, {MOST_VALUES:,} at most")
    return value.tolist()


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise ValueError(f"{path or 'the answer'} has the key {key!r:.80}, which is no text")  # noqa: TRY004 - one kind
    _check_text(key, path)
    return str(key)


def _check_text(text: str, path: str) -> None:
    """A surrogate without its twin cannot be encoded."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{path or 'a key'} holds text that is no Unicode") from error


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
