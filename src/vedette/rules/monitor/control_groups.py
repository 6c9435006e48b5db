"""Where the control groups of a process are seen, out of the two texts in which the kernel tells it.

/proc/PID/cgroup        4:memory:/jobs/7        0::/user.slice/app.scope
/proc/self/mountinfo    35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                                 -> memory: jobs/7 below sys/fs/cgroup/memory

Nothing is read here, and a folder that is named may not exist.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

UNIFIED = ""
"""The controller under which version 2 is told: it has all of them in one hierarchy."""

_MOUNT_POINT = 4
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """The group of a process for one controller.

    Attributes:
        controller: its name; `UNIFIED` for version 2.
        top: mount point of the hierarchy, relative to the root.
        inside: folder of the group below it; empty where the group lies outside of what is mounted.
    """

    controller: str
    top: PurePosixPath
    inside: PurePosixPath


def group_places(cgroup: str, mountinfo: str, controllers: Collection[str]) -> Iterator[GroupPlace]:
    """Every mount in which a group of the process is seen, version 2 and those of `controllers`."""
    groups = dict(_groups(cgroup))
    for controller, top, seen in _mounts(mountinfo):
        if controller in groups and (controller == UNIFIED or controller in controllers):
            yield GroupPlace(controller, top, _inside(seen, groups[controller]))


def _groups(cgroup: str) -> Iterator[tuple[str, str]]:
    """(controller, group) of lines `4:cpu,cpuacct:/jobs/7`."""
    for line in cgroup.splitlines():
        _, named, rest = line.partition(":")
        names, told, group = rest.partition(":")
        for name in names.split(",") if named and told else ():
            yield name, group


def _mounts(mountinfo: str) -> Iterator[tuple[str, PurePosixPath, str]]:
    """(controller, mount point, the group that is seen there)."""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        before, after = left.split(), right.split()
        if len(before) <= _MOUNT_POINT or not after:
            continue
        top = PurePosixPath(_ESCAPED.sub(_character, before[_MOUNT_POINT]).lstrip("/"))
        if after[0] == "cgroup2":
            yield UNIFIED, top, before[3]
        elif after[0] == "cgroup":
            for name in after[-1].split(","):
                yield name, top, before[3]


def _character(octal: re.Match[str]) -> str:
    """Spaces, tabs and backslashes stand in mountinfo as three octal digits (proc(5))."""
    return chr(int(octal[1], 8))


def _inside(seen: str, group: str) -> PurePosixPath:
    path = PurePosixPath(group)
    inside = path.relative_to(seen) if path.is_relative_to(seen) else PurePosixPath()
    return PurePosixPath() if ".." in inside.parts else inside
