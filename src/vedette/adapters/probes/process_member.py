"""One process: its kept-open files for the fast rows, and what is looked up anew for the slow ones.

An open file of a process that ended gives an error, never the figures of a later process with the same number.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from vedette.adapters.probes.process_figures import FAST, PEAKS, ROLLUP, STATUS, THREADS
from vedette.adapters.probes.words import NAN, Cell, Group, KeptFile, figures

_MOST_BYTES = 16384
_SWITCHES = (b"voluntary_ctxt_switches:", b"nonvoluntary_ctxt_switches:")
Five = tuple[float, float, float, float, float]


def _cells(group: Group) -> tuple[Cell, ...]:
    return tuple(Cell(group.feature(one), int(one.key), one.scale) for one in group.fields)


_FAST_CELLS = tuple(_cells(group) for group in FAST)
_FILES = ("stat", "io", "schedstat")


class Member:
    """A process that is followed.

    Raises:
        OSError: it is not there.
    """

    def __init__(self, pid: int, number: int, root: Path) -> None:
        self.pid, self.number = pid, number
        self.lacks: dict[str, str] = {}
        self._folder = f"{root}/proc/{pid}"
        self._stat = KeptFile(f"{self._folder}/stat")
        self._others = [self._kept(name) for name in _FILES[1:]]
        self._threads: dict[str, Five] = {}
        self._ended_threads: Five = (0.0,) * 5

    def fast(self) -> list[float] | None:
        """The values of FAST in their order; None once the process has ended."""
        try:
            data = self._stat.read()
        except OSError:
            return None
        words = data[data.rfind(b")") + 1 :].split()
        if not words or words[0] in {b"Z", b"X"}:
            return None
        row = figures(words, _FAST_CELLS[0])
        for file, cells in zip(self._others, _FAST_CELLS[1:], strict=True):
            row += self._figures(file, cells)
        return row

    def slow(self) -> list[float]:
        """The values of SLOW in their order; NaN for what is not there."""
        status = _keyed_figures(STATUS, self._content("status"))
        rollup = _keyed_figures(ROLLUP, self._content("smaps_rollup"))
        return [*status, *rollup, *self._thread_figures(), self._handles()]

    def peaks(self) -> list[float]:
        """The values of PEAKS."""
        return _keyed_figures(PEAKS, self._content("status"))

    def children(self) -> set[int]:
        """Processes that its threads made and that live; empty where the kernel does not tell."""
        found: set[int] = set()
        for thread in self._names("task") or ():
            found |= {int(word) for word in self._content(f"task/{thread}/children").split() if word.isdigit()}
        return found

    def close(self) -> None:
        """Close its files."""
        for file in (self._stat, *self._others):
            if file is not None:
                file.close()

    def _kept(self, name: str) -> KeptFile | None:
        try:
            return KeptFile(f"{self._folder}/{name}")
        except OSError as error:
            self.lacks[name] = f"/proc/{self.pid}/{name}: {error.strerror}"
            return None

    def _figures(self, file: KeptFile | None, cells: Sequence[Cell]) -> list[float]:
        try:
            return figures(file.read().split(), cells) if file else [NAN] * len(cells)
        except OSError:
            return [NAN] * len(cells)

    def _content(self, name: str) -> bytes:
        """A file read anew: one of these, kept open, would go on to show the memory from before an exec."""
        try:
            handle = os.open(f"{self._folder}/{name}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                return os.read(handle, _MOST_BYTES)
            finally:
                os.close(handle)
        except OSError as error:
            if isinstance(error, PermissionError):
                self.lacks[name] = f"/proc/{self.pid}/{name}: {error.strerror}"
            return b""

    def _names(self, folder: str) -> list[str] | None:
        """What a folder of the process holds; None where it may not be looked at."""
        try:
            return os.listdir(f"{self._folder}/{folder}")  # noqa: PTH208 - a Path for each name costs more than reading it
        except OSError as error:
            if isinstance(error, PermissionError):
                self.lacks[folder] = f"/proc/{self.pid}/{folder}: {error.strerror}"
            return None

    def _handles(self) -> float:
        names = self._names("fd")
        return NAN if names is None else float(len(names))

    def _thread_figures(self) -> list[float]:
        """Sums over the threads; what an ended thread had when it was last seen stays in."""
        now = {name: five for name in self._names("task") or () if (five := self._thread(name)) is not None}
        for name, five in self._threads.items():
            if name not in now:
                self._ended_threads = _added(self._ended_threads, five)
        self._threads = now
        if not now:
            return [NAN] * 5
        total = self._ended_threads
        for five in now.values():
            total = _added(total, five)
        return [value * field.scale for value, field in zip(total, THREADS.fields, strict=True)]

    def _thread(self, name: str) -> Five | None:
        sched = self._content(f"task/{name}/schedstat").split()
        status = self._content(f"task/{name}/status").split()
        try:
            run, wait, slices = (float(word) for word in sched) if sched else (NAN, NAN, NAN)
            given, taken = (float(status[status.index(key) + 1]) for key in _SWITCHES)
        except ValueError:
            return None
        return run, wait, slices, given, taken


def _added(left: Five, right: Five) -> Five:
    return tuple(a + b for a, b in zip(left, right, strict=True))  # type: ignore[return-value]


def _keyed_figures(group: Group, data: bytes) -> list[float]:
    """The figures of lines `Key:  value kB`, whose places differ from one process to the next."""
    return [_figure(data, b"\n%b:" % field.key.encode()) * field.scale for field in group.fields]


def _figure(data: bytes, key: bytes) -> float:
    at = data.find(key)
    words = data[at + len(key) : at + len(key) + 40].split(maxsplit=1) if at >= 0 else ()
    return float(words[0]) if words and words[0].isdigit() else NAN
