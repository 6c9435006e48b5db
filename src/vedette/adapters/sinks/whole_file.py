"""A file that is complete or not there: records go to a hidden file, which gets its name at the end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from vedette.errors import ExhaustedError


class WholeFile:
    """Appends whole records; `close` gives them the name, or NAME.partial when the run did not come to its end."""

    def __init__(self, target: Path) -> None:
        self._target = target
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        except OSError as error:
            raise no_room(target, error) from error
        self._part = Path(name)
        self._whole_bytes = 0

    def append(self, record: bytes) -> None:
        """Write one record.

        Raises:
            ExhaustedError: the disk takes no more; the file ends with the record before.
        """
        rest = memoryview(record)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError as error:
            os.ftruncate(self._handle, self._whole_bytes)
            raise no_room(self._target, error) from error
        self._whole_bytes += len(record)

    def close(self, *, complete: bool) -> Path:
        """Give the file its name and tell it."""
        os.fchmod(self._handle, 0o666 & ~_umask())
        os.close(self._handle)
        final = self._target if complete else self._target.with_name(self._target.name + ".partial")
        self._part.replace(final)
        return final

    def discard(self) -> None:
        """Leave nothing behind."""
        os.close(self._handle)
        self._part.unlink(missing_ok=True)


def no_room(target: Path, error: OSError) -> ExhaustedError:
    """The error that a failed write becomes."""
    reason = error.strerror or str(error)
    return ExhaustedError(f"{target} cannot be written: {reason}", help="free some space or choose another place")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
