"""A file that is complete or not there: records go to a hidden file, which gets its name at the end.

What is there already and is no regular file (a FIFO, a terminal, /dev/null) keeps its place, and gets the records as
they come.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from vedette.errors import ConflictError, ExhaustedError, UnavailableError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SHOWN = 40
"""Characters of the name that the hidden file carries: with the rest it fits any file system."""


class WholeFile:
    """Appends whole records; `close` gives them the name, or NAME.partial when the run did not come to its end.

    A target that is a link stays one: the file that it leads to is replaced. A FIFO is waited for until somebody reads
    it, as a shell does.

    Raises:
        ConflictError: the target is a folder.
        ExhaustedError, UnavailableError: it cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._whole_bytes = 0
        self._as_it_comes = _takes_records_as_they_come(target)
        if self._as_it_comes:
            self._handle = _opened(target)
            return
        self._final = Path(os.path.realpath(target))
        self._part = self._final.with_name(f".{target.name[:_SHOWN]}.{secrets.token_hex(8)}.part")
        try:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            if self._final.is_dir():
                raise ConflictError(f"{target} is a folder", help="choose another name, or remove the folder")
            self._handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except OSError as error:
            raise unwritable(target, error) from error

    def append(self, record: bytes) -> None:
        """Write one record.

        Raises:
            ExhaustedError: the disk takes no more; a regular file ends with the record before.
            UnavailableError: it cannot be written for another reason, as when nobody reads a FIFO any more.
        """
        rest = memoryview(record)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError as error:
            if not self._as_it_comes:
                os.ftruncate(self._handle, self._whole_bytes)
                os.lseek(self._handle, self._whole_bytes, os.SEEK_SET)
            raise unwritable(self._target, error) from error
        self._whole_bytes += len(record)

    def close(self, *, complete: bool) -> None:
        """Give the file its name; without a record an incomplete one leaves nothing, and an earlier one as it is.

        Raises:
            ExhaustedError, UnavailableError: as `append` does.
        """
        if self._as_it_comes or (not complete and not self._whole_bytes):
            self.discard()
            return
        final = self._final if complete else self._final.with_name(self._final.name + ".partial")
        try:
            os.close(self._handle)
            self._part.replace(final)
        except OSError as error:
            raise unwritable(self._target, error) from error

    def discard(self) -> None:
        """Leave nothing behind; what went out as it came has gone."""
        os.close(self._handle)
        if not self._as_it_comes:
            self._part.unlink(missing_ok=True)


def _takes_records_as_they_come(target: Path) -> bool:
    """Whether it is there and neither a regular file nor a folder."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False  # not there, or it cannot be: making the file tells why
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _opened(target: Path) -> int:
    try:
        return os.open(target, os.O_WRONLY)
    except OSError as error:
        raise unwritable(target, error) from error


def unwritable(target: Path, error: OSError) -> ExhaustedError | UnavailableError:
    """The error that a failed write becomes."""
    in_the_way = error.errno in (errno.EEXIST, errno.ENOTDIR)
    reason = "a file stands where a folder is needed" if in_the_way else error.strerror or str(error)
    message = f"{target} cannot be written: {reason}"
    if error.errno in _NO_ROOM:
        return ExhaustedError(message, help="free some space or choose another place")
    return UnavailableError(message, help="check that its folder may be written to, or choose another place")
