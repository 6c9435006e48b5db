"""A measured amount as a function of the mini-batch: L(b), W(b), energy; with its uncertainty, and never extrapolated.

    (b, Moment) of each point --fitted--> Curve: affine | monotone --at(b)--> Moment | None

- The curve is `affine`, a + c b, where that line rises and every point lies within 3 % of it. Else it is `monotone`:
  isotonic regression, and straight pieces between the points. Straight ones and no cubic, because they invent no bend
  between points that lie far apart, keep a kink where it was measured, and are what the server's batcher reckons with.
- `between` holds two things. First the deviation from process to process. Shares of the mean are pooled over all
  points, since that of three trials is itself a guess, and the smallest of many guesses would be chosen; a point that
  varies more than the pool keeps its own. `trials` are those of the pool: 1 + the sum of (trials - 1). Second, added in
  squares, the doubt about the curve. For a line it is the deviation of the points about it. Else it is what the
  regression moved the point by, and the standard error of its mean as far as it exceeds the one of the pool: a
  prediction multiplies by 1 + 1/trials, and makes 1 + 1/n of it, n being the trials of the point.
- `apart` is pooled as well, as a share of the mean. It stays free of the doubt about the curve, which devices of one
  profile have in common, and of the choice of the larger: it serves what is expected, and bounds nothing.
- `within` is a straight line between those of the points.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import TypeVar

from vedette.rules.capacity.fit import Line, isotonic, line
from vedette.rules.capacity.moments import mixed, part, squares
from vedette.values.moment import Moment

AFFINE_WITHIN = 0.03
"""Largest relative residual of a line that is taken."""

Known = tuple[int, Moment]
Amount = TypeVar("Amount")


class Form(StrEnum):
    """Shape of a curve."""

    AFFINE = "affine"
    MONOTONE = "monotone"


@dataclass(frozen=True, slots=True)
class Curve:
    """A function of the mini-batch, straight between its fitted points.

    Attributes:
        form: its shape.
        residual: largest distance of a measured point from the curve, as a share of the point.
        points: as measured, by rising batch.
        fitted: the same batches on the curve, with the curve's uncertainty.
        line: a and c where the curve is affine and of one image size, else None.
    """

    form: Form
    residual: float
    points: tuple[Known, ...]
    fitted: tuple[Known, ...]
    line: Line | None = None

    @property
    def batches(self) -> tuple[int, ...]:
        """Measured mini-batch sizes, rising."""
        return tuple(batch for batch, _ in self.fitted)

    def at(self, batch: int) -> Moment | None:
        """The amount for a mini-batch; None beyond the measured ones, `why_not` says so in words."""
        place = neighbours(self.fitted, batch)
        if place is None:
            return None
        left, right, share = place
        return mixed(self.fitted[left][1], self.fitted[right][1], share)

    def why_not(self, batch: int) -> str:
        """Why a batch has no value; empty if it has one."""
        if neighbours(self.fitted, batch) is not None:
            return ""
        return f"mini-batches of {batch} lie beyond those that were measured, {self.batches[0]} to {self.batches[-1]}"


def fitted(points: Sequence[Known]) -> Curve:
    """The curve of measured points, each batch once.

    Raises:
        ValueError: there is no point, or a batch is there twice.
    """
    known = tuple(sorted(points, key=lambda point: point[0]))
    batches, means = [batch for batch, _ in known], [moment.mean for _, moment in known]
    if not known or len(set(batches)) != len(batches):
        raise ValueError(f"a curve needs each batch once, got {batches}")
    straight = line(batches, means)
    if straight is not None and straight.slope >= 0 and straight.residual <= AFFINE_WITHIN:
        levels = [straight.at(batch) for batch in batches]
        return Curve(Form.AFFINE, straight.residual, known, _spread(known, levels, straight.deviation), straight)
    levels = list(isotonic(means, [moment.trials for _, moment in known]))
    residual = max(abs(level - mean) / mean if mean else 0.0 for level, mean in zip(levels, means, strict=True))
    return Curve(Form.MONOTONE, residual, known, _spread(known, levels, None))


def between_curves(low: Curve, high: Curve, share: float) -> Curve | None:
    """The curve `share` of the way from one to the other, over the batches that both know; None if they share none."""
    values = [(batch, low.at(batch), high.at(batch)) for batch in sorted({*low.batches, *high.batches})]
    known = tuple((batch, mixed(a, b, share)) for batch, a, b in values if a is not None and b is not None)
    if not known:
        return None
    form = Form.AFFINE if low.form is high.form is Form.AFFINE else Form.MONOTONE
    return Curve(form, max(low.residual, high.residual), known, known)


def neighbours(known: Sequence[tuple[int, Amount]], batch: int) -> tuple[int, int, float] | None:
    """Places of the two known batches around one, and how far it lies on the way; None beyond them."""
    if not known or not known[0][0] <= batch <= known[-1][0]:
        return None
    right = bisect_left(known, batch, key=itemgetter(0))
    if known[right][0] == batch:
        return right, right, 0.0
    before, after = known[right - 1][0], known[right][0]
    return right - 1, right, (batch - before) / (after - before)


def number_at(known: Sequence[tuple[int, float]], batch: int) -> float | None:
    """A plain number between those of known batches, on a straight line; None beyond them."""
    place = neighbours(known, batch)
    if place is None:
        return None
    left, right, share = place
    return part(known[left][1], known[right][1], share)


def _spread(known: Sequence[Known], levels: Sequence[float], line_doubt: float | None) -> tuple[Known, ...]:
    """The points on the curve, with the deviation of the pool and the doubt about the curve.

    `line_doubt` is the deviation about the line, as a share; None where there is no line.
    """
    share, trials = _pool([moment for _, moment in known])
    own = _pool_apart([moment for _, moment in known])
    found = []
    for (batch, moment), level in zip(known, levels, strict=True):
        apart = None if own is None else own * level
        if share is None:
            found.append((batch, Moment(level, moment.within, None, moment.count, moment.trials, apart)))
            continue
        spread = max(share * level, moment.between or 0.0)
        excess = spread**2 * max(0.0, 1 / moment.trials - 1 / trials) / (1 + 1 / trials)
        point_doubt = math.hypot(math.sqrt(excess), level - moment.mean)
        between = math.hypot(spread, point_doubt if line_doubt is None else line_doubt * level)
        found.append((batch, Moment(level, moment.within, between, max(moment.count, trials), trials, apart)))
    return tuple(found)


def _pool(moments: Sequence[Moment]) -> tuple[float | None, int]:
    """Relative deviation from process to process over all points that know theirs, and the trials it is worth."""
    known = [moment for moment in moments if moment.between is not None and moment.trials > 1 and moment.mean > 0]
    freedom = sum(moment.trials - 1 for moment in known)
    if not freedom:
        return None, 1
    total = sum(squares(moment) / moment.mean**2 for moment in known)
    return math.sqrt(total / freedom), 1 + freedom


def _pool_apart(moments: Sequence[Moment]) -> float | None:
    """Relative deviation of devices at work together, of all points that know theirs; each trial counts the same."""
    known = [(one.trials, one.apart / one.mean) for one in moments if one.apart is not None and one.mean > 0]
    if not known:
        return None
    return math.sqrt(sum(trials * share**2 for trials, share in known) / sum(trials for trials, _ in known))
