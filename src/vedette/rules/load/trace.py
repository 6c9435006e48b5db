"""The file of a trace: when each request is due, a line each.

# recorded at the gate
0.0
0.25
0.25       two at once are allowed

-> [0.0, 0.25, 0.25]
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vedette.errors import UsageError
from vedette.rules.load.figures import MOST_REQUESTS, MOST_SECONDS

_LONGEST_SHOWN = 40


def parse_trace(text: str) -> NDArray[np.float64]:
    """Due times in seconds from the start, ascending, shape (n,); what follows `#` and empty lines are left out.

    Raises:
        UsageError: a line is no due time, or lies before the one above it; there is none, or too many. Names the line.
    """
    due: list[float] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        words = line.partition("#")[0].strip()
        if words:
            due.append(_due_time(words, number, due[-1] if due else 0.0))
    if not due:
        raise UsageError("the trace has no due time", help="write a due time in seconds on each line")
    if len(due) > MOST_REQUESTS:
        raise UsageError(f"the trace has {len(due)} requests", help=f"leave {MOST_REQUESTS} at most")
    return np.array(due, np.float64)


def _due_time(words: str, number: int, before: float) -> float:
    shown = words if len(words) <= _LONGEST_SHOWN else words[:_LONGEST_SHOWN] + "..."
    try:
        seconds = float(words)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise UsageError(f"line {number} of the trace is no due time: {shown}", help="write seconds, such as 0.25")
    if seconds < 0 or seconds > MOST_SECONDS:
        raise UsageError(
            f"line {number} of the trace is due at {shown} s",
            help=f"count from the start of the run: 0 to {MOST_SECONDS:.0f}, not seconds since 1970",
        )
    if seconds < before:
        raise UsageError(f"line {number} of the trace, {shown}, is before the line above it", help="sort the due times")
    return seconds
