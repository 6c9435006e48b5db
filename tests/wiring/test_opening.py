"""Real models, opened for serving."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import MeanRuntime, colour_manifest, jpeg, write_colour_model, write_linear_model

from vedette.clock import SystemClock
from vedette.errors import InvalidError, UnsupportedError
from vedette.flows.inference.proof import check_golden, warm_up
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.station import Loaded
from vedette.rules.batching.policy import BatchPolicy, policy_for
from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.deadline import DeadlineClass
from vedette.values.execution import Choice, Execution, Optimise, Precision, RuntimeName, Trial
from vedette.values.golden import Expected, Golden
from vedette.values.manifest import Manifest, ModelType
from vedette.values.serving import ModelOptions, VersionPolicy
from vedette.wiring.opening import ServingOpener, told, wish_of
from vedette.wiring.plugins import Loaders

ENGINES = (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)
CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VEDETTE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def quick(runtime: RuntimeName = RuntimeName.ONNXRUNTIME, **changes) -> ModelOptions:
    """Options that leave nothing to be measured."""
    return ModelOptions("colour", **({"runtime": runtime, "precision": Precision.FP32, "threads": 1} | changes))


def colour(tmp_path: Path, **changes) -> Manifest:
    folder = tmp_path / "model"
    folder.mkdir(exist_ok=True)
    return colour_manifest(write_colour_model(folder / "colour.onnx"), **changes)


def linear(tmp_path: Path) -> Manifest:
    file = write_linear_model(tmp_path / "linear.onnx", np.eye(3))
    return colour_manifest(file, name="linear", model_type=ModelType.TENSOR, labels=(), input=None)


def silent(_: str) -> None:
    """Nothing of it is tested."""


def test_every_option_of_the_runtime_is_part_of_the_wish() -> None:
    """None is ignored."""
    options = ModelOptions("m", VersionPolicy(), RuntimeName.OPENVINO, Precision.BF16, "cpu", 3)

    wish = wish_of(options)

    assert (wish.runtime, wish.precision, wish.device, wish.threads) == ("openvino", "bf16", "cpu", 3)
    assert wish_of(ModelOptions("m", optimise=Optimise.LATENCY)).optimise is Optimise.LATENCY


@pytest.mark.parametrize("runtime", ENGINES)
def test_a_model_is_opened_with_both_of_its_plans(tmp_path: Path, runtime: RuntimeName) -> None:
    """The image plan at once, the tensor plan when it is asked for; both say the same of a picture."""
    loaded = ServingOpener(silent).open(colour(tmp_path), quick(runtime, deadline=DeadlineClass.HARD))
    row = np.full((1, 8, 8, 3), (255, 0, 51), np.uint8)

    (scores,) = loaded.instance.runtime.infer(row)
    tensors = loaded.open_tensors()
    (same,) = tensors.infer(row.transpose(0, 3, 1, 2).astype(np.float32) / 255)

    assert scores[0] == pytest.approx([1, 0, 0.2], abs=1e-5)
    assert same == pytest.approx(scores, abs=1e-5)
    assert tensors.signature.inputs[0].name == "input"
    assert loaded.instance.runtime.execution == Execution(runtime)
    assert (loaded.policy, loaded.curve, loaded.deadline) == (BatchPolicy(), BatchCurve(), DeadlineClass.HARD)


@pytest.mark.parametrize("runtime", ENGINES)
def test_a_model_of_plain_tensors_is_opened_and_warmed_up(tmp_path: Path, runtime: RuntimeName) -> None:
    """It has one plan only."""
    loaded = ServingOpener(silent).open(linear(tmp_path), quick(runtime))

    warm_up(loaded, 2, CLOCK)

    (answer,) = loaded.instance.runtime.infer(np.array([[1, 2, 3]], np.float32))
    assert answer.tolist() == [[1, 2, 3]]


def test_batches_follow_the_curve_that_was_measured(tmp_path: Path) -> None:
    """The policy is that of the curve, the largest batch and the goal; what is told has the points."""
    opener, options = ServingOpener(silent), quick(threads=2, max_batch=4, target_latency_ms=50.0)
    manifest = colour(tmp_path)

    loaded = opener.open(manifest, options)

    assert [point.batch for point in loaded.curve.points][:1] == [1]
    assert loaded.policy == policy_for(loaded.curve, 4, 50.0)
    assert "measured now: " in opener.told(loaded, options).reason
    assert "4 rows at most, 50 ms allowed" in str(opener.told(loaded, options))
    again = ServingOpener(silent)
    assert "measured before: " in again.told(again.open(manifest, options), options).reason


def test_an_isolated_model_is_loaded_by_the_loaders_for_it(tmp_path: Path, home: Path) -> None:
    """And refused where there are none, because an option that is ignored would be worse."""
    asked = []

    def loaders() -> Loaders:
        asked.append("isolated")
        return Loaders(home / ".cache")

    loaded = ServingOpener(silent, loaders).open(colour(tmp_path), quick(isolated=True))

    assert asked == ["isolated"]
    assert told(loaded, None, quick(isolated=True)).isolated
    with pytest.raises(UnsupportedError, match="cannot be isolated"):
        ServingOpener(silent).open(colour(tmp_path), quick(isolated=True))


def test_a_warm_up_runs_on_every_stream_in_turn() -> None:
    """In each round every stream has one inference: no stream runs those of another."""
    ran: list[int] = []
    runtime = MeanRuntime(Execution(RuntimeName.NULL, streams=3), lambda _: ran.append(threading.get_ident()))

    warm_up(Loaded(Instance(colour_manifest(), runtime), lambda: runtime), 20, CLOCK)

    rounds = [set(ran[start : start + 3]) for start in range(0, len(ran), 3)]
    assert len(rounds) == 20
    assert all(len(streams) == 3 for streams in rounds)


def test_a_warm_up_beside_models_that_serve_runs_one_inference_at_a_time() -> None:
    """As many as else, in the thread that loads: the other cores are left to requests."""
    ran: list[int] = []
    runtime = MeanRuntime(Execution(RuntimeName.NULL, streams=3), lambda _: ran.append(threading.get_ident()))

    warm_up(Loaded(Instance(colour_manifest(), runtime), lambda: runtime), 4, CLOCK, together=False)

    assert ran == [threading.get_ident()] * 12


def test_models_that_are_opened_aside_get_loaders_that_leave_cores_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first models of a server, beside which nothing serves, get the quick ones."""
    asked = []

    def loaders(cache: Path, *, aside: bool) -> Loaders:
        asked.append(aside)
        return Loaders(cache, aside=aside)

    monkeypatch.setattr("vedette.wiring.opening.Loaders", loaders)
    opener, manifest = ServingOpener(silent), colour(tmp_path)
    opener.open(manifest, quick(RuntimeName.OPENVINO))
    at_start = list(asked)
    with opener.aside():
        opener.open(manifest, quick(RuntimeName.OPENVINO))

    assert (at_start, asked) == ([], [True])
    assert not Loaders(tmp_path, aside=True)[RuntimeName.OPENVINO].side_by_side
    assert Loaders(tmp_path)[RuntimeName.OPENVINO].side_by_side


