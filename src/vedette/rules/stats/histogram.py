"""Quantiles of any number of positive values in bounded memory.

Values fall into bins whose edges grow by 1 %, so that a quantile is known to 0.5 % (half a bin), however many values
there were. The sum and the extremes are exact.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

_GROWTH = math.log(1.01)
_SMALLEST = 1e-6


@dataclass(slots=True)
class LogHistogram:
    """Counts of values in logarithmic bins."""

    count: int = 0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = 0.0
    _bins: Counter[int] = field(default_factory=Counter)

    def add(self, value: float) -> None:
        """Count one value; values below 1e-6 count as 1e-6 in the quantiles."""
        self.count += 1
        self.total += value
        self.minimum, self.maximum = min(self.minimum, value), max(self.maximum, value)
        self._bins[math.floor(math.log(max(value, _SMALLEST) / _SMALLEST) / _GROWTH)] += 1

    @property
    def mean(self) -> float:
        """Arithmetic mean; 0 without values."""
        return self.total / self.count if self.count else 0.0

    def quantile(self, share: float) -> float:
        """The value below which `share` (0..1) of the values lie, to 0.5 %; 0 without values."""
        wanted, seen = max(1, math.ceil(share * self.count)), 0
        for number in sorted(self._bins):
            seen += self._bins[number]
            if seen >= wanted:
                return min(max(_SMALLEST * math.exp((number + 0.5) * _GROWTH), self.minimum), self.maximum)
        return 0.0
