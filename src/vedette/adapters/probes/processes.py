"""The processes that are watched, each with all that descend from it.

    role server, pid 700 -> 700, 712, 713      process.server.0.*, process.server.1.*, process.server.2.*
                                               process.server.tree.*: their sum; what an ended one counted stays in

Trees are found anew at the slow pace. A process is numbered in the order in which it was found; those beyond MOST_OWN
are in the sum only. A process that another role watches is not counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from vedette.adapters.probes.process_figures import (
    FAST,
    PEAKS,
    SLOW,
    SUMMED_FAST,
    TREE_FAST,
    TREE_SLOW,
    member_groups,
)
from vedette.adapters.probes.process_member import Member
from vedette.adapters.probes.words import NAN, Field, Group
from vedette.values.reading import Absence, Feature, Pace

MOST_OWN = 16

Rows = dict[int, list[float]]
"""The row of each member, by its number."""


class _Sum:
    """Adds up some places of rows; counters of members that ended stay in, so that the sum never falls."""

    def __init__(self, fields: Sequence[Field], places: Sequence[int]) -> None:
        self._grows = [fields[place].grows for place in places]
        self._pick = itemgetter(*places)
        self._last: Rows = {}
        self._ended: list[float] | None = None

    def of(self, rows: Rows) -> Sequence[float]:
        """The sum; NaN without any row."""
        if rows.keys() != self._last.keys():
            for number in self._last.keys() - rows.keys():
                self._retire(self._pick(self._last[number]))
        self._last = rows
        picked: list[Sequence[float]] = [self._pick(row) for row in rows.values()]
        if len(picked) == 1 and self._ended is None:
            return picked[0]
        if not picked:
            return [NAN] * len(self._grows)
        return [sum(column) for column in zip(*picked, *([self._ended] if self._ended else []), strict=True)]

    def _retire(self, row: Sequence[float]) -> None:
        ended = self._ended or [0.0] * len(row)
        self._ended = [a + b if grows else a for a, b, grows in zip(ended, row, self._grows, strict=True)]


class Tree:
    """A process and its descendants; `others` are the processes that other roles watch."""

    def __init__(self, role: str, pid: int, others: frozenset[int], root: Path) -> None:
        self.role = role
        self._pid, self._others, self._root = pid, others, root
        self._found = 0
        self.members: dict[int, Member] = {}
        self.ended: str = ""
        self.lacks: dict[str, str] = {}
        self._add(pid)
        if not self.members:
            self.ended = f"process {pid} is not there, or may not be looked at"

    def resolve(self) -> None:
        """Find new descendants."""
        before: set[int] = set()
        while new := set(self.members) - before:
            before |= new
            for pid in sorted(set().union(*(self.members[one].children() for one in new))):
                if pid not in self.members and pid not in self._others:
                    self._add(pid)

    def fast_rows(self) -> Rows:
        """A fast row for each member by its number; those that ended are let go."""
        rows: Rows = {}
        for pid, member in list(self.members.items()):
            row = member.fast()
            if row is None:
                self._drop(pid)
            else:
                rows[member.number] = row
        return rows

    def _add(self, pid: int) -> None:
        try:
            member = Member(pid, self._found, self._root)
        except OSError:
            return
        self._found += 1
        self.members[pid] = member

    def _drop(self, pid: int) -> None:
        member = self.members.pop(pid)
        self.lacks |= member.lacks
        member.close()
        if pid == self._pid:
            self.ended = f"process {pid} ended while it was watched"

    def absences(self) -> list[Absence]:
        """What cannot be read of the tree."""
        found = [Absence(f"process.{self.role}", self.ended)] if self.ended else []
        if self._found > MOST_OWN:
            reason = f"{self._found} processes were seen; those beyond {MOST_OWN} are in process.{self.role}.tree only"
            found.append(Absence(f"process.{self.role}.<n>", reason))
        lacks = dict(self.lacks)
        for member in self.members.values():
            lacks |= member.lacks
        return found + [Absence(f"process.{self.role}.{name}", reason) for name, reason in lacks.items()]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a probe reads of each member, and how the tree's sum of it is called."""

    pace: Pace
    groups: tuple[Group, ...]
    tree: Group | None


class ProcessProbe:
    """Implements `Probe` for all trees at one pace."""

    def __init__(self, trees: Sequence[Tree], pace: Pace) -> None:
        self.pace = pace
        self._trees = [tree for tree in trees if tree.members]
        self._all = trees
        self._shape = _SHAPES[pace]
        fields = [field for group in self._shape.groups for field in group.fields]
        places = SUMMED_FAST if pace is Pace.FAST else range(len(fields))
        self._sums = [_Sum(fields, places) for _ in self._trees]
        self._numbers: list[tuple[int, ...]] | None = None
        self.features: tuple[Feature, ...] = ()

    @property
    def absences(self) -> Sequence[Absence]:
        """See `Probe.absences`; the fast probe speaks for all."""
        return [one for tree in self._all for one in tree.absences()] if self.pace is Pace.FAST else ()

    def read(self) -> Sequence[float]:
        """See `Probe.read`. The slow one looks for new processes first."""
        rows = [self._rows(tree) for tree in self._trees]
        numbers = [tuple(row) for row in rows]
        if numbers != self._numbers:
            self._numbers = numbers
            self.features = self._named(numbers)
        values: list[float] = []
        for tree, own, total in zip(rows, numbers, self._sums, strict=True):
            if self.pace is not Pace.PEAK:
                values += self._total(tree, total)
            for number in own:
                if number < MOST_OWN:
                    values += tree[number]
        return values

    def _rows(self, tree: Tree) -> Rows:
        if self.pace is Pace.FAST:
            return tree.fast_rows()
        if self.pace is Pace.PEAK:
            return {member.number: member.peaks() for member in tree.members.values()}
        tree.resolve()
        return {member.number: member.slow() for member in tree.members.values()}

    def _total(self, rows: Rows, total: _Sum) -> Sequence[float]:
        return total.of(rows) if self.pace is Pace.SLOW else (float(len(rows)), *total.of(rows))

    def _named(self, numbers: list[tuple[int, ...]]) -> tuple[Feature, ...]:
        features: list[Feature] = []
        for tree, own in zip(self._trees, numbers, strict=True):
            if self._shape.tree is not None:
                features += self._shape.tree.features(role=tree.role)
            for number in (one for one in own if one < MOST_OWN):
                for group in member_groups(self._shape.groups, tree.role, number):
                    features += group.features()
        return tuple(features)


_SHAPES = {
    Pace.FAST: _Shape(Pace.FAST, FAST, TREE_FAST),
    Pace.SLOW: _Shape(Pace.SLOW, SLOW, TREE_SLOW),
    Pace.PEAK: _Shape(Pace.PEAK, (PEAKS,), None),
}


def process_probes(watched: Sequence[tuple[str, int]], root: Path = Path("/")) -> tuple[ProcessProbe, ...]:
    """The fast, slow and peak probe of the trees of (role, pid); `root` is where /proc is found."""
    pids = frozenset(pid for _, pid in watched)
    trees = [Tree(role, pid, pids - {pid}, root) for role, pid in watched]
    return tuple(ProcessProbe(trees, pace) for pace in Pace)