@pytest.mark.parametrize("rows", [1, 4])
def test_a_model_that_does_not_run_is_found_out_by_its_warm_up(rows: int) -> None:
    """Whichever stream or inference it is: the fifth fails, after each of two streams has had one of either size."""
    count = itertools.count(1)

    def fail(_: np.ndarray) -> None:
        if next(count) == 5:
            raise InvalidError("no such thing", help="")

    runtime = MeanRuntime(Execution(RuntimeName.NULL, streams=2), fail)
    loaded = Loaded(Instance(colour_manifest(), runtime), lambda: runtime, BatchPolicy(rows))

    if rows == 1:
        warm_up(loaded, 2, CLOCK)
        assert runtime.batches == [1] * 4
    with pytest.raises(InvalidError, match="no such thing"):
        warm_up(loaded, 3, CLOCK)


@pytest.mark.parametrize("runtime", ENGINES)
def test_a_golden_image_goes_the_way_of_every_image(tmp_path: Path, runtime: RuntimeName) -> None:
    """Decoded, resized, run, read: the colour model sees a red picture as red."""
    loaded = ServingOpener(silent).open(colour(tmp_path), quick(runtime))
    red, blue = (Golden("golden.jpg", jpeg((255, 0, 0)), (Expected(1.0, name),)) for name in ("red", "blue"))

    check_golden(red, loaded.instance, CLOCK)

    with pytest.raises(InvalidError, match=r"expected blue 1\.000"):
        check_golden(blue, loaded.instance, CLOCK)
    with pytest.raises(InvalidError, match="takes plain tensors"):
        check_golden(red, ServingOpener(silent).open(linear(tmp_path), quick(runtime)).instance, CLOCK)


