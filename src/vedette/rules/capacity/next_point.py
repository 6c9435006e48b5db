"""Few-sample profiling: which mini-batch is measured next, so that few of them tell the whole curve. All of it is here.

    smallest batch -> largest within reach -> middles of the widest gaps -> repeats: the noise is known
    -> wherever L or W is least certain (`doubt`), a new batch for its shape, a repeat for its noise
    -> certain, or no longer more certain at the rate that trials should make it: stop

Repeats are of another batch each, and come after the outline: what a machine drifts by in that time is in the noise.
Where the noise does not allow the width that is wanted, trials go on only while they narrow the doubt as they should
(`stalled`). A shape in doubt is measured on.

A batch that did not fit the memory, or took too long, ends its column: no larger one is tried, and halving finds the
largest that fits. Each image size is a column of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from vedette.rules.capacity.doubt import FEWEST_FOR_SHAPE, Doubt, Knot, doubts, stalled
from vedette.rules.capacity.pooled import spread_of
from vedette.values.frame import Size
from vedette.values.profile import Failed

FEWEST_TRIALS = 3
"""Of one point, unless told; and repeats in each column are one fewer at least, which show how trials differ."""

FIRST_SHARE = 3.0
"""W may be so many times less certain than L: a device has one first mini-batch and many later ones."""

_NORMAL = 1.96
"""Half the 95 % interval of a normal distribution, in standard deviations."""

_ENOUGH = 1 + 1e-9
"""Doubt over goal; a batch with all its trials is at 1 where noise sets the goal."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a trial measures: a mini-batch of so many images of one size; None: as they come."""

    batch: int
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What one trial found: W, and the mean of its L, in seconds, above 0."""

    first_s: float
    later_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured so far.

    Attributes:
        samples: of each point that worked, one a trial.
        failed: points that did not work.
        spent_s: time that measuring took.
        doubts: `Next.doubt` as it was before each trial, in their order.
    """

    samples: Mapping[Point, Sequence[Sample]]
    failed: Mapping[Point, Failed]
    spent_s: float = 0.0
    doubts: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """When the curves are known well enough.

    Attributes:
        width: half the width of L's interval, relative, that is wanted at every batch; 0.03 is 3 %.
        trials: of one point at most.
        budget_s: no trial is begun after so long; None: no limit.
        longest_s: a mini-batch that is expected to take longer is not sought; None: no limit.
    """

    width: float = 0.03
    trials: int = FEWEST_TRIALS
    budget_s: float | None = None
    longest_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.width < 1 or self.trials < 1:
            raise ValueError(f"a width lies between 0 and 1 and a point has one trial at least, got {self}")


