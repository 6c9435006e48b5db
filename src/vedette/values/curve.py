"""The batch curve: what a batch takes, measured. One object for batcher, admission, warnings and planning."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from vedette.values.moment import Moment


@dataclass(frozen=True, slots=True)
class BatchPoint:
    """What was measured at one batch size, while every stream of the model was busy.

    Attributes:
        batch: rows in one inference.
        latency_ms: median time of one inference.
        high_ms: the longest that was seen.
        count: inferences measured.
        latency_s: mean and deviations of that time over processes; this and what follows only out of a profile.
        warm_up_s: of the first batch of a fresh process, the model being loaded.
        load_s: start of a process until the model is loaded.
        peak_bytes: most memory of the process.
        energy_j: of one batch.
    """

    batch: int
    latency_ms: float
    high_ms: float
    count: int
    latency_s: Moment | None = None
    warm_up_s: Moment | None = None
    load_s: Moment | None = None
    peak_bytes: int | None = None
    energy_j: Moment | None = None

    def __post_init__(self) -> None:
        if self.batch < 1 or self.count < 1 or not 0 < self.latency_ms <= self.high_ms:
            raise ValueError(f"no point of a batch curve: {self}")


@dataclass(frozen=True, slots=True)
class BatchCurve:
    """Points in the order of their batch, each batch once; empty where nothing was measured."""

    points: tuple[BatchPoint, ...] = ()

    def __post_init__(self) -> None:
        batches = [point.batch for point in self.points]
        if batches != sorted(set(batches)):
            raise ValueError(f"the batches of a curve rise, got {batches}")

    def latency_ms(self, batch: int) -> float | None:
        """The time of a batch, linear between measured ones; None where it lies beyond them."""
        return self._between(batch, [point.latency_ms for point in self.points])

    def high_ms(self, batch: int) -> float | None:
        """The longest time of a batch that was seen, as `latency_ms`."""
        return self._between(batch, [point.high_ms for point in self.points])

    def _between(self, batch: int, times: list[float]) -> float | None:
        batches = [point.batch for point in self.points]
        if not batches or not batches[0] <= batch <= batches[-1]:
            return None
        right = bisect_left(batches, batch)
        if batches[right] == batch:
            return times[right]
        left = right - 1
        share = (batch - batches[left]) / (batches[right] - batches[left])
        return times[left] + share * (times[right] - times[left])
