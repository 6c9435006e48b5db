"""When LoadGen's server scenario is due to issue each query.

LoadGen does not tell a query's due time, only its own latencies. Its schedule is a function of rate and seed, so it is
reckoned here once more: exponential gaps -log(1 - u) / rate in whole nanoseconds, u of 53 bits and more out of two
draws of std::mt19937, the low one first (std::generate_canonical and std::exponential_distribution of libstdc++).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np

_CHUNK = 4096
_TOLERANCE = 0.01
"""LoadGen prints its rate with two digits."""


def server_offsets_ns(rate: float, seed: int) -> Iterator[int]:
    """Nanoseconds from the start of the run to each query, without end; the first is 0."""
    draws = np.random.RandomState(seed)  # seeded as std::mt19937
    offset = 0
    while True:
        words = draws.randint(0, 2**32, size=2 * _CHUNK, dtype=np.uint32).astype(np.float64)
        for uniform in ((words[0::2] + words[1::2] * 2.0**32) / 2.0**64).tolist():
            yield offset
            offset += int(-math.log(1.0 - uniform) / rate * 1e9)


class DueTimes:
    """The due times of a schedule whose start LoadGen keeps to itself.

    A query is never issued before it is due, so the start is not after any of `issued - offset`: the least of them so
    far is taken.
    """

    def __init__(self, offsets_ns: Iterator[int]) -> None:
        self._offsets_ns = offsets_ns
        self._start_ns, self._last_ns, self._upcoming_ns = sys.maxsize, 0, next(offsets_ns)

    @property
    def next_ns(self) -> int:
        """When the next query is due; far away before the first one."""
        return self._start_ns + self._upcoming_ns

    def of(self, issued_ns: int) -> int:
        """When the query that is issued now was due."""
        self._last_ns, self._upcoming_ns = self._upcoming_ns, next(self._offsets_ns)
        self._start_ns = min(self._start_ns, issued_ns - self._last_ns)
        return self._start_ns + self._last_ns

    def agree_with(self, told_rate: float | None, queries: int) -> bool:
        """Whether LoadGen's `Scheduled samples per second` is the rate of these due times; None tells nothing."""
        if told_rate is None or self._last_ns == 0:
            return True
        return abs((queries - 1) / (self._last_ns / 1e9) - told_rate) <= _TOLERANCE
