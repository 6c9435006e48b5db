"""Which files a request may name: only those below folders that the operator allows.

    text -> parse_path -> [symlinks resolved by an adapter] -> root_of

Paths are judged after every symlink and `..` is resolved: before that, their text says nothing about where they lead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath, PurePosixPath
from urllib.parse import unquote, urlsplit

from vedette.errors import ForbiddenError, InvalidError

_FORM = "write /FOLDER/FILE or file:///FOLDER/FILE"
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def parse_path(text: str) -> PurePosixPath:
    """The absolute path that a text names: a path as it is, or an address of scheme `file` of this machine.

    Raises:
        InvalidError: it is empty, relative, has a NUL, or names another machine or scheme.
    """
    if text[:5].lower() == "file:":
        text = _of_file_address(text)
    elif _OTHER_SCHEME.match(text):
        raise InvalidError(f"{text[:80]!r} names no file", help=_FORM)
    if "\0" in text or not text.startswith("/"):
        raise InvalidError(f"{text[:80]!r} is no absolute path", help=_FORM)
    return PurePosixPath(text)


def root_of(path: PurePath, roots: Iterable[PurePath]) -> PurePath | None:
    """The root that a path is, or lies below; None: it lies outside all. Both have no symlink and no `..` in them."""
    assert ".." not in path.parts
    return next((root for root in roots if path.is_relative_to(root)), None)


def outside(shown: str, key: str) -> ForbiddenError:
    """The refusal of a path: the same whether the file is there or not.

    Args:
        shown: the path as the caller wrote it.
        key: of the configuration, such as `files.inputs`.
    """
    return ForbiddenError(
        f"{shown[:200]!r} is not below a folder that is allowed",
        help=f"send the data itself, or the operator adds its folder to `{key}` of vedette.yaml",
    )


def _of_file_address(text: str) -> str:
    """RFC 8089: `file:/path`, `file:///path` and `file://localhost/path`."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InvalidError(f"{text[:80]!r} is no address", help=_FORM) from None
    if parts.netloc.lower() not in ("", "localhost") or parts.query or parts.fragment:
        raise InvalidError(f"{text[:80]!r} names no file of this machine", help=_FORM)
    return unquote(parts.path)
