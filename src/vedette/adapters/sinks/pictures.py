"""How pictures in a folder are named after their images, and written whole.

    photos/cat.png -> cat, more/cat.jpg -> cat-2, frame 7 of clip.mp4 -> clip-000007, with several models cat.MODEL

A name keeps letters, digits, dots and dashes; everything else becomes an underscore, so that no picture leaves the
folder.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path, PurePosixPath

from vedette.adapters.sinks.whole_file import WholeFile
from vedette.errors import ConflictError
from vedette.values.result import Result

_NAME_BYTES = 120
"""Bytes of the image's name that a picture keeps: with model and numbers it fits any file system."""


class PictureNames:
    """Gives every result a name of its own, without suffix; `several_models` puts the model into the name."""

    def __init__(self, *, several_models: bool) -> None:
        self._several_models = several_models
        self._numbers: Counter[str] = Counter()
        self._used: set[str] = set()

    def of(self, result: Result) -> str:
        """The next free name for the image of a result."""
        stem = plain_name(PurePosixPath(result.source.split("?")[0]).stem) or "image"
        if result.time_s is not None or result.frame > 0:
            stem += f"-{result.frame:06d}"
        if self._several_models:
            stem += f".{plain_name(result.model)}"
        while True:
            self._numbers[stem] += 1
            number = self._numbers[stem]
            name = stem if number == 1 else f"{stem}-{number}"
            if name not in self._used:
                self._used.add(name)
                return name


def plain_name(text: str) -> str:
    """A part of a file name: not hidden, not longer than file systems take; empty where nothing is left."""
    plain = re.sub(r"[^\w.-]+", "_", text).lstrip(".")
    return plain.encode("utf-8", "replace")[:_NAME_BYTES].decode("utf-8", "ignore")


def write_picture(target: Path, picture: bytes, source: str, *, kind: str) -> None:
    """Write an encoded picture that was made of the image `source`; its folder is made if need be.

    Args:
        target: where to; a file that is there is replaced.
        picture: the encoded bytes.
        source: where the image came from.
        kind: what the picture is, for the message: `annotated picture`.

    Raises:
        ConflictError: the picture would take the place of the image itself.
        ExhaustedError, UnavailableError: it cannot be written; nothing is left of it.
    """
    if _is_same(target, source):
        raise ConflictError(f"the {kind} {target} would replace the image itself", help="choose another folder")
    file = WholeFile(target)
    try:
        file.append(picture)
    except BaseException:
        file.discard()
        raise
    file.close(complete=True)


def _is_same(target: Path, source: str) -> bool:
    try:
        return os.path.samefile(target, source)  # noqa: PTH121 - the source may be an address
    except (OSError, ValueError):
        return False
