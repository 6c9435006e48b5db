"""When the rows that wait for a model are run as a batch. All that decides it is here.

    rows that wait, rows that are sure to come, the oldest one's age  ->  Dispatch(rows) | Wait(until)

The policy asks the measured curve: where a larger batch does not make a row cheaper there is no batch and no window.
Where it does, rows that come anyway are waited for, though no longer than a full batch takes; rows that may come are
waited for only as long as the goal for the latency allows, and only if they may be expected by then. The same object
serves the simulation of a plan.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.curve import BatchCurve

GAIN = 0.10
"""Share of the time of a row that a larger batch must save to be worth more than a smaller one: rows wait for it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a batcher knows when it asks.

    Attributes:
        rows: that are ready and wait.
        coming: that are being made, or will be: of requests that were admitted already.
        oldest_ns: since when the oldest row is ready; without rows of no meaning.
        gap_ns: mean time between rows that arrive; None: not known.
    """

    rows: int
    coming: int
    oldest_ns: int
    gap_ns: float | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Run so many rows now, the oldest first."""

    rows: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again when a row comes, and at `until_ns` at the latest; None: there will be another row."""

    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """The policy of one model.

    Attributes:
        size: rows of a full batch.
        window_ns: how long the oldest row may wait for others that may come.
        patience_ns: how long it may wait for others that are sure to come.
    """

    size: int = 1
    window_ns: int = 0
    patience_ns: int = 0

    def decide(self, waiting: Waiting, now_ns: int) -> Dispatch | Wait:
        """Run what waits, or wait for more. `now_ns` is of the clock of `oldest_ns`."""
        if waiting.rows == 0:
            return Wait()
        if waiting.rows >= self.size:
            return Dispatch(self.size)
        if waiting.coming and now_ns < waiting.oldest_ns + self.patience_ns:
            return Wait(waiting.oldest_ns + self.patience_ns)
        until = waiting.oldest_ns + self.window_ns
        missing = self.size - waiting.rows
        expected = waiting.gap_ns is not None and now_ns + missing * waiting.gap_ns <= until
        return Wait(until) if expected and now_ns < until else Dispatch(waiting.rows)


def policy_for(curve: BatchCurve, max_batch: int, target_latency_ms: float | None = None) -> BatchPolicy:
    """The batch with the least time for a row, and the window that the goal for the latency leaves.

    Batches that last longer than the goal are left out. A batch counts as better than a smaller one only if it saves
    `GAIN` of the time of a row. Without a curve there are no batches.
    """
    size, best_ms = 1, None
    for point in curve.points:
        if point.batch > max_batch or (target_latency_ms is not None and point.high_ms > target_latency_ms):
            continue
        each_ms = point.latency_ms / point.batch
        if best_ms is None or each_ms < best_ms * (1 - GAIN):
            size, best_ms = point.batch, each_ms
    if size == 1:
        return BatchPolicy()
    full_ms, longest_ms = curve.latency_ms(size), curve.high_ms(size)
    assert full_ms is not None, "the size is a point of the curve"
    assert longest_ms is not None, "the size is a point of the curve"
    if target_latency_ms is None:
        return BatchPolicy(size, patience_ns=round(full_ms * 1e6))
    window_ms = max(0.0, target_latency_ms - longest_ms)
    return BatchPolicy(size, round(window_ms * 1e6), round(window_ms * 1e6))
