"""How a source is shown to people and written into results: as valid text, without passwords."""

from __future__ import annotations

import re

_LOGIN = re.compile(r"([a-z][a-z0-9+.-]*://)[^/?#\s]*@", re.IGNORECASE)


def printable(text: str) -> str:
    r"""A path or address as valid text: bytes that are no UTF-8 appear as \xNN."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a surrogate pair, which no file name holds
        return text.encode("utf-8", "backslashreplace").decode()


def without_login(address: str) -> str:
    """An address as printable text, with *** in place of name and password."""
    return _LOGIN.sub(r"\1***@", printable(address))
