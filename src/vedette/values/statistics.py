"""What a server counts of one model version since it was loaded."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.errors import Kind

BUCKETS_MS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
"""Upper bounds of the buckets of every histogram, in milliseconds; the last bucket has none."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Times of one stage: for each of `BUCKETS_MS` and beyond how many lie in it (not cumulated), and their sum."""

    buckets: tuple[int, ...]
    sum_ms: float

    @property
    def count(self) -> int:
        """How many times."""
        return sum(self.buckets)


@dataclass(frozen=True, slots=True)
class BatchCount:
    """Inferences with so many rows: how many, and their time together."""

    rows: int
    executions: int
    duration_ns: int


@dataclass(frozen=True, slots=True)
class ModelStatistics:
    """Images (or tensor requests) answered, failures by kind, inferences by rows, and the times of each stage.

    `stages` has the names of the timeline, `total`, and `deliver`: from the answer made to the answer sent.
    """

    succeeded: int
    failures: tuple[tuple[Kind, int], ...]
    batches: tuple[BatchCount, ...]
    stages: tuple[tuple[str, Histogram], ...]


@dataclass(frozen=True, slots=True)
class TrafficCount:
    """Requests of one method to one route (empty: to none of the table): how many by status, and how long they took."""

    protocol: str
    route: str
    method: str
    statuses: tuple[tuple[str, int], ...]
    times: Histogram
