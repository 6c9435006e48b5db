"""Records at the end of a file that others may have open too: each is there whole or not at all.

The file is opened for each record, so that one that was moved away or removed is begun anew. Records of several writers
are kept apart: threads of this process take turns, a program that holds the file's lock (flock) is not waited for. A
link in the place of the file is not followed.
"""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

import orjson

from vedette.adapters.sinks.whole_file import unwritable
from vedette.errors import ForbiddenError, UnavailableError
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import CSV_COLUMNS, to_object, to_rows

_TURN_S = 2.0
"""Time that another thread may take to write its record."""

_turns: WeakValueDictionary[Path, _Turn] = WeakValueDictionary()
_turns_lock = threading.Lock()

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class _Turn:
    """Whose turn it is to write to a file: a lock that is forgotten when nobody uses it."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


def _turn(target: Path) -> _Turn:
    with _turns_lock:
        turn = _turns.get(target)
        if turn is None:
            turn = _turns[target] = _Turn()
        return turn


def _busy(target: Path) -> UnavailableError:
    return UnavailableError(f"{target} is being written to by others", help="try again, or take a file of its own")


def append(target: Path, record: Callable[[bool], bytes]) -> None:
    """Add a record to the end of a file.

    Args:
        target: the file; it is made if need be, its folder is not.
        record: makes the bytes; is told whether the file is empty.

    Raises:
        ExhaustedError: the disk takes no more; the file ends with the record before.
        UnavailableError: it cannot be written for another reason, such as that others write to it; the same holds.
        ForbiddenError: a link stands in its place.
    """
    turn = _turn(target)
    if not turn.lock.acquire(timeout=_TURN_S):
        raise _busy(target)
    try:
        _append(target, record)
    finally:
        turn.lock.release()


def _append(target: Path, record: Callable[[bool], bytes]) -> None:
    try:
        handle = os.open(target, _FLAGS, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ForbiddenError(f"{target} is a link", help="name the file itself") from None
        raise unwritable(target, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write(handle, record)
    except BlockingIOError:
        raise _busy(target) from None
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
