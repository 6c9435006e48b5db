"""Where the control groups of this process lie: the folder of each controller, version 1 or version 2.

/proc/self/cgroup, /proc/self/mountinfo --rules.monitor.control_groups--> memory: /sys/fs/cgroup/memory/jobs/7
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vedette.rules.monitor.control_groups import UNIFIED, group_places

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
        groups = (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace")
        mounts = (root / "proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found: dict[str, Own] = {}
    for place in group_places(groups, mounts, CONTROLLERS):
        top = root / place.top
        folder = top / place.inside
        found[place.controller] = Own(folder if folder.is_dir() else top, top, place.controller == UNIFIED)
    unified = found.pop(UNIFIED, None)
    if unified is not None:
        offered = _words(unified.folder / "cgroup.controllers")
        found = {name: unified for name in CONTROLLERS if name in offered} | found
    return found


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return []
