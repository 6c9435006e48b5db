"""The machine as this process may use it, read from /proc and /sys.

    /proc/cpuinfo (first processor only: the rest costs milliseconds on big machines)  -> name, instruction sets
    /sys/devices/system/cpu/online, sched_getaffinity                                  -> cores, allowed cores
    /proc/self/cgroup + /proc/self/mountinfo -> the group and its parents, v1 and v2   -> CPU quota, memory limit
    /proc/meminfo                                                                      -> memory

Where a group and its parents set limits, the lowest one binds. On systems without /proc the standard library answers
what it can: no features, no quota, and the memory of the machine.

x86 names its instruction sets as we do. 64-bit ARM names differ, and are translated:

    asimd -> neon    sve -> sve    bf16 -> bf16    i8mm -> i8mm        (32-bit ARM: neon -> neon)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vedette.values.host import Host

X86_FEATURES = (
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
)
ARM_FEATURES = {"asimd": "neon", "neon": "neon", "sve": "sve", "bf16": "bf16", "i8mm": "i8mm"}
"""Linux's name of an instruction set -> ours."""

ARM_LIMITED = "0x41"
ARM_CORES = {
    "0xd03": "Cortex-A53",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
    "0xd41": "Cortex-A78",
    "0xd0c": "Neoverse-N1",
    "0xd40": "Neoverse-V1",
    "0xd49": "Neoverse-N2",
    "0xd4f": "Neoverse-V2",
}
"""Part number -> core, for the implementer ARM Limited: Linux gives numbers where x86 gives a name."""


def probe_host(root: Path = Path("/")) -> Host:
    """Read the facts of this machine; `root` is where /proc and /sys are found.

    `memory_bytes` is 0 where the system tells nothing (no /proc and no sysconf).
    """
    cpu = _first_processor(_text(root / "proc/cpuinfo"))
    groups = tuple(_group_limits(root))
    memory = (_memory_bytes(_text(root / "proc/meminfo")), *(limit for _, limit in groups))
    cores = _online(_text(root / "sys/devices/system/cpu/online")) or os.cpu_count() or 1
    return Host(
        cpu=_cpu_name(cpu),
        features=_features(cpu),
        cores=cores,
        allowed_cores=_allowed_cores() or cores,
        quota_cores=min((quota for quota, _ in groups if quota is not None), default=None),
        memory_bytes=min((known for known in memory if known), default=0),
        system=_system(_text(root / "etc/os-release")),
        python=".".join(str(number) for number in sys.version_info[:3]),
    )


def _text(path: Path, most: int = 65536) -> str:
    """The start of a file that the kernel writes, empty if there is none."""
    try:
        with path.open("rb", buffering=0) as file:
            parts = []
            while most > 0 and (part := file.read(min(most, 8192))):
                parts.append(part)
                most -= len(part)
                if b"\n\n" in part and path.name == "cpuinfo":
                    break
    except OSError:
        return ""
    return b"".join(parts).decode("utf-8", "replace")


# --- processor --------------------------------------------------------------------------------------------------------


def _first_processor(cpuinfo: str) -> dict[str, str]:
    first: dict[str, str] = {}
    for line in cpuinfo.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        first[key.strip().lower()] = value.strip()
    return first


def _cpu_name(cpu: dict[str, str]) -> str:
    if name := cpu.get("model name"):
        return name
    if part := cpu.get("cpu part"):
        implementer = cpu.get("cpu implementer", "unknown")
        if implementer == ARM_LIMITED and part in ARM_CORES:
            return f"ARM {ARM_CORES[part]}"
        return f"ARM (implementer {implementer}, part {part})"
    import platform

    return platform.machine() or "unknown processor"


def _features(cpu: dict[str, str]) -> tuple[str, ...]:
    flags = set(cpu.get("flags", "").split())
    arm = [ARM_FEATURES[name] for name in cpu.get("features", "").split() if name in ARM_FEATURES]
    return tuple(name for name in X86_FEATURES if name in flags) + tuple(dict.fromkeys(arm))


