"""What each disk did, from /proc/diskstats: `254 0 vda 863396 74397 ...` -> disk.vda.reads, ...

Disks that never did anything are left out, and so are loop and memory devices and the partitions of a disk: what they
do, their disk does.
"""

from __future__ import annotations

from pathlib import Path

from vedette.adapters.probes.words import Cell, Field, Group, Plan, WordsProbe, lines
from vedette.values.reading import Absence, Pace

_SECTOR = 512.0
_MS = 1e-3

DISK = Group(
    "disk.<disk>",
    "/proc/diskstats",
    Pace.SLOW,
    (
        Field("3", "reads", "count", "reads that were finished", grows=True),
        Field("4", "reads_merged", "count", "reads that were joined to a neighbour", grows=True),
        Field("5", "read", "bytes", "bytes read", _SECTOR, grows=True),
        Field("6", "reading", "s", "time that reads took, summed over all of them", _MS, grows=True),
        Field("7", "writes", "count", "writes that were finished", grows=True),
        Field("8", "writes_merged", "count", "writes that were joined to a neighbour", grows=True),
        Field("9", "written", "bytes", "bytes written", _SECTOR, grows=True),
        Field("10", "writing", "s", "time that writes took, summed over all of them", _MS, grows=True),
        Field("11", "under_way", "count", "requests under way now"),
        Field("12", "busy", "s", "time in which at least one request was under way", _MS, grows=True),
        Field(
            "13",
            "waiting",
            "s",
            "time of every request under way, summed: its rate is the queue's length",
            _MS,
            grows=True,
        ),
        Field("14", "discards", "count", "discards that were finished", grows=True),
        Field("15", "discards_merged", "count", "discards that were joined to a neighbour", grows=True),
        Field("16", "discarded", "bytes", "bytes discarded", _SECTOR, grows=True),
        Field("17", "discarding", "s", "time that discards took, summed over all of them", _MS, grows=True),
        Field("18", "flushes", "count", "flushes that were finished", grows=True),
        Field("19", "flushing", "s", "time that flushes took, summed over all of them", _MS, grows=True),
    ),
)
GROUPS = (DISK,)
_VIRTUAL = ("loop", "ram", "zram", "fd", "sr")
_NAME = 2
_FIRST = 3


def disk_probes(root: Path = Path("/")) -> tuple[WordsProbe, ...]:
    """The probe of all disks; `root` is where /proc and /sys are found."""
    blocks = root / "sys/block"
    whole = {entry.name for entry in blocks.iterdir()} if blocks.is_dir() else None
    return (WordsProbe(DISK.at(disk="NAME"), root / "proc/diskstats", lambda data: _plan(data, whole)),)


def _plan(data: bytes, whole: set[str] | None) -> Plan:
    cells, anchors = [], []
    for at, words in lines(data):
        name = words[_NAME].decode("utf-8", "replace") if len(words) > _FIRST else ""
        if not name or name.startswith(_VIRTUAL) or (whole is not None and name not in whole):
            continue
        if any(word != b"0" for word in words[_FIRST:]):
            group = DISK.at(disk=name)
            anchors.append((at + _NAME, words[_NAME]))
            cells += [
                Cell(group.feature(one), at + int(one.key), one.scale)
                for one in group.fields
                if int(one.key) < len(words)
            ]
    missing = () if cells else (Absence("disk", "/proc/diskstats names no disk that did anything"),)
    return Plan(tuple(cells), tuple(anchors), missing)
