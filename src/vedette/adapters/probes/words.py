r"""Files of figures that the kernel writes, kept open and read again: each figure keeps its place among the words.

    `MemTotal:  24684096 kB\n...` --split--> word 1 x 1024 -> memory.total = 25276514304 bytes

A plan, made once from the first reading, says at which word each figure stands; later readings only split and convert.
It is made anew when the number of words or an anchor (the name of a disk, of a core) has changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from vedette.values.reading import Absence, Feature, Pace, Reckoning

NAN = float("nan")


class Field(NamedTuple):
    """A figure in a file: the kernel's key, our name, its unit, what it means, and the factor to that unit."""

    key: str
    name: str
    unit: str
    meaning: str
    scale: float = 1.0
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of one source: `prefix` begins their names, `pace` says when they are read."""

    prefix: str
    source: str
    pace: Pace
    fields: tuple[Field, ...]

    def features(self, **places: str) -> tuple[Feature, ...]:
        """Their features; `core="0"` puts 0 for `<core>` in the prefix and the source."""
        here = self.at(**places)
        return tuple(here.feature(one) for one in self.fields)

    def feature(self, one: Field) -> Feature:
        """The feature of one field."""
        reckoning = Reckoning.COUNTER if one.grows else Reckoning.GAUGE
        return Feature(f"{self.prefix}.{one.name}", one.unit, self.source, one.meaning, self.pace, reckoning)

    def at(self, **places: str) -> Group:
        """The group with its places filled in."""
        prefix, source = self.prefix, self.source
        for place, value in places.items():
            prefix, source = prefix.replace(f"<{place}>", value), source.replace(f"<{place}>", value)
        return replace(self, prefix=prefix, source=source)


class Cell(NamedTuple):
    """A feature, the place of its word, and the factor to its unit."""

    feature: Feature
    word: int
    scale: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything stands; `anchors` are words that must not change, `missing` what this kernel does not give."""

    cells: tuple[Cell, ...]
    anchors: tuple[tuple[int, bytes], ...] = ()
    missing: tuple[Absence, ...] = field(default=())


Planner = Callable[[bytes], Plan]
Trim = Callable[[bytes], bytes]
"""Makes the content of a file one of words between blanks."""


class KeptFile:
    """A file that stays open. A pread of a kernel file at 0 writes it anew.

    Args:
        path: the file.
        records: whether the kernel writes it in records, of which one pread may give the first ones only.

    Raises:
        OSError: it cannot be opened or read.
    """

    _fd = -1

    def __init__(self, path: Path | str, *, records: bool = False) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._records = records
        self._size = 65536
        try:
            self._size = 2 * len(self._all()) + 4096
        except OSError:
            self.close()
            raise

    def read(self) -> bytes:
        """Its content now.

        Raises:
            OSError: the process, group or device that it speaks of is gone.
        """
        return self._all() if self._records else os.pread(self._fd, self._size, 0)

    def close(self) -> None:
        """Close it; again does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _all(self) -> bytes:
        parts, at = [], 0
        while part := os.pread(self._fd, self._size, at):
            parts.append(part)
            at += len(part)
        return b"".join(parts)

    def __del__(self) -> None:
        self.close()


class WordsProbe:
    """Implements `Probe` for one file. Where it cannot be opened, it has no features and one absence."""

    def __init__(
        self, group: Group, path: Path, planner: Planner, *, trim: Trim | None = None, records: bool = True
    ) -> None:
        self.pace = group.pace
        self._group, self._planner = group, planner
        self._trim = trim or _whole
        self._file: KeptFile | None = None
        self._plan, self._count = Plan(()), -1
        self._failed: tuple[Absence, ...] = ()
        self.features: tuple[Feature, ...] = ()
        try:
            self._file = KeptFile(path, records=records)
            self._lay_out(self._trim(self._file.read()))
        except OSError as error:
            self._failed = (Absence(group.prefix, why(group.source, error)),)

    @property
    def absences(self) -> Sequence[Absence]:
        """See `Probe.absences`."""
        return (*self._failed, *self._plan.missing)

    def read(self) -> Sequence[float]:
        """See `Probe.read`."""
        if self._file is None:
            return ()
        try:
            data = self._trim(self._file.read())
        except OSError as error:
            self._failed = (Absence(self._group.prefix, why(self._group.source, error)),)
            return [NAN] * len(self.features)
        words = data.split()
        if len(words) != self._count or any(words[index] != word for index, word in self._plan.anchors):
            self._lay_out(data)
        return figures(words, self._plan.cells)

    def _lay_out(self, data: bytes) -> None:
        self._plan, self._count = self._planner(data), len(data.split())
        features = tuple(cell.feature for cell in self._plan.cells)
        if features != self.features:
            self.features = features


def _whole(data: bytes) -> bytes:
    return data


def blanked(separators: bytes) -> Trim:
    """Puts blanks for separators: `some avg10=0.24` becomes `some avg10 0.24`."""
    table = bytes.maketrans(separators, b" " * len(separators))
    return lambda data: data.translate(table)


def figures(words: Sequence[bytes], cells: Iterable[Cell]) -> list[float]:
    """The figures at their places; NaN for a word that is no number (`max`)."""
    try:
        return [float(words[word]) * scale for _, word, scale in cells]
    except (ValueError, IndexError):
        return [_figure(words, word) * scale for _, word, scale in cells]


def _figure(words: Sequence[bytes], index: int) -> float:
    try:
        return float(words[index])
    except (ValueError, IndexError):
        return NAN


def lines(data: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """The words of each line, with the place of the first among all words of the file."""
    at = 0
    for line in data.splitlines():
        words = line.split()
        yield at, words
        at += len(words)


def keyed(group: Group) -> Planner:
    """Plans a file of lines `Key value ...` or `Key: value ...`."""

    def planner(data: bytes) -> Plan:
        places = {words[0].rstrip(b":").decode("ascii", "replace"): at + 1 for at, words in lines(data) if words[1:]}
        return place(group, places)

    return planner


def place(group: Group, places: dict[str, int]) -> Plan:
    """The fields of a group at the words where their keys were found; the others are missing."""
    cells = [Cell(group.feature(one), places[one.key], one.scale) for one in group.fields if one.key in places]
    missing = [
        Absence(f"{group.prefix}.{one.name}", f"{group.source} of this kernel has no {one.key}")
        for one in group.fields
        if one.key not in places
    ]
    return Plan(tuple(cells), missing=tuple(missing))


def why(source: str, error: OSError) -> str:
    """Why a file cannot be read, in words."""
    return f"{source}: {error.strerror or type(error).__name__}"
