"""Text in a file that a person named: whole or not at all, and nothing else in its folder.

A link stays one: the file that it leads to is replaced. What is no file at all, as a pipe or `/dev/stdout`, is written
into: to replace it would take it away from every other program.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from vedette.adapters.store.room import write_error
from vedette.errors import ConflictError, NotFoundError

_UNCHANGED = "what was there before is unchanged"


def write_text_file(file: Path, text: str) -> None:
    """Write a text; a file of that name is replaced once the new one is whole, and keeps its rights.

    Raises:
        NotFoundError: its folder is not there.
        ConflictError: it is a folder.
        ExhaustedError: there is no room.
        UnavailableError: it cannot be written for another reason.
    """
    final = Path(os.path.realpath(file))
    if final.is_dir():
        raise ConflictError(f"{file} is a folder", help="name a file")
    if not final.parent.is_dir():
        raise NotFoundError(f"there is no folder {file.parent}", help=f"mkdir -p {file.parent}")
    try:
        if _leads_elsewhere(file):
            with file.open("a", encoding="utf-8") as out:
                out.write(text)
        else:
            _replace(final, text)
    except OSError as error:
        raise write_error(file, error, _UNCHANGED) from None


def _leads_elsewhere(file: Path) -> bool:
    """Whether it is a pipe or a device, or a name for one: /dev/stdout may lead to a file that is being written."""
    return file.exists() and (not file.is_file() or file.absolute().parts[1:2] in (("dev",), ("proc",)))


def _replace(final: Path, text: str) -> None:
    part = final.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as out:
            out.write(text)
        if final.exists():
            part.chmod(final.stat().st_mode & 0o7777)
        part.replace(final)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
