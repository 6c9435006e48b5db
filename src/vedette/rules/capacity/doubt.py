"""How uncertain a measured curve is at each batch: of its shape between measured batches, and of its noise.

    measured batches -> a straight line fits them?  yes: the line's own interval
                                                    no:  chord against the neighbours' lines, and the noise of the ends

Between two measured batches a convex curve lies below their chord and above the lines through the pairs of measured
batches on either side, a concave one the other way round: the sandwich bound (Rote 1992, The convergence rate of the
sandwich algorithm for approximating convex functions). Where a curve bends both ways in one gap it is a heuristic. Four
measured batches are the fewest that are believed to show a shape. All figures are relative to the curve.

Independent trials narrow the doubt with the root of their number. A machine that drifts for longer than a trial takes
does not: where the last third of the trials, four at least, brought less than half of that, further ones cost time for
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.rules.capacity.pooled import Spread, student

FEWEST_FOR_SHAPE = 4
FEWEST_RECENT = 4
"""Trials after which it is looked at whether they brought anything."""


@dataclass(frozen=True, slots=True)
class Knot:
    """A measured batch: the mean of so many trials, above 0."""

    batch: int
    mean: float
    trials: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Of the curve at one batch: how far its shape may lie off, and half the width of its noise's 95 % interval."""

    shape: float
    noise: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.shape + self.noise


UNKNOWN = Doubt(math.inf, math.inf)


def doubts(knots: Sequence[Knot], batches: Sequence[int], spread: Spread | None, width: float) -> dict[int, Doubt]:
    """The doubt at each batch.

    Args:
        knots: measured, in the order of their batch.
        batches: where it is asked for.
        spread: of the trials; None: not known yet, then the noise is infinite.
        width: that the curve is to have; a line is believed where it misses no knot by more than half of it, or by
            more than the knot's noise.
    """
    line = _Line.through(knots, spread, width)
    return {batch: line.doubt(batch) if line else _between(knots, batch, spread) for batch in batches}


def stalled(doubts: Sequence[float]) -> bool:
    """Whether the last third of the trials narrowed the doubt by less than half of what independent ones would.

    Args:
        doubts: before each trial, and now; infinite ones are of a curve whose shape was not known.
    """
    trials = len(doubts) - 1
    recent = max(FEWEST_RECENT, math.ceil(trials / 3))
    if recent >= trials or not math.isfinite(doubts[-1 - recent]):
        return False
    before, now = doubts[-1 - recent], doubts[-1]
    return now > before * (1 + math.sqrt((trials - recent) / trials)) / 2


def _noise(knot: Knot, spread: Spread | None) -> float:
    return math.inf if spread is None else spread.half_width(knot.trials)


# --- a line -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """The least squares of relative residuals, trials as weights; `inverse` is (X'WX)^-1."""

    start: float
    slope: float
    inverse: NDArray[np.float64]
    residual: float
    spread: Spread

    @classmethod
    def through(cls, knots: Sequence[Knot], spread: Spread | None, width: float) -> _Line | None:
        """The line; None where the knots do not lie on one, or do not show it yet."""
        if len(knots) < FEWEST_FOR_SHAPE or spread is None:
            return None
        x = np.array([(1.0, knot.batch) for knot in knots])
        y = np.array([knot.mean for knot in knots])
        weights = np.array([knot.trials for knot in knots]) / y**2
        try:
            inverse = np.linalg.inv(x.T @ (weights[:, None] * x))
        except np.linalg.LinAlgError:  # one time is so much smaller than the others that it alone would make the line
            return None
        start, slope = (inverse @ (x.T @ (weights * y))).tolist()
        missed = np.abs(start + slope * x[:, 1] - y) / y
        allowed = [max(width / 2, spread.half_width(knot.trials)) for knot in knots]
        if slope < 0 or (missed > allowed).any() or (start + slope * x[:, 1] <= 0).any():
            return None
        return cls(start, slope, inverse, float(missed.max()), spread)

    def doubt(self, batch: int) -> Doubt:
        """The interval of the line, and no less than what it misses a knot by."""
        at = np.array((1.0, batch))
        deviation = self.spread.relative * math.sqrt(float(at @ self.inverse @ at))
        noise = student(self.spread.freedom) * deviation / (self.start + self.slope * batch)
        return Doubt(0.0, max(noise, self.residual))


# --- between knots ----------------------------------------------------------------------------------------------------


def _between(knots: Sequence[Knot], batch: int, spread: Spread | None) -> Doubt:
    right = next((place for place, knot in enumerate(knots) if knot.batch >= batch), None)
    if right is not None and knots[right].batch == batch:
        return Doubt(0.0, _noise(knots[right], spread))
    if not right or len(knots) < FEWEST_FOR_SHAPE:
        return UNKNOWN
    low, high = knots[right - 1], knots[right]
    chord = _at(low, high, batch)
    share = (batch - low.batch) / (high.batch - low.batch)
    noise = math.hypot((1 - share) * _noise(low, spread), share * _noise(high, spread))
    bounds = [_Bound.of(pair, batch, (low, high), chord, spread) for pair in _beside(knots, right)]
    return Doubt(_sandwich(bounds) / chord, noise)


def _beside(knots: Sequence[Knot], right: int) -> list[tuple[Knot, Knot]]:
    """The measured pairs next to the gap that ends at knot `right`."""
    pairs = [(knots[place - 1], knots[place]) for place in (right - 1, right + 1) if 1 <= place < len(knots)]
    assert pairs, "three knots or more have a pair beside every gap"
    return pairs


def _at(left: Knot, right: Knot, batch: int) -> float:
    return left.mean + (right.mean - left.mean) * (batch - left.batch) / (right.batch - left.batch)


@dataclass(frozen=True, slots=True)
class _Bound:
    """How far a neighbours' line lies from the chord, and the standard error of where it lies."""

    missed: float
    error: float

    @classmethod
    def of(
        cls, pair: tuple[Knot, Knot], batch: int, gap: tuple[Knot, Knot], chord: float, spread: Spread | None
    ) -> _Bound:
        """More images never take less time, so the curve lies between the ends of its gap, and so does a bound."""
        left, right = pair
        least, most = sorted((gap[0].mean, gap[1].mean))
        missed = min(max(_at(left, right, batch), least), most) - chord
        share = (batch - left.batch) / (right.batch - left.batch)
        relative = 0.0 if spread is None else spread.relative
        error = relative * math.hypot(
            (1 - share) * left.mean / math.sqrt(left.trials), share * right.mean / math.sqrt(right.trials)
        )
        return cls(missed, min(error, most - least))


def _sandwich(bounds: Sequence[_Bound]) -> float:
    """The nearer of two bounds on one side of the chord, the farther of two that lie on both.

    A bound that lies no farther off than its error has no side, and its error is added: a line that is drawn on from
    two knots close to each other tells little of a batch far away.
    """
    sides = {one.missed > 0 for one in bounds if abs(one.missed) > one.error}
    if len(sides) > 1:
        return max(abs(one.missed) for one in bounds)
    return min(abs(one.missed) + (one.error if len(bounds) > 1 else 0.0) for one in bounds)
