"""`auto`: measure the candidates once for each machine and model, take the best, remember it.

candidates -> load each -> agreement of precisions with fp32 -> rounds, interleaved -> medians -> the choice
                                                                            -> its batch curve
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.flows.inference.curve import all_streams, measure_curve
from vedette.flows.inference.infer import split_outputs
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Loader, Runtime, Tensor
from vedette.rules.candidates import SURE_MARGIN, agrees, agrees_on_boxes, are_comparable, pick
from vedette.rules.vision.classes import softmax
from vedette.values.curve import BatchCurve
from vedette.values.detection import Detections
from vedette.values.execution import Choice, Execution, Optimise, Precision, RuntimeName, Trial
from vedette.values.manifest import Manifest, ModelType, Scores

BUDGET_NS = 4_500_000_000
"""Time for everything: loading, agreement, rounds and the batch curve. The last inference may go past it."""

_ROUNDS = 3
_ROUND_NS = 200_000_000
_ROUNDS_SHARE = 0.75
"""No round is begun after this share of the budget: the rest is for the batch curve."""


_Answer = Detections | NDArray[np.float32]


class ChoiceStore(Protocol):
    """Remembers choices."""

    def get(self, key: str) -> Choice | None:
        """The choice kept under the key, `cached`; None if there is none that can be read."""

    def put(self, key: str, choice: Choice) -> None:
        """Keep a choice."""


@dataclass(slots=True)
class _Runner:
    """One candidate that loaded, with what it reached in each round."""

    execution: Execution
    runtime: Runtime
    rates: list[float] = field(default_factory=list)
    latencies_ns: list[int] = field(default_factory=list)
    agreement: float | None = None
    reason: str = ""

    def trial(self) -> Trial:
        return Trial(
            self.execution,
            statistics.median(self.rates) if self.rates else None,
            statistics.median(self.latencies_ns) / 1e6 if self.latencies_ns else None,
            self.agreement,
            self.reason,
        )


@dataclass(frozen=True, slots=True)
class Chooser:
    """Measures on crops of real photos.

    Attributes:
        loaders: the engines by name.
        crops: gives crops of photos as rows of the model's image plan; asked for only when something is measured.
        clock: for the rounds.
    """

    loaders: Mapping[RuntimeName, Loader]
    crops: Callable[[Manifest], list[Row]]
    clock: Clock

    def choose(self, manifest: Manifest, executions: tuple[Execution, ...], optimise: Optimise) -> Choice:
        """Measure the candidates and take the best.

        Raises:
            UnsupportedError, UnavailableError, InvalidError: not one of them can run; every reason is in the message.
        """
        started = self.clock.now_ns()
        crops = self.crops(manifest)
        runners, refused, errors = self._load(manifest, executions, crops, started)
        try:
            self._compare_precisions(manifest, runners, crops, started)
            self._measure(runners, crops, started)
            trials = tuple(runner.trial() for runner in runners) + tuple(refused)
            best = pick(trials, optimise)
            if best is None:
                raise _together(errors)
            curve = self._curve(manifest, runners, best.execution, crops, started)
        finally:
            for runner in runners:
                runner.runtime.close()
        return Choice(best.execution, optimise, trials, cached=False, curve=curve)

    def _load(
        self, manifest: Manifest, executions: tuple[Execution, ...], crops: list[Row], started: int
    ) -> tuple[list[_Runner], list[Trial], list[VedetteError]]:
        runners: list[_Runner] = []
        refused: list[Trial] = []
        errors: list[VedetteError] = []
        for execution in executions:
            if runners and self._spent(started, 0.5):
                refused.append(Trial(execution, None, None, reason="no time was left to measure it"))
                continue
            try:
                runtime = self.loaders[execution.runtime].load(manifest, execution)
                runtime.infer(crops[0][np.newaxis])
                runners.append(_Runner(execution, runtime))
            except VedetteError as error:
                errors.append(error)
                refused.append(Trial(execution, None, None, reason=error.message))
        return runners, refused, errors

    def _compare_precisions(self, manifest: Manifest, runners: list[_Runner], crops: list[Row], started: int) -> None:
        """Refuse a precision that does not agree with fp32; without an fp32 candidate nothing is compared."""
        reference = next((runner for runner in runners if runner.execution.precision is Precision.FP32), None)
        others = [runner for runner in runners if runner.execution.precision is not Precision.FP32]
        if reference is None or not others:
            return
        if manifest.model_type is ModelType.TENSOR:
            for runner in others:
                runner.reason = "agreement with fp32 is not defined for plain tensors"
            return
        verdicts: dict[tuple[RuntimeName, Precision], tuple[bool, float]] = {}
        compared = self._answers(manifest, reference.runtime, crops, started, 0.65)
        if not _comparable(manifest, compared):
            for runner in others:
                runner.reason = "fp32 finds too little on the test photos to compare it with"
            return
        for runner in others:
            key = (runner.execution.runtime, runner.execution.precision)
            if key not in verdicts:
                answers = self._answers(manifest, runner.runtime, crops[: len(compared)])
                verdicts[key] = _agrees(manifest, compared, answers)
            agreed, runner.agreement = verdicts[key]
            if not agreed:
                runner.reason = "its answers differ too much from fp32"

    def _answers(
        self, manifest: Manifest, runtime: Runtime, crops: list[Row], started: int = 0, share: float = 0.0
    ) -> list[_Answer]:
        """The answer for each crop; with a `share`, for as many crops as that part of the budget allows."""
        answers = []
        for crop in crops:
            outputs = split_outputs(runtime.infer(crop[np.newaxis]), 1, lists=manifest.model_type.is_detector)
            assert outputs is not None, "one row always has its outputs"
            answers.append(_answer(manifest, outputs[0]))
            if share and self._spent(started, share):
                break
        return answers

    def _measure(self, runners: list[_Runner], crops: list[Row], started: int) -> None:
        able = [runner for runner in runners if not runner.reason]
        for number in range(_ROUNDS):
            for runner in able:
                if number and self._spent(started, _ROUNDS_SHARE):
                    return
                self._round(runner, crops)

    def _round(self, runner: _Runner, crops: list[Row]) -> None:
        """All streams at once for one round; the rate counts what they finished together."""
        busy = all_streams(runner.runtime, [crop[np.newaxis] for crop in crops], self.clock, _ROUND_NS)
        runner.rates.append(len(busy.latencies_ns) / busy.elapsed_ns * 1e9)
        runner.latencies_ns.extend(busy.latencies_ns)

    def _curve(
        self, manifest: Manifest, runners: list[_Runner], taken: Execution, crops: list[Row], started: int
    ) -> BatchCurve:
        runner = next(one for one in runners if one.execution == taken)
        lists = manifest.model_type.is_detector
        ends = started + BUDGET_NS
        return measure_curve(runner.runtime, crops, runner.latencies_ns, self.clock, ends, lists=lists)

    def _spent(self, started: int, share: float) -> bool:
        return self.clock.now_ns() - started > share * BUDGET_NS


def _answer(manifest: Manifest, outputs: tuple[Tensor, ...]) -> _Answer:
    """What precisions are compared by: boxes down to a little below the threshold, or the chances of all classes."""
    if manifest.model_type.is_detector:
        from vedette.rules.vision.detect import detect  # a classifier starts without it

        return detect(outputs, manifest, max(0.0, manifest.confidence_threshold - SURE_MARGIN))
    vector = np.asarray(outputs[0], np.float32).reshape(-1)
    return softmax(vector) if manifest.scores is Scores.LOGITS else vector


def _comparable(manifest: Manifest, reference: Sequence[_Answer]) -> bool:
    boxes = [one for one in reference if isinstance(one, Detections)]
    return not manifest.model_type.is_detector or are_comparable(boxes, manifest.confidence_threshold)


def _agrees(manifest: Manifest, reference: Sequence[_Answer], other: Sequence[_Answer]) -> tuple[bool, float]:
    """Whether another precision says the same as fp32, and how far."""
    if manifest.model_type.is_detector:
        boxes = [[one for one in answers if isinstance(one, Detections)] for answers in (reference, other)]
        return agrees_on_boxes(boxes[0], boxes[1], manifest.confidence_threshold)
    chances = [np.stack([one for one in answers if isinstance(one, np.ndarray)]) for answers in (reference, other)]
    return agrees(chances[0], chances[1])


def remembered(store: ChoiceStore, key: str, choose: Callable[[], Choice]) -> Choice:
    """The choice kept under the key, or else a new one, which is then kept."""
    choice = store.get(key)
    if choice is None:
        choice = choose()
        store.put(key, choice)
    return choice


def _together(errors: list[VedetteError]) -> VedetteError:
    """One error that says why each candidate was refused, each reason once; of the kind of the first."""
    reasons = list(dict.fromkeys(error.message for error in errors))
    if len(reasons) == 1:
        return errors[0]
    return type(errors[0])("; ".join(reasons), help="`vedette doctor` shows what runs on this machine")
