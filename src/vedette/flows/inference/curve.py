"""What a batch takes: inferences of growing batches, while every stream of the model is busy.

    crops -> batches of 1, 2, 4, 8 rows -> in turns, all streams at once for a window -> median, longest, count

The sizes take turns, several times round, so that a machine that is slower for a while is slower for each of them. It
knows neither candidates nor budgets: `choose` says how long it may take.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from vedette.clock import Clock
from vedette.flows.inference.infer import split_outputs
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.curve import BatchCurve, BatchPoint

BATCHES = (1, 2, 4, 8)

WINDOW_NS = 30_000_000
"""Of one size in one turn; one inference a stream at least."""

TURNS = 5


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
    """Measure batches of 1, 2, 4 and 8 rows in turns, as long as they fit into the time.

    Args:
        runtime: the model.
        crops: rows of its input.
        alone_ns: times of inferences with one row, while every stream was busy.
        clock: for the inferences.
        ends_ns: no turn is begun that would not be done by then.
        lists: the model is a detector, as for `split_outputs`.

    Returns:
        the curve; where only one row can be run at once, or there is no time for more, its point is that of `alone_ns`.
    """
    one_ns = statistics.median(alone_ns) if alone_ns else 0
    if not one_ns:
        return BatchCurve()
    sizes: dict[int, list[Tensor]] = {}
    for rows in BATCHES:
        turn_ns = 2 * one_ns * (sum(sizes) + rows)
        if clock.now_ns() + 2 * rows * one_ns + turn_ns > ends_ns:
            break
        batches = _batches(crops, rows)
        if not _runs(runtime, batches[0], rows, lists=lists):
            break
        all_streams(runtime, batches, clock, 0)  # a new shape makes an engine prepare itself, once for each stream
        sizes[rows] = batches
    turns = {1: [list(alone_ns)]} if len(sizes) <= 1 else _in_turns(runtime, sizes, clock, ends_ns)
    points = [_point(rows, times) for rows, times in turns.items()]
    return BatchCurve(tuple(point for point in points if point is not None))


def _in_turns(
    runtime: Runtime, sizes: Mapping[int, Sequence[Tensor]], clock: Clock, ends_ns: int
) -> dict[int, list[list[int]]]:
    """The times of each size, turn by turn."""
    times: dict[int, list[list[int]]] = {rows: [] for rows in sizes}
    for _ in range(TURNS):
        began = clock.now_ns()
        for rows, batches in sizes.items():
            times[rows].append(all_streams(runtime, batches, clock, WINDOW_NS).latencies_ns)
        now = clock.now_ns()
        if now + (now - began) > ends_ns:
            break
    return times


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


def _point(rows: int, turns: Sequence[Sequence[int]]) -> BatchPoint | None:
    """The median of the turns' medians, as a quick turn has more inferences; None where no time has gone by."""
    middle = statistics.median([statistics.median(turn) for turn in turns])
    every = [latency for turn in turns for latency in turn]
    return BatchPoint(rows, middle / 1e6, max(every) / 1e6, len(every)) if middle > 0 else None
