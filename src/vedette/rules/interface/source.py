"""What the body of PUT /input names: an address as bare text, as a JSON string or as {"url"}, and of which kind it is.

    /photos/cat.jpg | file:///photos/cat.jpg -> a path       https://host/cat.jpg -> fetched
    synthetic://640x480?count=10             -> made         rtsp://...           -> not yet

Whether a path or a host may be read is decided elsewhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from vedette.errors import InvalidError, UnsupportedError
from vedette.rules.access.roots import parse_path
from vedette.rules.vision.suffixes import is_video

LONGEST = 8192
"""Characters of an address at most."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORMS = 'send the address as text, as a JSON string, or as {"url": "..."}'
_LATER = frozenset({"rtsp", "rtsps", "rtmp", "kafka", "mqtt", "mqtts", "s3", "gs", "ftp", "ws", "wss", "udp", "tcp"})


class Kind(StrEnum):
    """Where an input comes from."""

    FILE = "file"
    HTTP = "http"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Named:
    """An address that was understood: of a file `place` is the path, decoded; else it is the address itself."""

    kind: Kind
    place: str


def read_address(body: bytes) -> str:
    """The address that a body gives.

    Raises:
        InvalidError: it gives none.
    """
    try:
        text = body.decode().strip()
    except UnicodeDecodeError as error:
        raise InvalidError(f"the body is no UTF-8 text: {error}", help=_FORMS) from None
    address: Any = text
    if text[:1] in ('"', "{", "[") or text in ("null", "true", "false"):
        address = _from_json(text)
    if isinstance(address, dict) and set(address) == {"url"}:
        address = address["url"]
    if not isinstance(address, str):
        raise InvalidError(f"the body names no address: {text[:80]!r}", help=_FORMS)
    return check_text(address.strip(), _FORMS)


def check_text(address: str, form: str) -> str:
    """The address, if it is one line of text that is not too long.

    Raises:
        InvalidError: it is not; `form` is the next step.
    """
    if not address:
        raise InvalidError("the address is empty", help=form)
    if len(address) > LONGEST:
        raise InvalidError(f"the address has {len(address)} characters, the limit is {LONGEST}", help=form)
    if _CONTROL.search(address) or not _is_unicode(address):
        raise InvalidError("the address holds control characters or halves of characters", help="percent-encode them")
    return address


def source_of(address: str) -> Named:
    """What an address names.

    Raises:
        InvalidError: a path or an address that cannot be meant.
        UnsupportedError: an address of a kind that is not read.
    """
    scheme = scheme_of(address)
    if scheme in {None, "file"}:
        return Named(Kind.FILE, path_of(address))
    if scheme in {"http", "https"}:
        if is_video(_path(address)):
            raise UnsupportedError(
                "a video is not yet fetched from an address", help="put it below a folder of files.inputs"
            )
        return Named(Kind.HTTP, address)
    if scheme == "synthetic":
        return Named(Kind.SYNTHETIC, address)
    later = "not read yet" if scheme in _LATER else "no source"
    raise UnsupportedError(
        f"{str(scheme)[:20]}:// is {later}", help="inputs are file://, http://, https:// and synthetic:// addresses"
    )


def scheme_of(address: str) -> str | None:
    """The scheme in lower case; None of a bare path."""
    match = _SCHEME.match(address)
    if match is not None:
        return match[1].lower()
    return "file" if address[:5].lower() == "file:" else None


def path_of(address: str) -> str:
    """The absolute path that a bare path or a file address names, percent-decoded once.

    Raises:
        InvalidError: it is relative, leads up by `..`, or names another machine.
    """
    path = parse_path(address)
    if ".." in path.parts:
        raise InvalidError("a path that holds .. is not taken", help="write the path without ..")
    if _CONTROL.search(str(path)):
        raise InvalidError("the path holds control characters", help="name files without them")
    return str(path)


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"the body is no JSON: {error}", help=_FORMS) from None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError as error:
        raise InvalidError(f"the address cannot be read: {error}", help="check it") from None
