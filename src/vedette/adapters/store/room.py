"""Files that appear whole or not at all, and what is said when there is no room for them.

The word about it is left in the folder itself, as the file `no-room`, so that whoever reads the folder later knows why
something is missing there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vedette.errors import ExhaustedError, UnavailableError, VedetteError

NO_ROOM = "no-room"
"""A file that says that writing in its folder ended because there was no room, and what ran out."""

_NO_ROOM = {
    errno.ENOSPC: "disk was full",
    errno.EDQUOT: "the disk quota was used up",
    errno.EFBIG: "the largest size of a file was reached",
}
_BY_TEXT = {os.strerror(number): number for number in _NO_ROOM}


def lack_of_room(error: OSError) -> str | None:
    """What ran out, in words; None where something else is wrong.

    Arrow raises OSError without a number and puts the system's words in its text.
    """
    if error.errno in _NO_ROOM:
        return _NO_ROOM[error.errno]
    return next((_NO_ROOM[number] for text, number in _BY_TEXT.items() if text in str(error)), None)


def write_error(file: Path, error: OSError, kept: str) -> VedetteError:
    """The error for a file or folder that could not be written; `kept` says what is still there."""
    if lack := lack_of_room(error):
        return ExhaustedError(f"{file} cannot be written: {lack}; {kept}", help="make room, then run it again")
    return UnavailableError(
        f"{file} cannot be written: {error.strerror or error}; {kept}", help="check the folder and its rights"
    )


def note_lack(folder: Path, error: OSError) -> None:
    """Leave word in a folder if there was no room in it. An empty file takes none, and will do."""
    if lack := lack_of_room(error):
        with suppress(OSError):
            (folder / NO_ROOM).write_text(lack, encoding="utf-8")


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file under a temporary name, and give it its own when it is whole.

    Raises:
        ExhaustedError: there is no room; a file of that name is left as it was.
        UnavailableError: it cannot be written for another reason.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        write(part)
        part.replace(file)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        note_lack(file.parent, error)
        raise write_error(file, error, "what was measured before can be read there") from None


def stopped_for_room(folder: Path) -> str | None:
    """What ran out while a folder was written; None where nothing did."""
    try:
        return (folder / NO_ROOM).read_text(encoding="utf-8") or "disk was full"
    except OSError:
        return None
