"""The batch curve: what batches of several rows take while every stream is busy."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from fakes import BlobRuntime, MeanRuntime, blob_manifest, colour_manifest, patches

from vedette.clock import SystemClock
from vedette.flows.inference.choose import BUDGET_NS, Chooser
from vedette.flows.inference.curve import all_streams, measure_curve
from vedette.values.curve import BatchCurve
from vedette.values.execution import Execution, Optimise, RuntimeName
from vedette.values.frame import Size

NAME = RuntimeName.ONNXRUNTIME
CROPS = [np.full((8, 8, 3), value, np.uint8) for value in range(11)]
LATER = 1 << 60


class Work:
    """A clock that only inference moves, by what `cost_ms` says for so many rows; every fifth takes twice as long."""

    def __init__(self, cost_ms) -> None:
        self.now, self._cost_ms, self._runs = 0, cost_ms, 0
        self._lock = threading.Lock()

    def now_ns(self) -> int:
        return self.now

    def spend(self, batch: np.ndarray) -> None:
        with self._lock:
            self._runs += 1
            self.now += int(self._cost_ms(len(batch)) * (2 if self._runs % 5 == 0 else 1) * 1e6)


class Steady(Work):
    """One that takes no inference for longer."""

    def spend(self, batch: np.ndarray) -> None:
        self.now += int(self._cost_ms(len(batch)) * 1e6)


def runtime(work: Work, streams: int = 1, kind=MeanRuntime):
    return kind(Execution(NAME, streams=streams), work.spend)


def test_each_batch_has_its_median_its_longest_and_its_count() -> None:
    """The points are those of the batches 1, 2, 4 and 8, each measured in five turns."""
    work = Work(lambda rows: 1 + rows)

    curve = measure_curve(runtime(work), CROPS, [3_000_000, 3_000_000, 5_000_000], work, LATER, lists=False)

    assert [(one.batch, one.latency_ms, one.high_ms) for one in curve.points] == [
        (1, 2.0, 4.0),
        (2, 3.0, 6.0),
        (4, 5.0, 10.0),
        (8, 9.0, 18.0),
    ]
    expected = [5 * 30 / (1.2 * latency_ms) for latency_ms in (2, 3, 5, 9)]
    assert [one.count for one in curve.points] == pytest.approx(expected, abs=5)


def test_a_machine_that_is_slower_for_a_while_is_slower_for_every_batch() -> None:
    """Three times as slow from the second turn on: the shape of the curve stays."""
    work = Steady(lambda rows: (2 + rows) * (3 if work.now > 200_000_000 else 1))
    shown = runtime(work)

    curve = measure_curve(shown, CROPS, [3_000_000], work, LATER, lists=False)

    per_row = [point.latency_ms / point.batch for point in curve.points]
    assert [value / per_row[0] for value in per_row] == pytest.approx([1, 4 / 2 / 3, 6 / 4 / 3, 10 / 8 / 3], rel=0.01)


def test_every_stream_works_at_the_same_time() -> None:
    """A barrier that only as many inferences as streams can pass."""
    barrier = threading.Barrier(3, timeout=10)
    busy = all_streams(MeanRuntime(Execution(NAME, streams=3), lambda _: barrier.wait()), [CROPS[0][None]], Work(0), 0)

    assert len(busy.latencies_ns) == 3


def test_a_batch_that_would_not_be_done_in_time_is_not_begun() -> None:
    """The rest of the curve is missing, the time is kept."""
    work = Work(lambda rows: 100 * rows)

    curve = measure_curve(runtime(work), CROPS, [100_000_000], work, 1_500_000_000, lists=False)

    assert [one.batch for one in curve.points] == [1, 2]
    assert work.now <= 1_500_000_000


class OneRow(MeanRuntime):
    """Refuses several rows."""

    def infer(self, *tensors):
        if len(tensors[0]) > 1:
            raise RuntimeError("the batch is written into the graph")
        return super().infer(*tensors)


class Mixed(MeanRuntime):
    """Answers several rows with a single row of all their numbers."""

    def infer(self, *tensors):
        return (super().infer(*tensors)[0].reshape(1, -1),)


@pytest.mark.parametrize("kind", [OneRow, Mixed])
def test_a_model_that_cannot_run_several_rows_at_once_has_one_point(kind) -> None:
    """There is no batch to wait for."""
    work = Work(lambda rows: 2 + rows)

    curve = measure_curve(runtime(work, kind=kind), CROPS, [3_000_000], work, LATER, lists=False)

    assert [one.batch for one in curve.points] == [1]


def test_a_list_of_boxes_of_one_image_is_no_batch() -> None:
    """A table with as many boxes as rows only looks like one."""
    work = Work(lambda rows: 2 + rows)

    def points(*, lists: bool) -> int:
        return len(measure_curve(runtime(work), CROPS, [3_000_000], work, LATER, lists=lists).points)

    assert points(lists=True) == 1
    assert points(lists=False) == 4


def test_a_clock_that_saw_no_time_gives_no_curve() -> None:
    """Nothing was measured, so nothing is told."""
    work = Work(lambda _: 0)

    assert measure_curve(runtime(work), CROPS, [0, 0], work, LATER, lists=False) == BatchCurve()


class Loads:
    """Loads what the test made."""

    def __init__(self, make) -> None:
        self._make = make
        self.made = []

    def load(self, manifest, execution, plan=None):
        self.made.append(self._make(execution))
        return self.made[-1]


def test_the_choice_carries_the_curve_of_what_was_chosen() -> None:
    """Measured before the engines are closed, within the budget."""
    quick, slow = Work(lambda rows: 1 + rows), RuntimeName.OPENVINO
    loaders = {
        NAME: Loads(lambda execution: MeanRuntime(execution, quick.spend)),
        slow: Loads(lambda execution: MeanRuntime(execution, lambda batch: [quick.spend(batch) for _ in range(3)])),
    }

    choice = Chooser(loaders, lambda _: CROPS, quick).choose(
        colour_manifest(), (Execution(slow), Execution(NAME)), Optimise.THROUGHPUT
    )

    assert choice.execution == Execution(NAME)
    assert [(one.batch, one.latency_ms) for one in choice.curve.points] == [(1, 2.0), (2, 3.0), (4, 5.0), (8, 9.0)]
    assert quick.now < BUDGET_NS
    assert max(loaders[NAME].made[0].batches) == 8
    assert max(loaders[slow].made[0].batches) == 1


def test_a_detector_has_a_curve_too() -> None:
    """Its outputs have an entry for each row."""
    pictures = [patches(Size(64, 64), (n, 5, n + 20, 25, n % 3)) for n in range(10, 40)]

    choice = Chooser({NAME: Loads(BlobRuntime)}, lambda _: pictures, SystemClock()).choose(
        blob_manifest(), (Execution(NAME),), Optimise.THROUGHPUT
    )

    assert [one.batch for one in choice.curve.points] == [1, 2, 4, 8]
