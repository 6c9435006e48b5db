"""What the control group of a process used and where its limits bit, version 1 and version 2, under the same names.

    version 1  cpu/cpu.stat, cpuacct/cpuacct.usage, memory/memory.usage_in_bytes, memory/memory.stat, pids/pids.current
    version 2  cpu.stat, memory.current, memory.stat, memory.events, cpu.pressure, pids.current

Throttling is read of the nearest group, the process's own or a parent, that has a quota: that one does the throttling.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.probes.processor import PRESSURE, pressure_planner
from vedette.adapters.probes.single import Single, SinglesProbe
from vedette.adapters.probes.words import Field, Group, WordsProbe, blanked, keyed
from vedette.rules.monitor import control_groups
from vedette.values.reading import Absence, Pace

_TICK_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
_PREFIX = "cgroup.<role>"
_CONTROLLERS = ("cpu", "cpuacct", "memory", "pids")


def _field(key: str, name: str, unit: str, meaning: str, scale: float = 1.0) -> Field:
    return Field(key, name, unit, meaning, scale, grows=unit in {"s", "count"})


def _throttling(time_unit: str, scale: float) -> tuple[Field, ...]:
    return (
        _field("nr_periods", "cpu.periods", "count", "periods in which the group's quota was counted"),
        _field("nr_throttled", "cpu.throttled_periods", "count", "those in which it ran out and the group stood still"),
        _field(f"throttled_{time_unit}", "cpu.throttled", "s", "time for which it stood still, over its cores", scale),
        _field("nr_bursts", "cpu.bursts", "count", "periods in which it used saved quota"),
        _field(f"burst_{time_unit}", "cpu.burst", "s", "CPU time that came out of saved quota", scale),
    )


_USAGE = "CPU time that the group used"
CPU_V1 = Group(_PREFIX, "cgroup v1 cpu.stat", Pace.FAST, _throttling("time", 1e-9))
CPU_V2 = Group(_PREFIX, "cgroup v2 cpu.stat", Pace.FAST, _throttling("usec", 1e-6))
TIMES_V1 = Group(
    _PREFIX,
    "cgroup v1 cpuacct.stat",
    Pace.FAST,
    (
        _field("user", "cpu.user", "s", f"{_USAGE} in user space", _TICK_S),
        _field("system", "cpu.system", "s", f"{_USAGE} in the kernel", _TICK_S),
    ),
)
TIMES_V2 = Group(
    _PREFIX,
    "cgroup v2 cpu.stat",
    Pace.FAST,
    (
        _field("usage_usec", "cpu.usage", "s", _USAGE, 1e-6),
        _field("user_usec", "cpu.user", "s", f"{_USAGE} in user space", 1e-6),
        _field("system_usec", "cpu.system", "s", f"{_USAGE} in the kernel", 1e-6),
    ),
)
_IN_USE = "memory of the group, page cache included"
SINGLES_V1 = Group(
    _PREFIX,
    "cgroup v1",
    Pace.FAST,
    (
        _field("cpuacct.usage", "cpu.usage", "s", _USAGE, 1e-9),
        _field("memory.usage_in_bytes", "memory.usage", "bytes", _IN_USE),
        _field("memory.failcnt", "memory.limit_hits", "count", "times the group ran into its memory limit"),
        Field("pids.current", "tasks", "count", "processes and threads in the group"),
    ),
)
SINGLES_V2 = Group(
    _PREFIX,
    "cgroup v2",
    Pace.FAST,
    (
        _field("memory.current", "memory.usage", "bytes", _IN_USE),
        _field("memory.swap.current", "memory.swap", "bytes", "swap of the group"),
        Field("pids.current", "tasks", "count", "processes and threads in the group"),
    ),
)
_HIGHEST = "the most that the group ever held, page cache included"
PEAKS_V1 = Group(
    _PREFIX,
    "cgroup v1",
    Pace.PEAK,
    (
        _field("memory.max_usage_in_bytes", "memory.peak", "bytes", _HIGHEST),
        _field("memory.kmem.max_usage_in_bytes", "memory.kernel_peak", "bytes", "the most the kernel held for it"),
    ),
)
PEAKS_V2 = Group(_PREFIX, "cgroup v2", Pace.PEAK, (_field("memory.peak", "memory.peak", "bytes", _HIGHEST),))
MEMORY_V1 = Group(
    _PREFIX,
    "cgroup v1 memory.stat",
    Pace.SLOW,
    (
        _field("total_rss", "memory.anonymous", "bytes", "pages of no file: heaps and stacks"),
        _field("total_rss_huge", "memory.huge", "bytes", "the part of them in huge pages"),
        _field("total_cache", "memory.cache", "bytes", "pages of files"),
        _field("total_shmem", "memory.shared", "bytes", "shared memory"),
        _field("total_mapped_file", "memory.mapped", "bytes", "pages of files that programs have mapped"),
        _field("total_dirty", "memory.dirty", "bytes", "pages of files still to be written"),
        _field("total_writeback", "memory.writeback", "bytes", "pages being written now"),
        _field("total_pgfault", "memory.faults", "count", "page faults of every kind"),
        _field("total_pgmajfault", "memory.major_faults", "count", "page faults that had to read a disk"),
        _field("total_pgpgin", "memory.pages_charged", "count", "pages that were counted to the group"),
        _field("total_pgpgout", "memory.pages_uncharged", "count", "pages that no longer were"),
        _field("total_workingset_refault_file", "memory.refaults_file", "count", "file pages wanted back soon"),
        _field("total_workingset_refault_anon", "memory.refaults_anonymous", "count", "other pages wanted back soon"),
        _field("total_active_anon", "memory.active_anonymous", "bytes", "pages of no file, used of late"),
        _field("total_inactive_anon", "memory.inactive_anonymous", "bytes", "pages of no file, not used of late"),
        _field("total_active_file", "memory.active_file", "bytes", "pages of files, used of late"),
        _field("total_inactive_file", "memory.inactive_file", "bytes", "pages of files, not used of late"),
        _field("total_unevictable", "memory.unevictable", "bytes", "pages that cannot be given up"),
        _field("total_swap", "memory.swap", "bytes", "swap of the group"),
    ),
)
MEMORY_V2 = Group(
    _PREFIX,
    "cgroup v2 memory.stat",
    Pace.SLOW,
    (
        _field("anon", "memory.anonymous", "bytes", "pages of no file: heaps and stacks"),
        _field("anon_thp", "memory.huge", "bytes", "the part of them in huge pages"),
        _field("file", "memory.cache", "bytes", "pages of files"),
        _field("kernel", "memory.kernel", "bytes", "what the kernel holds for the group"),
        _field("sock", "memory.sockets", "bytes", "buffers of network connections"),
        _field("shmem", "memory.shared", "bytes", "shared memory"),
        _field("file_mapped", "memory.mapped", "bytes", "pages of files that programs have mapped"),
        _field("file_dirty", "memory.dirty", "bytes", "pages of files still to be written"),
        _field("file_writeback", "memory.writeback", "bytes", "pages being written now"),
        _field("pgfault", "memory.faults", "count", "page faults of every kind"),
        _field("pgmajfault", "memory.major_faults", "count", "page faults that had to read a disk"),
        _field("workingset_refault_file", "memory.refaults_file", "count", "file pages wanted back soon"),
        _field("workingset_refault_anon", "memory.refaults_anonymous", "count", "other pages wanted back soon"),
        _field("active_anon", "memory.active_anonymous", "bytes", "pages of no file, used of late"),
        _field("inactive_anon", "memory.inactive_anonymous", "bytes", "pages of no file, not used of late"),
        _field("active_file", "memory.active_file", "bytes", "pages of files, used of late"),
        _field("inactive_file", "memory.inactive_file", "bytes", "pages of files, not used of late"),
        _field("unevictable", "memory.unevictable", "bytes", "pages that cannot be given up"),
    ),
)
EVENTS_V2 = Group(
    _PREFIX,
    "cgroup v2 memory.events",
    Pace.SLOW,
    (
        _field("max", "memory.limit_hits", "count", "times the group ran into its memory limit"),
        _field("high", "memory.slowed", "count", "times it was slowed down for being near it"),
        _field("oom_kill", "memory.kills", "count", "processes of it that were killed for want of memory"),
    ),
)
PRESSURE_V2 = replace(PRESSURE, prefix=f"{_PREFIX}.pressure.<resource>", source="cgroup v2 <resource>.pressure")
GROUPS: tuple[Group, ...] = (
    CPU_V1,
    CPU_V2,
    TIMES_V1,
    TIMES_V2,
    SINGLES_V1,
    SINGLES_V2,
    PEAKS_V1,
    PEAKS_V2,
    MEMORY_V1,
    MEMORY_V2,
)
GROUPS += (EVENTS_V2, PRESSURE_V2)

GroupProbe = WordsProbe | SinglesProbe


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of a process's groups: by controller for version 1; `unified` for version 2 (None: not used).

    `quota` is the folder whose quota binds, or the group's own where none has a quota.
    """

    controllers: tuple[tuple[str, Path], ...]
    unified: Path | None
    quota: Path | None


