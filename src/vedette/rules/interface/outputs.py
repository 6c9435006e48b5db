"""The outputs of a pipeline, by id: how a map is replaced, merged and cut, what an address means, how it is shown.

    file:///results/all.jsonl, /results/all.csv    lines are appended to the file
    file:///results/pictures/                      an annotated JPEG for each image
    https://host/hook                              each result is posted as JSON; with #format=jpeg the picture

Whether a path or a host may be written to is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urldefrag, urlsplit

from vedette.errors import InvalidError, NotFoundError, UnsupportedError
from vedette.rules.access.masked import masked
from vedette.rules.interface.masked import unmasked
from vedette.rules.interface.source import check_text, path_of, scheme_of

MOST = 16
"""Outputs of one pipeline at most."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FORM = 'send {"ID": "ADDRESS", ...} with addresses as file:///FOLDER/all.jsonl or https://HOST/PATH'
_KINDS = "outputs are files .jsonl and .csv, folders that end in /, and http:// or https:// addresses"
Outputs = Mapping[str, str]


class Kind(StrEnum):
    """How an output takes results."""

    LINES = "lines"
    ROWS = "rows"
    PICTURES = "pictures"
    POST_JSON = "post-json"
    POST_PICTURE = "post-picture"


@dataclass(frozen=True, slots=True)
class Named:
    """An output that was understood: `place` is the path of a file or folder, or the address to post to."""

    kind: Kind
    place: str

    @property
    def wants_picture(self) -> bool:
        """Whether the annotated picture must be made for it."""
        return self.kind in {Kind.PICTURES, Kind.POST_PICTURE}


def replaced(given: Any, before: Outputs) -> dict[str, str]:
    """The map that PUT leaves: what was given. A masked address that is as it was shown keeps the one before.

    Raises:
        InvalidError: it is no map of ids to addresses, or too large.
        UnsupportedError: an address of a kind that is not written.
    """
    if not isinstance(given, dict):
        raise InvalidError("the body is no map of outputs", help=_FORM)
    found = {_checked_id(name): _checked(name, address, before) for name, address in given.items()}
    return _bounded(found)


def merged(given: Any, before: Outputs) -> dict[str, str]:
    """The map that PATCH leaves: what was there, with what is given; null removes an output (RFC 7396).

    Raises:
        InvalidError, UnsupportedError: as `replaced` does.
    """
    if not isinstance(given, dict):
        raise InvalidError("the body is no map of outputs", help=_FORM)
    found = dict(before)
    for name, address in given.items():
        if address is None:
            found.pop(_checked_id(name), None)
        else:
            found[_checked_id(name)] = _checked(name, address, before)
    return _bounded(found)


def without(name: str, before: Outputs) -> dict[str, str]:
    """The map without one output.

    Raises:
        NotFoundError: there is none of this id.
    """
    if name not in before:
        known = ", ".join(sorted(before)) or "none"
        raise NotFoundError(f"there is no output {name[:64]!r}", help=f"the outputs are: {known}")
    return {key: address for key, address in before.items() if key != name}


def output_of(address: str) -> Named:
    """What an address means as an output.

    Raises:
        InvalidError: an address that cannot be meant.
        UnsupportedError: a kind of address or file that is not written.
    """
    check_text(address, _FORM)
    scheme = scheme_of(address)
    if scheme in {"http", "https"}:
        place, fragment = urldefrag(address)
        kinds = {"": Kind.POST_JSON, "format=json": Kind.POST_JSON, "format=jpeg": Kind.POST_PICTURE}
        if fragment not in kinds:
            raise InvalidError(f"#{fragment[:40]} says nothing here", help="take #format=json or #format=jpeg")
        _check_host(place)
        return Named(kinds[fragment], place)
    if scheme not in {None, "file"}:
        raise UnsupportedError(f"{str(scheme)[:20]}:// is not written to yet", help=_KINDS)
    return _file(path_of(address), folder=address.endswith("/"))


def _file(path: str, *, folder: bool) -> Named:
    if folder:
        return Named(Kind.PICTURES, path)
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in {".jsonl", ".csv"}:
        return Named(Kind.LINES if suffix == ".jsonl" else Kind.ROWS, path)
    raise UnsupportedError(f"{PurePosixPath(path).name[:80]} is no kind of file that is written", help=_KINDS)


def _check_host(address: str) -> None:
    try:
        parts = urlsplit(address)
        valid = bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InvalidError(f"{masked(address)[:80]!r} names no host", help="write https://HOST/PATH")


def _checked_id(name: str) -> str:
    if _ID.fullmatch(name) is None:
        raise InvalidError(
            f"{name[:80]!r} is no id of an output",
            help="take letters, digits, dots, dashes and underscores, 64 at most, a letter or digit first",
        )
    return name


def _checked(name: str, address: Any, before: Outputs) -> str:
    if not isinstance(address, str):
        raise InvalidError(f"the address of output {name[:64]!r} is no text", help=_FORM)
    meant = unmasked(address.strip(), before.get(name))
    output_of(meant)
    return meant


def _bounded(found: dict[str, str]) -> dict[str, str]:
    if len(found) > MOST:
        raise InvalidError(f"{len(found)} outputs, a pipeline has {MOST} at most", help="use several pipelines")
    return found
