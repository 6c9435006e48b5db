"""JSON bodies, with a bound on how deep they nest before anything is built of them."""

from __future__ import annotations

from typing import Any

import orjson

from vedette.errors import InvalidError, TooLargeError
from vedette.rules.wire.nesting import nesting


def read_json(body: bytes | memoryview, depth: int) -> Any:
    """The value of a JSON body.

    Raises:
        InvalidError: it is no JSON (RFC 8259; NaN and Infinity are none).
        TooLargeError: it nests deeper than `depth`.
    """
    if nesting(body, depth) > depth:
        raise TooLargeError(f"the JSON nests deeper than {depth} levels", help="send a flatter one")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidError(f"the body is no JSON: {error}", help="send well-formed JSON in UTF-8") from None
