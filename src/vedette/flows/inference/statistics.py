"""What happened to the requests of one model version: counters and, for every stage, a histogram of its times.

Told by worker threads and by the event loop, read as one frozen snapshot by whoever shows it.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from vedette.errors import Kind
from vedette.values.statistics import BUCKETS_MS, BatchCount, Histogram, ModelStatistics


@dataclass(slots=True)
class _Times:
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))
    sum_ms: float = 0.0

    def add(self, value_ms: float) -> None:
        self.buckets[bisect_left(BUCKETS_MS, value_ms)] += 1
        self.sum_ms += value_ms


class Statistics:
    """Counters since the model was loaded; any thread may tell and read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, _Times] = {}
        self._failures: Counter[Kind] = Counter()
        self._batches: dict[int, list[int]] = {}
        self._succeeded = 0

    def served(self, timeline_ms: Mapping[str, float]) -> None:
        """One image, or one request with tensors, was answered; its stages and `total` as `Timeline.milliseconds`."""
        with self._lock:
            self._succeeded += 1
            for stage, value in timeline_ms.items():
                self._times(stage).add(value)

    def delivered(self, milliseconds: float) -> None:
        """An answer left for its client, so long after it was made."""
        with self._lock:
            self._times("deliver").add(milliseconds)

    def failed(self, kind: Kind) -> None:
        """One image or request failed or was refused."""
        with self._lock:
            self._failures[kind] += 1

    def ran(self, rows: int, duration_ns: int) -> None:
        """One inference with so many rows took so long."""
        with self._lock:
            count = self._batches.setdefault(rows, [0, 0])
            count[0] += 1
            count[1] += duration_ns

    def _times(self, stage: str) -> _Times:
        times = self._stages.get(stage)
        if times is None:
            times = self._stages[stage] = _Times()
        return times

    def snapshot(self) -> ModelStatistics:
        """All of it as it is now."""
        with self._lock:
            return ModelStatistics(
                self._succeeded,
                tuple(sorted(self._failures.items())),
                tuple(BatchCount(rows, count, ns) for rows, (count, ns) in sorted(self._batches.items())),
                tuple((name, Histogram(tuple(one.buckets), one.sum_ms)) for name, one in self._stages.items()),
            )
