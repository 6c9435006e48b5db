"""Where the control groups of this process lie: the folder of each controller, version 1 or version 2.

/proc/self/cgroup       4:memory:/jobs/7        0::/user.slice/app.scope
/proc/self/mountinfo    35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                                 -> memory: /sys/fs/cgroup/memory/jobs/7
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CONTROLLERS = ("cpu", "memory")


@dataclass(frozen=True, slots=True)
class Own:
    """The group of this process for one controller.

    Attributes:
        folder: of the group.
        top: of the hierarchy, above which nothing is seen.
        unified: whether it is version 2.
    """

    folder: Path
    top: Path
    unified: bool


def own_groups(root: Path = Path("/")) -> dict[str, Own]:
    """The groups of this process by controller; a controller that is seen nowhere is left out.

    Args:
        root: where /proc and the mounts are found.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
        mounts = (root / "proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    groups = {name: group for line in lines for name, group in _named(line)}
    found: dict[str, Own] = {}
    for name, top, seen in _mounted(root, mounts):
        if name in groups:
            found[name] = Own(_inside(top, seen, groups[name]), top, unified=not name)
    unified = found.pop("", None)
    if unified is not None:
        offered = _words(unified.folder / "cgroup.controllers")
        found = {name: unified for name in CONTROLLERS if name in offered} | found
    return found


def _named(line: str) -> Iterator[tuple[str, str]]:
    """(controller, group) of a line `4:cpu,cpuacct:/jobs/7`; the controller of version 2 is empty."""
    _, _, rest = line.partition(":")
    names, _, group = rest.partition(":")
    for name in names.split(","):
        yield name, group


def _mounted(root: Path, lines: list[str]) -> Iterator[tuple[str, Path, str]]:
    """(controller, mount point, the group that is seen there)."""
    for line in lines:
        left, _, right = line.partition(" - ")
        before, after = left.split(), right.split()
        if len(before) < 5 or not after:  # noqa: PLR2004 - the mount point is the fifth
            continue
        top = root / before[4].replace("\\040", " ").lstrip("/")
        if after[0] == "cgroup2":
            yield "", top, before[3]
        elif after[0] == "cgroup":
            for name in after[-1].split(","):
                if name in CONTROLLERS:
                    yield name, top, before[3]


def _inside(top: Path, seen: str, group: str) -> Path:
    """The folder of a group below its mount; the mount itself where the group lies outside of what is seen."""
    path = PurePosixPath(group)
    inside = path.relative_to(seen) if path.is_relative_to(seen) else PurePosixPath()
    folder = top / inside
    return folder if ".." not in inside.parts and folder.is_dir() else top


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return []
