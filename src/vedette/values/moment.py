"""A measured amount and how it varies: within one process, from one to the next, and between those at work together."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """A time or another amount, measured in one or several trials, each in a process of its own.

    Attributes:
        mean: of the trials' means.
        within: standard deviation of single values within one trial.
        between: standard deviation of the trials' means; None with one trial.
        count: values, of all trials.
        trials: processes in which they were measured.
        apart: standard deviation of the means of devices that worked at the same time: what is a process's own, and not
            of the machine that all of them share. None where nothing was measured beside it.
    """

    mean: float
    within: float = 0.0
    between: float | None = None
    count: int = 1
    trials: int = 1
    apart: float | None = None

    def __post_init__(self) -> None:
        amounts = (self.mean, self.within, self.between or 0.0, self.apart or 0.0)
        if not all(math.isfinite(one) and one >= 0 for one in amounts):
            raise ValueError(f"an amount and its deviations are finite and 0 or more, got {self}")
        if not 1 <= self.trials <= self.count:
            raise ValueError(f"each trial has one value at least, got {self.count} of {self.trials} trials")