def group_places(pid: int | str, root: Path = Path("/")) -> Places | None:
    """Where the groups of a process are seen; None where they are not."""
    try:
        own = (root / f"proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
        mounts = (root / "proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found: dict[str, tuple[Path, Path]] = {}
    for place in control_groups.group_places(own, mounts, _CONTROLLERS):
        top = root / place.top
        folder = top / place.inside
        found[place.controller] = (top, folder if folder.is_dir() else top)
    unified = found.pop(control_groups.UNIFIED, None)
    if unified and not (unified[1] / "cpu.stat").exists() and "cpu" in found:
        unified = None  # hybrid: version 2 is mounted for systemd only
    if unified and "cpu" not in found:
        return Places((), unified[1], _binding(*unified))
    own_cpu = _binding(*found["cpu"]) if "cpu" in found else None
    return Places(tuple((name, folder) for name, (_, folder) in found.items()), None, own_cpu) if found else None


def _binding(top: Path, folder: Path) -> Path:
    climbing = folder
    while True:
        if _has_quota(climbing):
            return climbing
        if climbing in {top, climbing.parent}:
            return folder
        climbing = climbing.parent


def _has_quota(folder: Path) -> bool:
    for name in ("cpu.max", "cpu.cfs_quota_us"):
        try:
            first = (folder / name).read_text(encoding="ascii").split()[0]
        except (OSError, IndexError, UnicodeDecodeError):
            continue
        return first.isdigit()
    return False


def group_probes(role: str, pid: int | str, root: Path = Path("/")) -> tuple[GroupProbe, ...]:
    """The probes of a process's group under `cgroup.<role>`."""
    places = group_places(pid, root)
    if places is None:
        reason = f"the control group of process {pid} is not seen: no cgroup file system, or the process has ended"
        return (SinglesProbe(Pace.SLOW, (), Absence(f"cgroup.{role}", reason)),)
    return tuple(_unified(role, places) if places.unified else _split(role, places))


def _split(role: str, places: Places) -> Iterator[GroupProbe]:
    folders = dict(places.controllers)
    if places.quota:
        yield _keyed(CPU_V1, role, places.quota / "cpu.stat")
    if accounts := folders.get("cpuacct"):
        yield _keyed(TIMES_V1, role, accounts / "cpuacct.stat")
    if memory := folders.get("memory"):
        yield _keyed(MEMORY_V1, role, memory / "memory.stat")
    for group in (SINGLES_V1, PEAKS_V1):
        yield _singles(group, role, folders)


def _unified(role: str, places: Places) -> Iterator[GroupProbe]:
    folder = places.unified
    assert folder is not None
    yield _keyed(CPU_V2, role, (places.quota or folder) / "cpu.stat")
    for group, name in ((TIMES_V2, "cpu.stat"), (MEMORY_V2, "memory.stat"), (EVENTS_V2, "memory.events")):
        yield _keyed(group, role, folder / name)
    for group in (SINGLES_V2, PEAKS_V2):
        yield _singles(group, role, {"memory": folder, "pids": folder})
    for resource in ("cpu", "memory", "io"):
        group = PRESSURE_V2.at(role=role, resource=resource)
        path = folder / f"{resource}.pressure"
        yield WordsProbe(group, path, pressure_planner(group), trim=blanked(b"="), records=False)


def _keyed(group: Group, role: str, path: Path) -> WordsProbe:
    here = group.at(role=role)
    return WordsProbe(here, path, keyed(here), records=False)


def _singles(group: Group, role: str, folders: Mapping[str, Path]) -> SinglesProbe:
    """The files of one figure, each in the folder of its controller: what stands before the dot of its name."""
    here = group.at(role=role)
    singles = [
        Single(replace(here.feature(one), source=f"{group.source} {one.key}"), folders[controller] / one.key, one.scale)
        for one in group.fields
        if (controller := one.key.partition(".")[0]) in folders
    ]
    return SinglesProbe(group.pace, singles)
