"""Records at the end of a file that others may have open too: each is there whole or not at all.

The file is opened for each record, so that one that was moved away or removed is begun anew. A lock (flock) keeps
records of several writers apart; a link in the place of the file is not followed.
"""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import orjson

from vedette.adapters.sinks.whole_file import unwritable
from vedette.errors import ForbiddenError
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import CSV_COLUMNS, to_object, to_rows

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def append(target: Path, record: Callable[[bool], bytes]) -> None:
    """Add a record to the end of a file.

    Args:
        target: the file; it is made if need be, its folder is not.
        record: makes the bytes; is told whether the file is empty.

    Raises:
        ExhaustedError: the disk takes no more; the file ends with the record before.
        UnavailableError: it cannot be written for another reason; the same holds.
        ForbiddenError: a link stands in its place.
    """
    try:
        handle = os.open(target, _FLAGS, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ForbiddenError(f"{target} is a link", help="name the file itself") from None
        raise unwritable(target, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _write(handle, record)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        os.close(handle)


def _write(handle: int, record: Callable[[bool], bytes]) -> None:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    before = facts.st_size
    rest = memoryview(record(before == 0))
    try:
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError:
        os.ftruncate(handle, before)
        raise


class AppendedLines:
    """JSON lines: one object of the schema `vedette.result/1` for each outcome."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def write(self, delivery: Delivery) -> None:
        """See `Destination.write`."""
        line = orjson.dumps(to_object(delivery.outcome), option=orjson.OPT_APPEND_NEWLINE)
        append(self._target, lambda _: line)


class AppendedRows:
    """CSV: a row for each class or object, and a head line where the file begins."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def write(self, delivery: Delivery) -> None:
        """See `Destination.write`."""
        append(self._target, lambda empty: _rows(delivery, head=empty))


def _rows(delivery: Delivery, *, head: bool) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="")
    if head:
        writer.writeheader()
    writer.writerows(to_rows(delivery.outcome))
    return text.getvalue().encode("utf-8", "backslashreplace")
