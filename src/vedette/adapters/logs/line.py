r"""An event as one line: text that people read, or JSON that machines read.

    2026-11-23T08:44:47.123Z INFO request request_id=c1 route=/infer/{models} status=200 duration_ms=12.3
    {"time":"2026-11-23T08:44:47.123Z","level":"INFO","event":"request","request_id":"c1",...}

Text is written as logfmt: a value with a blank, a quote or an equals sign is quoted as in JSON. What a client sent
stays one line and moves no cursor: everything that is not printable is written as \xNN or \uNNNN. Logins and secrets
in addresses, and keys, are replaced by three stars.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from vedette.rules.access.masked import HIDDEN, masked

MOST_LETTERS = 16_384
"""Letters of one value; the rest is cut off."""

Value = str | int | float | bool | None
Line = Callable[["Event"], bytes]

_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{0,15}://[^\s\"'<>]+")
_KEY = re.compile(r"\bvdt_[A-Za-z0-9_-]+")
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_PLAIN = re.compile(r"[^\s\"=]+")
_CUT = "..."
_JSON_ESCAPES = "\n\t"
"""What JSON itself writes so that it stays one line."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: when (UTC), how grave, what, and its circumstances in the order in which they come."""

    time: datetime
    level: str
    name: str
    fields: Mapping[str, Value]


def text_line(event: Event) -> bytes:
    """For people."""
    shown = " ".join(f"{name}={_shown(value)}" for name, value in event.fields.items())
    return f"{stamp(event.time)} {event.level} {event.name}{' ' if shown else ''}{shown}\n".encode()


def json_line(event: Event) -> bytes:
    """For machines."""
    fields = {
        name: clean(value, _JSON_ESCAPES) if isinstance(value, str) else value for name, value in event.fields.items()
    }
    head = {"time": stamp(event.time), "level": event.level, "event": event.name}
    return orjson.dumps(head | fields) + b"\n"


LINES: Mapping[str, Line] = {"text": text_line, "json": json_line}
"""By the name of the format."""


def stamp(time: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"


def clean(text: str, kept: str = "") -> str:
    """A text without secrets and without letters that are not printable but those `kept`; MOST_LETTERS of it."""
    cut = text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + _CUT
    hidden = _ADDRESS.sub(lambda found: masked(found[0]), cut)
    hidden = _CREDENTIALS.sub(rf"\1 {HIDDEN}", _KEY.sub(HIDDEN, hidden))
    if hidden.isprintable():
        return hidden
    return "".join(letter if letter.isprintable() or letter in kept else _escaped(letter) for letter in hidden)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def _shown(value: Value) -> str:
    if not isinstance(value, str):
        return orjson.dumps(value).decode()
    text = clean(value)
    return text if _PLAIN.fullmatch(text) else orjson.dumps(text).decode()
