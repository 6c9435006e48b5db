"""Whether requests pile up: more arrive than the target answers."""

from __future__ import annotations

from vedette.values.evidence import RepeatSummary

_MATERIAL = 0.01


def piles_up(repeat: RepeatSummary) -> bool:
    """The number under way grows: surely (its interval is above 0), and by more than 1 % of what is answered."""
    slope, answered = repeat.slope, repeat.throughput.value
    if slope is None or slope.value is None or slope.low is None:
        return False
    return slope.low > 0 and slope.value > _MATERIAL * (answered or 0.0)
