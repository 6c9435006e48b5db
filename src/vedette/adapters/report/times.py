"""One time axis for everything that happened in a run: its repeats side by side, the pauses between them left out.

    monotonic clock:   |repeat 0|........|repeat 1|....|repeat 2|
    axis in seconds:   |repeat 0|repeat 1|repeat 2|

Repeats of several runs may be interleaved, so that minutes lie between two of them in which nothing was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.values.requests import Requests

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One repeat: its number, first and last instant (ns of the clock), and where it starts on the axis (s)."""

    repeat: int
    first_ns: int
    last_ns: int
    start_s: float

    @property
    def end_s(self) -> float:
        """Where it ends on the axis."""
        return self.start_s + (self.last_ns - self.first_ns) / 1e9

    def at(self, instants_ns: Column) -> Column:
        """Seconds on the axis of instants in this repeat."""
        return np.asarray(self.start_s + (instants_ns - self.first_ns) / 1e9)


def stretches(requests: Requests) -> tuple[Stretch, ...]:
    """The repeats of a run in the order in which they were run, each from its first due request to its last answer."""
    spans = []
    for repeat in np.unique(requests.repeat):
        rows = requests.where(requests.repeat == repeat)
        first = int(min(rows.scheduled.min(), rows.sent.min()))
        spans.append((first, int(max(rows.done.max(), first + 1)), int(repeat)))
    found: list[Stretch] = []
    for first, last, repeat in sorted(spans):
        found.append(Stretch(repeat, first, last, found[-1].end_s if found else 0.0))
    return tuple(found)
