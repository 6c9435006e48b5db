"""Which figures are read of a process, where each stands, and what it means.

A process's times, faults and memory are those of all its threads; its schedstat and the context switches in its status
are those of its main thread alone, so those are read thread by thread, at the slow pace.
"""

from __future__ import annotations

import os
from dataclasses import replace

from vedette.adapters.probes.words import Field, Group
from vedette.values.reading import Pace

_TICK_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
_PAGE = float(os.sysconf("SC_PAGE_SIZE")) if hasattr(os, "sysconf") else 4096.0
_KB = 1024.0
_MEMBER = "process.<role>.<n>"
_TREE = "process.<role>.tree"

STAT = Group(
    _MEMBER,
    "/proc/<pid>/stat",
    Pace.FAST,
    (
        Field("7", "faults", "count", "page faults that needed no disk", grows=True),
        Field("9", "major_faults", "count", "page faults that had to read a disk", grows=True),
        Field("11", "cpu_user", "s", "CPU time in user space, all threads", _TICK_S, grows=True),
        Field("12", "cpu_system", "s", "CPU time in the kernel, all threads", _TICK_S, grows=True),
        Field("17", "threads", "count", "threads"),
        Field("21", "rss", "bytes", "memory in use, pages shared with other processes included", _PAGE),
        Field("20", "virtual", "bytes", "addresses in use, whether or not memory lies behind them"),
        Field(
            "13", "cpu_children_user", "s", "user time of children that ended and were waited for", _TICK_S, grows=True
        ),
        Field("14", "cpu_children_system", "s", "kernel time of those children", _TICK_S, grows=True),
        Field("36", "core", "number", "core on which the main thread ran last"),
    ),
)
"""Keys are places among the words behind the name in brackets; the state is 0."""
IO = Group(
    _MEMBER,
    "/proc/<pid>/io",
    Pace.FAST,
    (
        Field("1", "read_calls_bytes", "bytes", "bytes that its read calls returned, from caches too", grows=True),
        Field("3", "write_calls_bytes", "bytes", "bytes that its write calls took", grows=True),
        Field("5", "read_calls", "count", "read calls", grows=True),
        Field("7", "write_calls", "count", "write calls", grows=True),
        Field("9", "disk_read", "bytes", "bytes that disks had to read for it", grows=True),
        Field("11", "disk_written", "bytes", "bytes that it made disks write", grows=True),
    ),
)
SCHED = Group(
    _MEMBER,
    "/proc/<pid>/schedstat",
    Pace.FAST,
    (
        Field("0", "main_thread.run", "s", "time in which the main thread ran", 1e-9, grows=True),
        Field("1", "main_thread.wait", "s", "time in which it waited for a core though it could run", 1e-9, grows=True),
        Field("2", "main_thread.slices", "count", "turns that it had on a core", grows=True),
    ),
)
FAST = (STAT, IO, SCHED)
"""The files of a member that are kept open, in the order of its row."""

