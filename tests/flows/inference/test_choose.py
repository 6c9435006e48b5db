"""`auto`: measure, take the best, remember it."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import BlobRuntime, MeanRuntime, blob_manifest, colour_manifest, patches

from vedette.clock import SystemClock
from vedette.errors import UnsupportedError
from vedette.flows.inference.choose import Chooser, remembered
from vedette.values.execution import Choice, Execution, Optimise, Precision, RuntimeName
from vedette.values.frame import Size

FAST, SLOW = RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO


class Work:
    """A clock that only inference moves: a call of a runtime costs what the test says."""

    def __init__(self) -> None:
        self.now = 0

    def now_ns(self) -> int:
        return self.now


class CostLoader:
    """Loads runtimes whose inference costs a fixed time of the test's clock; bf16 may answer something else."""

    def __init__(self, clock: Work, cost_ms: float, *, wrong=False, refuse=False, why="not here") -> None:
        self._clock, self._cost_ms, self._wrong, self._refuse = clock, cost_ms, wrong, refuse
        self._why = why
        self.runtimes: list[MeanRuntime] = []

    def load(self, manifest, execution, plan=None):
        if self._refuse:
            raise UnsupportedError(self._why, help="elsewhere")

        def cost(_: np.ndarray) -> None:
            self._clock.now += int(self._cost_ms / execution.threads * 1e6)

        runtime = MeanRuntime(execution, cost)
        if self._wrong and execution.precision is Precision.BF16:
            right = runtime.infer
            runtime.infer = lambda batch: (right(batch)[0][:, ::-1],)
        self.runtimes.append(runtime)
        return runtime


def crops(_) -> list[np.ndarray]:
    generator = np.random.default_rng(3)
    return [np.full((8, 8, 3), generator.integers(0, 256, 3), np.uint8) for _ in range(200)]


def choose(loaders, executions, clock, optimise=Optimise.THROUGHPUT) -> Choice:
    return Chooser(loaders, crops, clock).choose(colour_manifest(), executions, optimise)


def test_the_quickest_candidate_is_taken_and_all_are_shown() -> None:
    """The choice comes with the figures of every candidate."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 2), SLOW: CostLoader(clock, 5)}

    choice = choose(loaders, (Execution(SLOW), Execution(FAST)), clock)

    assert choice.execution == Execution(FAST)
    rates = {trial.execution.runtime: trial.images_per_s for trial in choice.trials}
    assert rates[FAST] == pytest.approx(500, rel=0.02)
    assert rates[SLOW] == pytest.approx(200, rel=0.03)
    assert not choice.cached


def test_for_latency_the_shortest_inference_wins() -> None:
    """Two threads for one image beat two images at once."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 4)}
    pair = (Execution(FAST, streams=1, threads=1), Execution(FAST, streams=1, threads=2))

    choice = choose(loaders, pair, clock, Optimise.LATENCY)

    assert choice.execution.threads == 2
    assert [trial.latency_ms for trial in choice.trials] == [4, 2]


def test_a_candidate_that_cannot_run_is_listed_with_its_reason() -> None:
    """One engine missing is no error while another runs."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 2, refuse=True), SLOW: CostLoader(clock, 5)}

    choice = choose(loaders, (Execution(FAST), Execution(SLOW)), clock)

    assert choice.execution.runtime is SLOW
    assert {trial.reason for trial in choice.trials} == {"", "not here"}


def test_no_candidate_at_all_is_the_first_ones_error() -> None:
    """The user reads why, not a list of nothing."""
    clock = Work()

    with pytest.raises(UnsupportedError, match="not here"):
        choose({FAST: CostLoader(clock, 2, refuse=True)}, (Execution(FAST),), clock)


def test_when_no_engine_can_run_it_every_reason_is_told() -> None:
    """Advice that holds for one engine only would lead in a circle."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 2, refuse=True), SLOW: CostLoader(clock, 2, refuse=True, why="nor there")}

    with pytest.raises(UnsupportedError, match="not here; nor there") as caught:
        choose(loaders, (Execution(FAST), Execution(SLOW), Execution(FAST, threads=2)), clock)
    assert "vedette doctor" in caught.value.help


