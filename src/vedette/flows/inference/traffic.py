"""What came through the doors of a server: requests by protocol, route, method and status, and how long they took.

The number of its rows is bounded: routes are those of the table (all others are one, the empty one), methods the usual
ones (all others are one).
"""

from __future__ import annotations

from bisect import bisect_left

from vedette.flows.inference.ended import Ended
from vedette.values.statistics import BUCKETS_MS, Histogram, TrafficCount

OTHER = "other"
_METHODS = frozenset({"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Row:
    __slots__ = ("buckets", "statuses", "sum_ns")

    def __init__(self) -> None:
        self.statuses: dict[int | str, int] = {}
        self.buckets = [0] * (len(BUCKETS_MS) + 1)
        self.sum_ns = 0


class Traffic:
    """An observer of every door; used by the event loop only."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], _Row] = {}

    def told(self, request: Ended) -> None:
        """One request has ended."""
        key = (request.protocol, request.route, request.method)
        row = self._rows.get(key)
        if row is None:
            row = self._row(*key)
        took_ns = request.ended_ns - request.received_ns
        row.statuses[request.status] = row.statuses.get(request.status, 0) + 1
        row.buckets[bisect_left(BUCKETS_MS, took_ns / 1e6)] += 1
        row.sum_ns += took_ns

    def _row(self, protocol: str, route: str, method: str) -> _Row:
        return self._rows.setdefault((protocol, route, method if method in _METHODS else OTHER), _Row())

    def snapshot(self) -> tuple[TrafficCount, ...]:
        """All of it as it is now, in the order of the alphabet."""
        return tuple(
            TrafficCount(
                *key,
                tuple(sorted((str(status), count) for status, count in row.statuses.items())),
                Histogram(tuple(row.buckets), row.sum_ns / 1e6),
            )
            for key, row in sorted(self._rows.items())
        )
