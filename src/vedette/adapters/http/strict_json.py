"""JSON bodies, with a bound on how deep they nest before anything is built of them."""

from __future__ import annotations

from typing import Any

import orjson

from vedette.errors import InvalidError, TooLargeError

_OPEN, _CLOSE, _QUOTE, _ESCAPE = frozenset(b"[{"), frozenset(b"]}"), ord('"'), ord("\\")


def read_json(body: bytes | memoryview, depth: int) -> Any:
    """The value of a JSON body.

    Raises:
        InvalidError: it is no JSON (RFC 8259; NaN and Infinity are none).
        TooLargeError: it nests deeper than `depth`.
    """
    data = bytes(body)
    if data.count(b"[") + data.count(b"{") > depth and deepest(data) > depth:
        raise TooLargeError(f"the JSON nests deeper than {depth} levels", help="send a flatter one")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidError(f"the body is no JSON: {error}", help="send well-formed JSON in UTF-8") from None


def deepest(data: bytes) -> int:
    """How many arrays and objects are open at once at most; brackets in strings do not count."""
    level = most = 0
    inside = escaped = False
    for byte in data:
        if inside:
            if escaped:
                escaped = False
            elif byte == _ESCAPE:
                escaped = True
            elif byte == _QUOTE:
                inside = False
        elif byte == _QUOTE:
            inside = True
        elif byte in _OPEN:
            level += 1
            most = max(most, level)
        elif byte in _CLOSE:
            level -= 1
    return most
