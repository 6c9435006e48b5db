"""What the processors did: times by state, of all and of each core, switches, interrupts, load, pressure, run queues.

    /proc/stat      cpu 1817260 12935 215151 ...  -> system.cpu.user = ticks / CLK_TCK
    /proc/loadavg   0.15 0.51 1.11 1/95 23756     -> system.load.1m, ..., system.threads
    /proc/pressure  some avg10=0.24 ... total=..  -> pressure.io.some.avg10, ...
    /proc/schedstat cpu0 ... run wait slices      -> core.0.sched.run, ...

The kernel counts processor times of most machines in ticks of 10 ms: a share over less than a second is coarse. It
renews load every 5 s and pressure every 2 s: to read them faster gives nothing new.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from vedette.adapters.probes.words import Cell, Field, Group, Plan, Planner, WordsProbe, blanked, lines, place
from vedette.values.reading import Absence, Pace

_TICK_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
MOST_CORES = 64
"""More cores than these have no columns of their own: a row would be mostly cores."""

_TIMES = (
    Field("1", "user", "s", "time in user space, guests included", _TICK_S, grows=True),
    Field("2", "nice", "s", "time in user space at lowered priority", _TICK_S, grows=True),
    Field("3", "system", "s", "time in the kernel", _TICK_S, grows=True),
    Field("4", "idle", "s", "time with nothing to do", _TICK_S, grows=True),
    Field(
        "5", "iowait", "s", "idle time while a task waited for a disk; unreliable, says the kernel", _TICK_S, grows=True
    ),
    Field("6", "irq", "s", "time in interrupt handlers", _TICK_S, grows=True),
    Field("7", "softirq", "s", "time in deferred interrupt work, such as network packets", _TICK_S, grows=True),
    Field("8", "steal", "s", "time that the host gave to other virtual machines", _TICK_S, grows=True),
)
_GUESTS = (
    Field("9", "guest", "s", "time that ran virtual machines of this machine", _TICK_S, grows=True),
    Field("10", "guest_nice", "s", "the same at lowered priority", _TICK_S, grows=True),
)
CPU = Group("system.cpu", "/proc/stat", Pace.FAST, _TIMES + _GUESTS)
CORE = Group("core.<core>.cpu", "/proc/stat", Pace.FAST, _TIMES)
KERNEL = Group(
    "system",
    "/proc/stat",
    Pace.FAST,
    (
        Field("intr", "interrupts", "count", "interrupts handled", grows=True),
        Field("ctxt", "context_switches", "count", "context switches of all processors", grows=True),
        Field("processes", "forks", "count", "processes and threads made", grows=True),
        Field("procs_running", "running", "count", "tasks that run or could run now"),
        Field("procs_blocked", "blocked", "count", "tasks that wait for a disk now"),
    ),
)
_SOFTIRQS = (
    ("all", "deferred interrupts of every kind"),
    ("hi", "urgent tasklets"),
    ("timer", "timers that fell due"),
    ("net_tx", "network sending"),
    ("net_rx", "network receiving"),
    ("block", "finished disk requests"),
    ("irq_poll", "polled disk requests"),
    ("tasklet", "tasklets"),
    ("sched", "rebalancing of processors"),
    ("hrtimer", "high-resolution timers"),
    ("rcu", "deferred releases of kernel memory"),
)
SOFTIRQ = Group(
    "system.softirq",
    "/proc/stat",
    Pace.FAST,
    tuple(Field(str(at), name, "count", text, grows=True) for at, (name, text) in enumerate(_SOFTIRQS, 1)),
)
LOAD = Group(
    "system",
    "/proc/loadavg",
    Pace.SLOW,
    (
        Field("0", "load.1m", "tasks", "tasks that ran, could run or waited for a disk, averaged over a minute"),
        Field("1", "load.5m", "tasks", "the same over 5 minutes"),
        Field("2", "load.15m", "tasks", "the same over 15 minutes"),
        Field("3", "tasks.runnable", "count", "tasks that run or could run now"),
        Field("4", "tasks.all", "count", "processes and threads that exist"),
    ),
)
_AVERAGES = (
    Field("avg10", "avg10", "%", "share of the last 10 s in which tasks stood still for want of it"),
    Field("avg60", "avg60", "%", "the same over 60 s"),
    Field("avg300", "avg300", "%", "the same over 300 s"),
    Field("total", "stalled", "s", "time in which tasks stood still for want of it", 1e-6, grows=True),
)
PRESSURE = Group(
    "pressure.<resource>",
    "/proc/pressure/<resource>",
    Pace.SLOW,
    tuple(
        field._replace(key=f"{extent} {field.key}", name=f"{extent}.{field.name}", meaning=f"{field.meaning}; {words}")
        for extent, words in (("some", "some tasks at least"), ("full", "all tasks that were not idle at once"))
        for field in _AVERAGES
    ),
)
SCHED = Group(
    "core.<core>.sched",
    "/proc/schedstat",
    Pace.SLOW,
    (
        Field("7", "run", "s", "time in which tasks ran on the core", 1e-9, grows=True),
        Field("8", "wait", "s", "time in which tasks waited for the core though they could run", 1e-9, grows=True),
        Field("9", "slices", "count", "turns that tasks had on the core", grows=True),
    ),
)
GROUPS = (CPU, CORE, KERNEL, SOFTIRQ, LOAD, PRESSURE, SCHED)
_RESOURCES = ("cpu", "memory", "io", "irq")


def processor_probes(root: Path = Path("/")) -> tuple[WordsProbe, ...]:
    """Every probe of this module; `root` is where /proc is found."""
    proc = root / "proc"
    return (
        WordsProbe(CPU, proc / "stat", _plan_stat, trim=_without_sources, records=False),
        WordsProbe(LOAD, proc / "loadavg", _plan_load, trim=blanked(b"/"), records=False),
        *(_pressure(proc, resource) for resource in _RESOURCES),
        WordsProbe(SCHED.at(core="N"), proc / "schedstat", _plan_sched),
    )


def _without_sources(data: bytes) -> bytes:
    """Leave out the thousand counts of single interrupt sources that follow their total."""
    start = data.find(b"\nintr ")
    first, end = data.find(b" ", start + 6), data.find(b"\n", start + 1)
    return data[:first] + data[end:] if 0 < start < first < end else data


def _plan_stat(data: bytes) -> Plan:
    cells: list[Cell] = []
    anchors, keys = [], {}
    cores = 0
    for at, words in lines(data):
        name = words[0].decode("ascii", "replace") if words else ""
        if name == "cpu":
            cells += _line(CPU, at, words)
        elif name.startswith("cpu"):
            cores += 1
            anchors.append((at, words[0]))
            cells += _line(CORE.at(core=name[3:]), at, words) if cores <= MOST_CORES else ()
        elif name == "softirq":
            cells += _line(SOFTIRQ, at, words)
        elif len(words) > 1:
            keys[name] = at + 1
    kernel = place(KERNEL, keys)
    return Plan((*cells, *kernel.cells), tuple(anchors), (*kernel.missing, *_unseen_cores(cores)))


def _line(group: Group, at: int, words: list[bytes]) -> Iterator[Cell]:
    """The cells of a line whose fields are keyed by their place in it."""
    for one in group.fields:
        if int(one.key) < len(words):
            yield Cell(group.feature(one), at + int(one.key), one.scale)


def _unseen_cores(cores: int) -> tuple[Absence, ...]:
    if cores <= MOST_CORES:
        return ()
    return (Absence("core", f"the first {MOST_CORES} of {cores} cores have columns of their own; system.cpu has all"),)


def _plan_load(data: bytes) -> Plan:
    words = data.split()
    return Plan(tuple(_line(LOAD, 0, words)))


def _pressure(proc: Path, resource: str) -> WordsProbe:
    group = PRESSURE.at(resource=resource)
    return WordsProbe(group, proc / "pressure" / resource, pressure_planner(group), trim=blanked(b"="), records=False)


def pressure_planner(group: Group) -> Planner:
    """Plans lines `some avg10 0.24 avg60 0.47 ...`."""

    def planner(data: bytes) -> Plan:
        places = {
            f"{words[0].decode()} {words[index].decode()}": at + index + 1
            for at, words in lines(data)
            for index in range(1, len(words) - 1, 2)
        }
        return place(group, places)

    return planner


def _plan_sched(data: bytes) -> Plan:
    cells: list[Cell] = []
    anchors: list[tuple[int, bytes]] = []
    for at, words in lines(data):
        if words and words[0].startswith(b"cpu") and len(anchors) < MOST_CORES:
            anchors.append((at, words[0]))
            cells += _line(SCHED.at(core=words[0][3:].decode("ascii", "replace")), at, words)
    return Plan(tuple(cells), tuple(anchors))