def test_bf16_is_taken_where_it_agrees_with_fp32() -> None:
    """Quicker and the same answers."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 8), SLOW: CostLoader(clock, 2)}

    choice = choose(loaders, (Execution(FAST), Execution(SLOW, Precision.BF16)), clock)

    assert choice.execution.precision is Precision.BF16
    assert choice.trials[1].agreement == 1.0


def test_bf16_is_refused_where_its_answers_differ() -> None:
    """Speed does not buy wrong answers; the agreement is shown."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 8), SLOW: CostLoader(clock, 2, wrong=True)}

    choice = choose(loaders, (Execution(FAST), Execution(SLOW, Precision.BF16)), clock)

    assert choice.execution.precision is Precision.FP32
    assert choice.trials[1].agreement < 0.9
    assert choice.trials[1].reason == "its answers differ too much from fp32"


def test_slow_models_stay_within_the_budget() -> None:
    """Half a second an inference: measured a little, not for minutes."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 500), SLOW: CostLoader(clock, 700)}
    executions = (Execution(FAST), Execution(SLOW), Execution(SLOW, Precision.BF16))

    choice = choose(loaders, executions, clock)

    assert clock.now < 8e9
    assert choice.execution.runtime is FAST


def test_every_runtime_that_was_measured_is_closed() -> None:
    """Nothing of the comparison stays in memory."""
    clock = Work()
    loaders = {FAST: CostLoader(clock, 2), SLOW: CostLoader(clock, 5)}

    choose(loaders, (Execution(SLOW), Execution(FAST)), clock)

    assert all(runtime.closed for loader in loaders.values() for runtime in loader.runtimes)


def test_a_choice_is_measured_once_and_then_remembered() -> None:
    """The second command pays nothing."""
    kept: dict[str, Choice] = {}
    measured = []

    class Store:
        get = staticmethod(kept.get)
        put = staticmethod(kept.__setitem__)

    def measure() -> Choice:
        measured.append(1)
        return Choice(Execution(FAST), Optimise.LATENCY, (), cached=False)

    for _ in range(2):
        choice = remembered(Store, "key", measure)

    assert choice.execution == Execution(FAST)
    assert len(measured) == 1


class BlobLoader:
    """Loads the detector of blobs; in bf16 it moves every box by `shift` pixels."""

    def __init__(self, shift: float = 0.0) -> None:
        self._shift = shift

    def load(self, manifest, execution, plan=None):
        runtime = BlobRuntime(execution)
        if execution.precision is Precision.BF16:
            exact = runtime.infer

            def moved(batch: np.ndarray):
                boxes, scores, classes = exact(batch)
                return boxes + np.float32(self._shift), scores, classes

            runtime.infer = moved
        return runtime


@pytest.mark.parametrize(("shift", "agreed"), [(1.0, True), (15.0, False)])
def test_a_detector_is_compared_by_its_boxes(shift: float, *, agreed: bool) -> None:
    """Boxes that lie elsewhere are another answer."""
    pictures = [patches(Size(64, 64), (n, 5, n + 20, 25, n % 3)) for n in range(10, 40)]
    executions = tuple(Execution(SLOW, precision) for precision in (Precision.FP32, Precision.BF16))

    choice = Chooser({SLOW: BlobLoader(shift)}, lambda _: pictures, SystemClock()).choose(
        blob_manifest(), executions, Optimise.THROUGHPUT
    )

    assert choice.trials[1].agreement == (1.0 if agreed else 0.0)
    assert bool(choice.trials[1].reason) is not agreed


def test_a_detector_that_finds_nothing_on_the_test_photos_stays_at_fp32() -> None:
    """Two that say nothing agree by chance only."""
    pictures = [patches(Size(64, 64))] * 30
    executions = tuple(Execution(SLOW, precision) for precision in (Precision.FP32, Precision.BF16))

    choice = Chooser({SLOW: BlobLoader()}, lambda _: pictures, SystemClock()).choose(
        blob_manifest(), executions, Optimise.THROUGHPUT
    )

    assert choice.execution.precision is Precision.FP32
    assert "too little on the test photos" in choice.trials[1].reason