STATUS = Group(
    _MEMBER,
    "/proc/<pid>/status",
    Pace.SLOW,
    (
        Field("RssAnon", "anonymous", "bytes", "memory of no file: heap and stacks", _KB),
        Field("RssFile", "file", "bytes", "memory that is files: program, libraries, mapped weights", _KB),
        Field("RssShmem", "shared_memory", "bytes", "shared memory", _KB),
        Field("VmData", "heap_addresses", "bytes", "addresses in use for data", _KB),
        Field("VmStk", "main_stack", "bytes", "stack of the main thread", _KB),
        Field("VmLib", "libraries", "bytes", "addresses in use for libraries", _KB),
        Field("VmPTE", "page_tables", "bytes", "tables from its addresses to pages", _KB),
        Field("VmSwap", "swap", "bytes", "memory of no file that was moved to swap", _KB),
        Field("VmLck", "locked", "bytes", "memory that it locked", _KB),
    ),
)
ROLLUP = Group(
    _MEMBER,
    "/proc/<pid>/smaps_rollup",
    Pace.SLOW,
    (
        Field("Pss", "pss", "bytes", "memory in use, each shared page divided by the number of its users", _KB),
        Field("Pss_Anon", "pss_anonymous", "bytes", "the part of it that belongs to no file", _KB),
        Field("Pss_File", "pss_file", "bytes", "the part of it that is files", _KB),
        Field("Pss_Shmem", "pss_shared_memory", "bytes", "the part of it that is shared memory", _KB),
        Field("Shared_Clean", "shared_clean", "bytes", "shared pages as they are on disk", _KB),
        Field("Shared_Dirty", "shared_dirty", "bytes", "shared pages that were changed", _KB),
        Field("Private_Clean", "private_clean", "bytes", "pages of its own as they are on disk", _KB),
        Field("Private_Dirty", "private_dirty", "bytes", "pages of its own that were changed", _KB),
        Field("Referenced", "referenced", "bytes", "pages used of late", _KB),
        Field("AnonHugePages", "huge", "bytes", "memory in huge pages", _KB),
        Field("LazyFree", "lazily_freed", "bytes", "pages given back that the kernel has not taken yet", _KB),
    ),
)
THREADS = Group(
    _MEMBER,
    "/proc/<pid>/task/*/schedstat and status",
    Pace.SLOW,
    (
        Field(
            "run",
            "run",
            "s",
            "time in which its threads ran, exact; of threads that live or were seen",
            1e-9,
            grows=True,
        ),
        Field("wait", "wait", "s", "time in which they waited for a core though they could run", 1e-9, grows=True),
        Field("slices", "slices", "count", "turns that they had on a core", grows=True),
        Field("voluntary", "switches_voluntary", "count", "times they gave up a core to wait", grows=True),
        Field("nonvoluntary", "switches_forced", "count", "times a core was taken from them", grows=True),
    ),
)
HANDLES = Group(
    _MEMBER, "/proc/<pid>/fd", Pace.SLOW, (Field("fd", "open_files", "count", "open files and connections"),)
)
SLOW = (STATUS, ROLLUP, THREADS, HANDLES)

PEAKS = Group(
    _MEMBER,
    "/proc/<pid>/status",
    Pace.PEAK,
    (
        Field("VmHWM", "rss_peak", "bytes", "the most memory in use since the process began", _KB),
        Field("VmPeak", "virtual_peak", "bytes", "the most addresses in use since the process began", _KB),
    ),
)
_NOT_SUMMED = {"core", "main_thread.run", "main_thread.wait", "main_thread.slices"}
_NOT_SUMMED |= {"cpu_children_user", "cpu_children_system"}  # the tree's sum keeps what its ended members used
COUNT = Field("count", "processes", "count", "processes in the tree")


def _tree(groups: tuple[Group, ...], pace: Pace, extra: tuple[Field, ...] = ()) -> Group:
    fields = tuple(
        one._replace(meaning=f"{one.meaning}; summed over the tree")
        for group in groups
        for one in group.fields
        if one.name not in _NOT_SUMMED
    )
    return Group(_TREE, "sum over the process and its descendants", pace, (*extra, *fields))


TREE_FAST = _tree(FAST, Pace.FAST, (COUNT,))
TREE_SLOW = _tree(SLOW, Pace.SLOW)
SUMMED_FAST = tuple(
    index for index, one in enumerate(field for group in FAST for field in group.fields) if one.name not in _NOT_SUMMED
)
"""Places in a member's fast row that are added up."""
GROUPS = (*FAST, *SLOW, PEAKS, TREE_FAST, TREE_SLOW)


def member_groups(groups: tuple[Group, ...], role: str, number: int) -> tuple[Group, ...]:
    """The groups of one process of a tree."""
    return tuple(replace(group.at(role=role, n=str(number)), source=group.source) for group in groups)