@dataclass(frozen=True, slots=True)
class Next:
    """What to measure; `point` None: nothing more.

    Attributes:
        point: the next trial.
        width: how uncertain L is now where it is least certain, relative; infinite while its shape is not known.
        reason: in words.
        doubt: how uncertain L is in the mean of all batches, relative; infinite as `width`.
    """

    point: Point | None
    width: float
    reason: str
    doubt: float = math.inf


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one column wants next: `need` above 1 is urgent, 1 or less is certain enough.

    `noisy` tells that all the trials of a batch would not give it the width that is wanted, even if the deviation of
    trials were known exactly.
    """

    batch: int | None
    need: float
    width: float
    reason: str = ""
    doubt: float = math.inf
    noisy: bool = False


def next_point(batches: Sequence[int], sizes: Sequence[Size | None], seen: Seen, aim: Aim) -> Next:
    """The trial that tells most, or none where the curves are certain, trials or the time are used up.

    Args:
        batches: that may be measured, in any order; 1 or more.
        sizes: of the images; each is a column.
        seen: so far.
        aim: when to stop.
    """
    turns = {size: _turn(_Column.of(batches, size, seen), aim) for size in sizes}
    width = max((turn.width for turn in turns.values()), default=0.0)
    doubt = fmean(turn.doubt for turn in turns.values()) if turns else 0.0
    if aim.budget_s is not None and seen.spent_s >= aim.budget_s:
        return Next(None, width, "the time is used up", doubt)
    open_turns = [(size, turn) for size, turn in turns.items() if turn.batch is not None]
    if not open_turns:
        return Next(None, width, _why_done(turns.values(), width, aim), doubt)
    if any(turn.noisy for turn in turns.values()) and stalled((*seen.doubts, doubt)):
        return Next(None, width, "more trials no longer narrow it: the machine itself varies by so much", doubt)
    size, turn = max(open_turns, key=lambda one: (one[1].need, -_trials_of(seen, one[0])))
    assert turn.batch is not None, "only those are open"
    return Next(Point(turn.batch, size), width, turn.reason, doubt)


def _why_done(turns: Iterable[_Turn], width: float, aim: Aim) -> str:
    if any(turn.need > _ENOUGH for turn in turns):
        return f"every batch has its {aim.trials} trials"
    return "certain enough" if width <= aim.width else f"as certain as {aim.trials} trials of every batch would be"


def _trials_of(seen: Seen, size: Size | None) -> int:
    return sum(len(samples) for point, samples in seen.samples.items() if point.size == size)


@dataclass(frozen=True, slots=True)
class _Column:
    """One image size.

    Attributes:
        usable: batches that can be measured, rising.
        measured: samples by batch, rising; of usable ones.
        ceiling: smallest batch that ended the column; None: none did.
    """

    usable: tuple[int, ...]
    measured: Mapping[int, Sequence[Sample]]
    ceiling: int | None

    @classmethod
    def of(cls, batches: Sequence[int], size: Size | None, seen: Seen) -> _Column:
        failed = {point.batch: why for point, why in seen.failed.items() if point.size == size}
        ceiling = min((batch for batch, why in failed.items() if why is not Failed.REFUSED), default=None)
        usable = tuple(
            batch for batch in sorted(set(batches)) if batch not in failed and (ceiling is None or batch < ceiling)
        )
        found = {point.batch: samples for point, samples in seen.samples.items() if point.size == size and samples}
        return cls(usable, {batch: found[batch] for batch in usable if batch in found}, ceiling)

    @property
    def unmeasured(self) -> list[int]:
        return [batch for batch in self.usable if batch not in self.measured]

    def trials(self, batch: int) -> int:
        return len(self.measured.get(batch, ()))


def _turn(column: _Column, aim: Aim) -> _Turn:
    if not column.usable:
        return _Turn(None, 0.0, 0.0, doubt=0.0)
    batch, reason = _outline(column, aim)
    if batch is not None:
        return _Turn(batch, math.inf, math.inf, reason)
    able = [batch for batch in column.measured if column.trials(batch) < aim.trials]
    repeats = sum(len(samples) - 1 for samples in column.measured.values())
    if able and repeats < min(FEWEST_TRIALS, aim.trials) - 1:
        again = min(able, key=lambda batch: (column.trials(batch), batch))
        return _Turn(again, math.inf, math.inf, "how trials differ is not known yet")
    return _least_certain(column, aim)


# --- the outline ------------------------------------------------------------------------------------------------------


def _outline(column: _Column, aim: Aim) -> tuple[int | None, str]:
    """The ends of the curve, then its middles, until there are as many batches as show a shape."""
    if not column.measured:
        return column.usable[0], "the smallest batch comes first"
    top = max(column.measured)
    above = [batch for batch in column.usable if batch > top]
    if above and column.ceiling is not None:
        return _middle(above, top, column.ceiling), "the largest batch that works is sought"
    if above:
        return _reachable(above, top, column, aim), "the largest batch within reach"
    if len(column.measured) < FEWEST_FOR_SHAPE and column.unmeasured:
        return _widest_gap(column), "the middle of the widest gap"
    return None, ""


def _reachable(above: Sequence[int], top: int, column: _Column, aim: Aim) -> int:
    """The largest batch that is expected to keep within the longest time, at the time an image that is known."""
    if aim.longest_s is None:
        return above[-1]
    each = max(fmean(_values(column.measured[top], first=first)) for first in (True, False)) / top
    within = [batch for batch in above if each * batch <= aim.longest_s]
    return within[-1] if within else above[0]


def _widest_gap(column: _Column) -> int:
    knots = list(column.measured)
    gaps = [(low, high) for low, high in pairwise(knots) if _inside(column, low, high)]
    if not gaps:  # all that is left lies below the smallest one that was measured
        return column.unmeasured[0]
    low, high = max(gaps, key=lambda gap: gap[1] / gap[0])
    return _middle(_inside(column, low, high), low, high)


def _inside(column: _Column, low: int, high: int) -> list[int]:
    return [batch for batch in column.unmeasured if low < batch < high]


def _middle(batches: Sequence[int], low: int, high: int) -> int:
    """The one nearest the middle as people count batches: by factors."""
    centre = math.log(low * high) / 2
    return min(batches, key=lambda batch: abs(math.log(batch) - centre))


# --- where it is least certain ----------------------------------------------------------------------------------------


def _least_certain(column: _Column, aim: Aim) -> _Turn:
    """Nothing is made more certain than all the trials of every batch would make it: noise may not allow the width."""
    needs: list[tuple[float, int, Doubt]] = []
    for first in (False, True):
        wanted = aim.width * (FIRST_SHARE if first else 1.0)
        spread = spread_of(_values(samples, first=first) for samples in column.measured.values())
        goal = wanted if spread is None else max(wanted, spread.half_width(aim.trials))
        found = doubts(_knots(column, first=first), column.usable, spread, wanted)
        needs += [(doubt.total / goal, batch, doubt) for batch, doubt in found.items()]
        if not first:
            width = max(doubt.total for doubt in found.values())
            mean = fmean(doubt.total for doubt in found.values())
            noisy = spread is not None and _NORMAL * spread.relative > wanted * math.sqrt(aim.trials)
    needs.sort(key=lambda need: (-need[0], need[1]))
    for need, batch, doubt in needs:
        if need <= _ENOUGH:
            break
        chosen = _cure(column, batch, doubt, aim)
        if chosen is not None:
            return _Turn(chosen, need, width, f"batch {batch} is known to {doubt.total:.1%} only", mean, noisy)
    return _Turn(None, needs[0][0], width, doubt=mean, noisy=noisy)


def _knots(column: _Column, *, first: bool) -> list[Knot]:
    values = {batch: _values(samples, first=first) for batch, samples in column.measured.items()}
    return [Knot(batch, fmean(found), len(found)) for batch, found in values.items()]


def _values(samples: Sequence[Sample], *, first: bool) -> list[float]:
    return [sample.first_s if first else sample.later_s for sample in samples]


def _cure(column: _Column, batch: int, doubt: Doubt, aim: Aim) -> int | None:
    """A doubtful shape needs the batch itself; noise needs repeats where there are fewest, the nearest first."""
    if batch in column.measured:
        return batch if column.trials(batch) < aim.trials else None
    if doubt.shape >= doubt.noise:
        return batch
    able = [known for known in column.measured if column.trials(known) < aim.trials]
    return min(able, key=lambda known: (column.trials(known), abs(math.log(known / batch))), default=batch)
