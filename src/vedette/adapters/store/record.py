"""Frozen values as plain JSON data, and back: types decide, and every complaint names its place.

    Load(kind=LoadKind.CLOSED, clients=4, ...)  <->  {"kind": "closed", "clients": 4, ...}

Dataclasses are objects, tuples are arrays, enumerations are their words, None is null. Numbers keep every digit. JSON
has no NaN and no infinity: where a type allows None they become null, elsewhere they are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Value = TypeVar("Value")
_Reader = Callable[[Any, str], Any]


class RecordError(ValueError):
    """Data that does not fit its type; the text is `place: what is wrong`."""


def to_data(value: Any, place: str = "") -> Any:
    """A value as objects, arrays, words and numbers.

    Raises:
        RecordError: a number that is not finite stands where None is not allowed.
    """
    return _to_data(type(value), value, place)


def from_data(kind: type[Value], data: Any, place: str = "") -> Value:
    """The value of a type that `data` describes. Fields with a default may be missing; unknown ones may not be there.

    Raises:
        RecordError: something is missing, unknown, or of another type, or the value refuses its figures.
    """
    asked: Any = kind
    return cast("Value", _reader(asked)(data, place))


# --- out --------------------------------------------------------------------------------------------------------------


def _to_data(kind: Any, value: Any, place: str) -> Any:
    if _allows_none(kind) and (value is None or _is_not_finite(value)):
        return None
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return {
            field.name: _to_data(hints[field.name], getattr(value, field.name), _inside(place, field.name))
            for field in fields(value)
        }
    if isinstance(value, tuple):
        kinds = _item_kinds(_without_none(kind), len(value))
        return [_to_data(kinds[i], item, f"{place}[{i}]") for i, item in enumerate(value)]
    return _plain(value, place)


def _plain(value: Any, place: str) -> Any:
    """A word, a truth value or a number, of numpy's too, as Python's own."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        if not math.isfinite(value):
            raise RecordError(f"{place}: {float(value)} is not a finite number")
        return float(value)
    if hasattr(value, "item"):
        return _plain(value.item(), place)
    raise RecordError(f"{place}: {type(value).__name__} cannot be stored")


def _is_not_finite(value: Any) -> bool:
    return isinstance(value, Real) and not math.isfinite(value)


# --- in ---------------------------------------------------------------------------------------------------------------


@cache
def _reader(kind: Any) -> _Reader:
    """What reads data of a type: made once a type."""
    if _allows_none(kind):
        reader = _reader(_without_none(kind))
        return lambda data, place: None if data is None else reader(data, place)
    if is_dataclass(kind):
        return partial(_dataclass, kind, _field_readers(kind), _needed(kind))
    if get_origin(kind) is tuple:
        return partial(_tuple, kind)
    if issubclass(kind, Enum):
        return partial(_enum, kind)
    return _READERS[kind]


def _field_readers(kind: Any) -> dict[str, _Reader]:
    hints = _hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _needed(kind: Any) -> tuple[str, ...]:
    """Fields without a default."""
    free = (field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING)
    return tuple(free)


def _dataclass(kind: Any, readers: Mapping[str, _Reader], needed: tuple[str, ...], data: Any, place: str) -> Any:
    if not isinstance(data, Mapping):
        raise RecordError(f"{place or 'the document'}: an object is expected, not {_shown(data)}")
    for name in data:
        if name not in readers:
            raise RecordError(f"{_inside(place, name)}: unknown; known are {', '.join(readers)}")
    for name in needed:
        if name not in data:
            raise RecordError(f"{_inside(place, name)}: missing")
    values = {name: readers[name](value, _inside(place, name)) for name, value in data.items()}
    try:
        return kind(**values)
    except ValueError as error:  # the value refuses what its types allow
        raise RecordError(f"{place}: {error}" if place else str(error)) from None


def _tuple(kind: Any, data: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise RecordError(f"{place}: an array is expected, not {_shown(data)}")
    arguments = get_args(kind)
    if arguments[-1] is not Ellipsis and len(arguments) != len(data):
        raise RecordError(f"{place}: {len(arguments)} items are expected, not {len(data)}")
    if arguments[-1] is Ellipsis:
        each = _reader(arguments[0])
        return tuple(each(item, f"{place}[{i}]") for i, item in enumerate(data))
    return tuple(_reader(one)(item, f"{place}[{i}]") for i, (one, item) in enumerate(zip(arguments, data, strict=True)))


def _enum(kind: type[Enum], data: Any, place: str) -> Enum:
    try:
        return kind(data)
    except ValueError:
        words = ", ".join(str(one.value) for one in kind)
        raise RecordError(f"{place}: {_shown(data)} is none of {words}") from None


def _text(data: Any, place: str) -> str:
    if not isinstance(data, str):
        raise RecordError(f"{place}: a text is expected, not {_shown(data)}")
    return data


def _truth(data: Any, place: str) -> bool:
    if not isinstance(data, bool):
        raise RecordError(f"{place}: true or false is expected, not {_shown(data)}")
    return data


def _whole(data: Any, place: str) -> int:
    if type(data) is not int:
        raise RecordError(f"{place}: a whole number is expected, not {_shown(data)}")
    return data


def _number(data: Any, place: str) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise RecordError(f"{place}: a number is expected, not {_shown(data)}")
    try:
        number = float(data)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise RecordError(f"{place}: a finite number is expected")
    return number


_READERS: dict[Any, _Reader] = {str: _text, bool: _truth, int: _whole, float: _number}


# --- types ------------------------------------------------------------------------------------------------------------


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _allows_none(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and NoneType in get_args(kind)


@cache
def _without_none(kind: Any) -> Any:
    """X of `X | None`; other unions are in no value that is stored."""
    if not _allows_none(kind):
        return kind
    (other,) = (one for one in get_args(kind) if one is not NoneType)
    return other


def _item_kinds(kind: Any, count: int) -> tuple[Any, ...]:
    """The type of each of `count` items of a tuple."""
    arguments = get_args(kind)
    if not arguments:
        return (object,) * count
    return (arguments[0],) * count if arguments[-1] is Ellipsis else arguments


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 40 else f"{text[:40]}..."  # noqa: PLR2004 - enough to recognise it