def test_what_a_start_tells_of_a_choice() -> None:
    """How the model runs with the figures, what came second, why another was refused, and the batches."""
    best = Execution(RuntimeName.OPENVINO, Precision.BF16, streams=2)
    trials = (
        Trial(Execution(RuntimeName.ONNXRUNTIME, streams=2), 264.2, 7.1),
        Trial(best, 512.6, 3.9),
        Trial(Execution(RuntimeName.ONNXRUNTIME, Precision.FP16), None, None, reason="not here"),
    )
    curve = BatchCurve((BatchPoint(1, 4.0, 5.0, 9), BatchPoint(4, 8.0, 9.0, 9)))
    choice = Choice(best, Optimise.THROUGHPUT, trials, cached=True, curve=curve)
    loaded = Loaded(Instance(colour_manifest(), Fixed(best)), lambda: Fixed(best), policy_for(curve, 8, 20.0), curve)

    text = str(told(loaded, choice, ModelOptions("colour", target_latency_ms=20.0)))

    assert text == (
        "colour version 1: openvino bf16 on cpu, 2 x 1 threads (measured before: 513 images/s, 3.90 ms for one; "
        "onnxruntime fp32 on cpu, 2 x 1 threads 264 images/s, 7.10 ms for one); batches of up to 4, 11 ms window "
        "(ms an image at batch 1: 4.00, 4: 2.00; 8 rows at most, 20 ms allowed)"
    )


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        ({}, quick(), "as the options say"),
        ({}, ModelOptions("m", threads=1), "the only way to run this file here"),
        ({"input": None}, ModelOptions("m"), "plain tensors are not measured: the first way that reads this file"),
    ],
)
def test_what_a_start_tells_where_nothing_was_measured(changes: dict, options: ModelOptions, reason: str) -> None:
    """The reason is told all the same."""
    runtime = Fixed(Execution(RuntimeName.ONNXRUNTIME))
    manifest = colour_manifest(**changes)

    assert told(Loaded(Instance(manifest, runtime), lambda: runtime), None, options).reason == reason


class Fixed:
    """A runtime that is only told of."""

    signature = None

    def __init__(self, execution: Execution) -> None:
        self.execution = execution

    def infer(self, *tensors: np.ndarray) -> tuple[np.ndarray, ...]:
        raise AssertionError("it is not run")

    def close(self) -> None:
        """Nothing to free."""


def test_beside_others_that_serve_nothing_is_measured(tmp_path) -> None:
    """A measurement needs every core: what is remembered is taken, else the first candidate, and nothing is stored."""
    said: list[str] = []
    manifest = colour(tmp_path)
    opener = ServingOpener(said.append)

    with opener.aside():
        first = opener.open(manifest, ModelOptions("colour"))
    measured = opener.open(manifest, ModelOptions("colour"))
    with opener.aside():
        again = opener.open(manifest, ModelOptions("colour"))

    assert first.curve.points == ()
    assert str(first.instance.runtime.execution.precision) == "fp32"
    assert sum(line.startswith("choosing") for line in said) == 1
    assert "nothing is measured" in said[0]
    assert again.instance.runtime.execution == measured.instance.runtime.execution
    assert again.curve == measured.curve
