"""When the files of a model may be read: not while somebody is still copying them.

A version is settled when two scans in a row saw the same files (names, sizes, times), the youngest of them is at least
as old as the time between two scans, and none carries the name of an unfinished copy. Files and folders whose name
starts with a dot, as rsync and Vedette itself build them, are not seen by a scan at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from vedette.values.found import FileState

_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".swp")


def settled(before: Sequence[FileState] | None, now: Sequence[FileState], wall_ns: int, quiet_ns: int) -> bool:
    """Whether the files of a version may be read.

    Args:
        before: what the scan before this one saw; None if there was nothing.
        now: what this scan saw.
        wall_ns: the wall clock at this scan (Unix, ns).
        quiet_ns: how long no file may have changed. A file whose time lies further ahead than this is of a machine
            with another clock: its time says nothing, so that the two scans decide alone.
    """
    if before is None or tuple(before) != tuple(now) or not now:
        return False
    return not any(unfinished(file.path) or abs(wall_ns - file.changed_ns) < quiet_ns for file in now)


def unfinished(path: str) -> bool:
    """Whether a file's name is one that copying programs give to a file they still write."""
    return path.lower().endswith(_UNFINISHED)