def _online(ranges: str) -> int:
    """Count `0-3,8,10-11`."""
    count = 0
    for part in ranges.strip().split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():
            count += int(last or first) - int(first) + 1
    return count


def _allowed_cores() -> int | None:
    """Cores of the calling thread's affinity; None where the system has no such thing."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


# --- memory and system ------------------------------------------------------------------------------------------------


def _memory_bytes(meminfo: str) -> int:
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0


def _system(os_release: str) -> str:
    if not hasattr(os, "uname"):
        import platform

        return platform.platform()
    kernel = f"{os.uname().sysname} {os.uname().release}"
    for line in os_release.splitlines():
        if line.startswith("PRETTY_NAME="):
            return f"{line.partition('=')[2].strip().strip(chr(34))}, {kernel}"
    return kernel


# --- control groups ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mount:
    """Where a hierarchy is seen: `seen` is the group that the mount point shows (not `/` in some containers).

    `controllers` holds those of cpu and memory that a version 1 hierarchy carries; it is empty for version 2.
    """

    controllers: frozenset[str]
    point: PurePosixPath
    seen: PurePosixPath


def _group_limits(root: Path) -> Iterator[tuple[float | None, int | None]]:
    """(CPU quota in cores, memory limit in bytes) of each group that this process is in, parents included."""
    groups = _own_groups(_text(root / "proc/self/cgroup"))
    for mount in _mounts(_text(root / "proc/self/mountinfo")):
        for controllers, group in groups:
            if controllers == mount.controllers or controllers & mount.controllers:
                for folder in _climb(root, mount, group):
                    yield _quota(folder), _limit(folder)


def _own_groups(cgroup: str) -> list[tuple[frozenset[str], PurePosixPath]]:
    """Lines `4:cpu,cpuacct:/a/b`; version 2 has the one line `0::/a/b`, which names no controller."""
    lines = [line.split(":", 2) for line in cgroup.splitlines() if line.count(":") > 1]
    return [(frozenset(names.split(",")) - {""}, PurePosixPath(group)) for _, names, group in lines]


def _mounts(mountinfo: str) -> Iterator[_Mount]:
    """Lines `31 23 0:28 /seen /point rw - cgroup cgroup rw,cpu,cpuacct`."""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        before, after = left.split(), right.split()
        if len(before) > 4 and after[:1] in (["cgroup"], ["cgroup2"]):  # noqa: PLR2004 - the mount point is the fifth
            controllers = frozenset({"cpu", "memory"} & set(after[-1].split(",")))
            if controllers or after[0] == "cgroup2":
                yield _Mount(controllers, PurePosixPath(_unescaped(before[4])), PurePosixPath(_unescaped(before[3])))


def _unescaped(path: str) -> str:
    return path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")


def _climb(root: Path, mount: _Mount, group: PurePosixPath) -> Iterator[Path]:
    """The folder of the group and of each of its parents, up to the mount point."""
    visible = group.is_relative_to(mount.seen) and ".." not in group.parts
    inside = group.relative_to(mount.seen) if visible else PurePosixPath()
    top = root / mount.point.relative_to("/")
    yield top / inside
    yield from (top / parent for parent in inside.parents)


def _quota(folder: Path) -> float | None:
    if words := _text(folder / "cpu.max").split():
        quota, period = words[0], (words[1:] or ["100000"])[0]
    else:
        quota, period = _text(folder / "cpu.cfs_quota_us").strip(), _text(folder / "cpu.cfs_period_us").strip()
    if quota.isdigit() and period.isdigit() and int(quota) > 0 and int(period) > 0:
        return int(quota) / int(period)
    return None  # `max` and -1: no quota


def _limit(folder: Path) -> int | None:
    words = _text(folder / "memory.max").strip() or _text(folder / "memory.limit_in_bytes").strip()
    return int(words) if words.isdigit() else None  # `max`: no limit
