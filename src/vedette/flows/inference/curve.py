"""What a batch takes: inferences of growing batches, while every stream of the model is busy.

    crops -> batches of 1, 2, 4, 8 rows -> all streams at once for a window -> median, longest, count -> BatchCurve

It knows neither candidates nor budgets: `choose` says how long it may take.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from vedette.clock import Clock
from vedette.flows.inference.infer import split_outputs
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.curve import BatchCurve, BatchPoint

BATCHES = (2, 4, 8)
"""Beside the batch of one row, which the comparison of the candidates has measured."""

WINDOW_NS = 150_000_000
_STEPS = 6
"""Twice the rows take at most twice the time, and a batch is run three times at least: tried, warmed up, measured."""


class Busy(NamedTuple):
    """What all streams reached together: the time of each inference, and how long it took altogether."""

    latencies_ns: list[int]
    elapsed_ns: int


def all_streams(runtime: Runtime, batches: Sequence[Tensor], clock: Clock, window_ns: int) -> Busy:
    """Let every stream run the batches in turn for `window_ns`, at least one each."""
    began = clock.now_ns()
    end = began + window_ns

    def stream(first: int) -> list[int]:
        latencies: list[int] = []
        while not latencies or clock.now_ns() < end:
            batch = batches[(first + len(latencies)) % len(batches)]
            started = clock.now_ns()
            runtime.infer(batch)
            latencies.append(clock.now_ns() - started)
        return latencies

    streams = runtime.execution.streams
    with ThreadPoolExecutor(streams) as threads:
        parts = list(threads.map(stream, range(streams)))
    return Busy([latency for part in parts for latency in part], clock.now_ns() - began)


def measure_curve(
    runtime: Runtime, crops: Sequence[Row], alone_ns: Sequence[int], clock: Clock, ends_ns: int, *, lists: bool
) -> BatchCurve:
    """Measure batches of 2, 4 and 8 rows one after the other, as long as they fit into the time.

    Args:
        runtime: the model.
        crops: rows of its input.
        alone_ns: times of inferences with one row, while every stream was busy.
        clock: for the inferences.
        ends_ns: no batch is begun that would not be done by then.
        lists: the model is a detector, as for `split_outputs`.

    Returns:
        the curve; a model that cannot run several rows at once has its point for one row only.
    """
    points = [point for point in [_point(1, alone_ns)] if point is not None]
    for rows in BATCHES:
        if not points or clock.now_ns() + _STEPS * points[-1].latency_ms * 1e6 > ends_ns:
            break
        batches = _batches(crops, rows)
        if not _runs(runtime, batches[0], rows, lists=lists):
            break
        all_streams(runtime, batches, clock, 0)  # a new shape makes an engine prepare itself, once for each stream
        busy = all_streams(runtime, batches, clock, min(WINDOW_NS, max(0, ends_ns - clock.now_ns())))
        point = _point(rows, busy.latencies_ns)
        if point is None:
            break
        points.append(point)
    return BatchCurve(tuple(points))


def _batches(crops: Sequence[Row], rows: int) -> list[Tensor]:
    """Every crop in a batch, those at the front once more where the last one is not full."""
    return [
        np.stack([crops[(start + place) % len(crops)] for place in range(rows)]) for start in range(0, len(crops), rows)
    ]


def _runs(runtime: Runtime, batch: Tensor, rows: int, *, lists: bool) -> bool:
    """Whether the model gives every row its answer."""
    try:
        return split_outputs(runtime.infer(batch), rows, lists=lists) is not None
    except Exception:  # noqa: BLE001 - each engine has errors of its own for a graph that takes one row only
        return False


def _point(rows: int, latencies_ns: Sequence[int]) -> BatchPoint | None:
    """None where the clock has seen no time go by."""
    middle = statistics.median(latencies_ns) if latencies_ns else 0
    return BatchPoint(rows, middle / 1e6, max(latencies_ns) / 1e6, len(latencies_ns)) if middle > 0 else None
