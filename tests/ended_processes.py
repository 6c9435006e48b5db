"""What a command of ours has started, as the system tells it: its processes, and its control groups."""

from __future__ import annotations

import os
import select
from pathlib import Path

from vedette.adapters.sandboxes.hierarchy import own_groups

PATIENCE_S = 30


def started_by(pid: int, word: str) -> list[int]:
    """Child processes that have a word on their command line."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [child for child in children if word in _words(child)]


def has_ended(pid: int) -> bool:
    """Whether a process ends within `PATIENCE_S`; one that waits to be reaped has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], PATIENCE_S)[0])
    finally:
        os.close(handle)


def groups_of(pid: int) -> list[Path]:
    """Control groups that a process has made."""
    tops = {own.top for own in own_groups().values()}
    return [folder for top in tops for folder in top.rglob(f"vedette-{pid}-*")]


def _words(pid: int) -> list[str]:
    """Of its command line; none where it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
