"""Which executions are measured, which precision may stand in for fp32, and which trial is taken."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from vedette.rules.candidates import Wish, agrees, agrees_on_boxes, candidates, pick
from vedette.values.detection import Detections, detections
from vedette.values.execution import Execution, Optimise, Precision, RuntimeName, Trial
from vedette.values.manifest import ModelFormat

ORT, OV, TORCH, NULL = RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO, RuntimeName.TORCHSCRIPT, RuntimeName.NULL
FP32, BF16, FP16 = Precision.FP32, Precision.BF16, Precision.FP16
LATENCY = Optimise.LATENCY

SPLITS = {
    (Optimise.THROUGHPUT, 1): [(1, 1)],
    (Optimise.THROUGHPUT, 2): [(2, 1), (1, 2)],
    (Optimise.THROUGHPUT, 8): [(8, 1), (4, 2), (1, 8)],
    (Optimise.LATENCY, 1): [(1, 1)],
    (Optimise.LATENCY, 2): [(1, 2), (1, 1)],
    (Optimise.LATENCY, 8): [(1, 8), (1, 1)],
}


def kinds(executions: tuple[Execution, ...]) -> list[tuple[RuntimeName, Precision]]:
    """Runtime and precision of each, in order and once."""
    return list(dict.fromkeys((one.runtime, one.precision) for one in executions))


def splits(executions: tuple[Execution, ...]) -> list[tuple[int, int]]:
    return [(one.streams, one.threads) for one in executions]


# candidates() --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model_format", "bf16", "expected"),
    [
        (ModelFormat.ONNX, False, [(ORT, FP32), (OV, FP32)]),
        (ModelFormat.ONNX, True, [(ORT, FP32), (OV, FP32), (OV, BF16)]),
        (ModelFormat.OPENVINO, False, [(OV, FP32)]),
        (ModelFormat.OPENVINO, True, [(OV, FP32), (OV, BF16)]),
        (ModelFormat.SAVED_MODEL, True, [(OV, FP32), (OV, BF16)]),
        (ModelFormat.TFLITE, True, [(OV, FP32), (OV, BF16)]),
        (ModelFormat.TORCHSCRIPT, False, [(TORCH, FP32)]),
        (ModelFormat.TORCHSCRIPT, True, [(TORCH, FP32)]),
    ],
)
def test_a_format_is_tried_on_all_that_read_it(
    model_format: ModelFormat, *, bf16: bool, expected: list[tuple[RuntimeName, Precision]]
) -> None:
    """fp32 comes first, bf16 is OpenVINO's on a processor that has it, fp16 is nobody's unasked."""
    assert kinds(candidates(Wish(), model_format, 2, bf16=bf16)) == expected


@pytest.mark.parametrize(("optimise", "cores"), SPLITS)
def test_cores_are_split_for_what_is_optimised(optimise: Optimise, cores: int) -> None:
    """Throughput tries many streams, two threads each from four cores on, and one; latency one stream on all or one."""
    found = candidates(Wish(ORT, optimise=optimise), ModelFormat.ONNX, cores, bf16=False)

    assert splits(found) == SPLITS[optimise, cores]


@pytest.mark.parametrize("model_format", ModelFormat)
def test_no_candidate_is_tried_twice_or_takes_more_than_the_cores(model_format: ModelFormat) -> None:
    """In every case there is one at least, all differ, and streams times threads reach the cores and no more."""
    for cores, optimise, bf16, precision in product(range(1, 65), Optimise, (False, True), (None, *Precision)):
        found = candidates(Wish(precision=precision, optimise=optimise), model_format, cores, bf16=bf16)

        assert len(set(found)) == len(found)
        assert max(one.streams * one.threads for one in found) == cores


def test_threads_that_the_user_gives_replace_the_cores() -> None:
    """2 of 8 cores asked for are split like 2 cores."""
    assert splits(candidates(Wish(ORT, threads=2), ModelFormat.ONNX, 8, bf16=False)) == [(2, 1), (1, 2)]


@pytest.mark.parametrize("runtime", RuntimeName)
def test_a_runtime_that_the_user_gives_is_the_only_one(runtime: RuntimeName) -> None:
    """Even one that may not read the format: its loader tells why, instead of another one answering."""
    found = candidates(Wish(runtime), ModelFormat.ONNX, 2, bf16=False)

    assert kinds(found) == [(runtime, FP32)]


def test_null_has_no_other_precision() -> None:
    """Zeros are the same in bf16."""
    assert kinds(candidates(Wish(NULL), ModelFormat.ONNX, 2, bf16=True)) == [(NULL, FP32)]


@pytest.mark.parametrize("precision", Precision)
@pytest.mark.parametrize("bf16", [False, True])
def test_a_precision_that_the_user_gives_is_the_only_one(precision: Precision, *, bf16: bool) -> None:
    """It is tried on every runtime, whether the processor has it or not: who asks for it gets it or the reason."""
    found = candidates(Wish(precision=precision), ModelFormat.ONNX, 2, bf16=bf16)

    assert kinds(found) == [(ORT, precision), (OV, precision)]


@pytest.mark.parametrize("optimise", Optimise)
def test_another_device_has_no_cores_to_split(optimise: Optimise) -> None:
    """On cuda:0 each runtime is tried once, with one stream."""
    found = candidates(Wish(device="cuda:0", optimise=optimise), ModelFormat.ONNX, 8, bf16=False)

    assert found == (Execution(ORT, FP32, "cuda:0", 1, 1), Execution(OV, FP32, "cuda:0", 1, 1))


def test_what_the_processor_has_says_nothing_of_another_device() -> None:
    """bf16 of the CPU is not tried unasked on cuda:0."""
    found = candidates(Wish(device="cuda:0"), ModelFormat.ONNX, 8, bf16=True)

    assert kinds(found) == [(ORT, FP32), (OV, FP32)]


# agrees() ------------------------------------------------------------------------------------------------------------


def answers(*crops: tuple[float, ...]) -> np.ndarray:
    return np.array(crops, np.float32)


def compared(sure: int, sure_wrong: int, unsure: int, unsure_wrong: int) -> tuple[bool, float]:
    """Two classes; fp32 is sure of some crops (0.9 : 0.1) and unsure of others (0.51 : 0.49)."""
    reference = answers(*[(0.9, 0.1)] * sure, *[(0.51, 0.49)] * unsure)
    other = reference.copy()
    for row in (*range(sure_wrong), *range(sure, sure + unsure_wrong)):
        other[row] = other[row, ::-1]
    return agrees(reference, other)


@pytest.mark.parametrize(
    ("counts", "agreed", "overall"),
    [
        ((200, 0, 0, 0), True, 1.0),
        ((200, 2, 0, 0), True, 0.99),
        ((200, 3, 0, 0), False, 0.985),
        ((100, 1, 100, 19), True, 0.9),
        ((100, 1, 100, 20), False, 0.895),
        ((100, 2, 100, 0), False, 0.99),
        ((0, 0, 200, 20), True, 0.9),
        ((0, 0, 200, 21), False, 0.895),
        ((1, 1, 199, 0), False, 0.995),
    ],
)
def test_a_precision_agrees_up_to_its_limits(
    counts: tuple[int, int, int, int], *, agreed: bool, overall: float
) -> None:
    """99 % of the crops that fp32 is sure of and 90 % of all are enough, less of either is not."""
    verdict, share = compared(*counts)

    assert verdict is agreed
    assert share == pytest.approx(overall)


@pytest.mark.parametrize(("margin", "agreed"), [(0.049, True), (0.051, False)])
def test_fp32_is_sure_from_a_margin_of_five_hundredths(margin: float, *, agreed: bool) -> None:
    """One of 50 crops differs: that counts only where fp32 led by more than 0.05."""
    reference = answers(*[(0.5, 0.5 - margin, margin / 2, margin / 2)] * 50)
    other = reference.copy()
    other[0] = other[0, [1, 0, 2, 3]]

    assert agrees(reference, other) == (agreed, pytest.approx(0.98))


def test_other_scores_with_the_same_best_class_agree() -> None:
    """Only the top-1 is compared."""
    assert agrees(answers((0.8, 0.1, 0.1)), answers((0.4, 0.3, 0.3))) == (True, 1.0)


def test_one_class_always_agrees() -> None:
    """There is nothing to confuse it with."""
    assert agrees(answers((0.3,), (0.9,)), answers((0.2,), (0.1,))) == (True, 1.0)


# pick() --------------------------------------------------------------------------------------------------------------


def trial(streams: int, images_per_s: float | None, latency_ms: float | None, reason: str = "") -> Trial:
    return Trial(Execution(OV, streams=streams), images_per_s, latency_ms, reason=reason)


QUICK, BUSY = trial(1, 100.0, 2.0), trial(2, 150.0, 5.0)


def test_throughput_takes_most_images_a_second() -> None:
    """Whatever its latency and its place."""
    assert pick((QUICK, BUSY), Optimise.THROUGHPUT) is BUSY
    assert pick((BUSY, QUICK), Optimise.THROUGHPUT) is BUSY


def test_latency_takes_the_lowest() -> None:
    """Whatever its throughput and its place."""
    assert pick((QUICK, BUSY), LATENCY) is QUICK
    assert pick((BUSY, QUICK), LATENCY) is QUICK


@pytest.mark.parametrize("optimise", Optimise)
def test_of_equal_trials_the_first_is_taken(optimise: Optimise) -> None:
    """fp32 comes first, so that nothing else is taken without a gain."""
    first, second = trial(1, 100.0, 2.0), trial(2, 100.0, 2.0)

    assert pick((first, second), optimise) is first


@pytest.mark.parametrize("optimise", Optimise)
def test_a_refused_trial_is_never_taken(optimise: Optimise) -> None:
    """However good its figures, a reason rules it out, and so do missing figures."""
    refused, unmeasured = trial(3, 999.0, 0.1, "its answers differ"), trial(4, None, None)

    assert pick((refused, unmeasured, QUICK), optimise) is QUICK


@pytest.mark.parametrize("optimise", Optimise)
@pytest.mark.parametrize("trials", [(), (trial(1, None, None, "no such device"),), (trial(1, 9.0, 9.0, "refused"),)])
def test_without_a_trial_that_ran_there_is_no_choice(trials: tuple[Trial, ...], optimise: Optimise) -> None:
    """None says so."""
    assert pick(trials, optimise) is None


@pytest.mark.parametrize("optimise", list(Optimise))
def test_a_trial_that_is_less_than_a_twentieth_better_does_not_displace_an_earlier_one(optimise: Optimise) -> None:
    """What may be chance does not decide; what is more does."""

    def trial(speed: float) -> Trial:
        return Trial(Execution(RuntimeName.OPENVINO), 100 * speed, 10 / speed)

    first, alike, better = trial(1.0), trial(1.04), trial(1.06)

    assert pick((first, alike), optimise) is first
    assert pick((first, better), optimise) is better


def boxes(*scores: float, shift: float = 0.0) -> Detections:
    """Boxes far from each other, each 10 wide, moved by `shift` pixels."""
    corners = [(20 * number + shift, 0, 20 * number + 10 + shift, 10) for number in range(len(scores))]
    return detections(corners, scores, [0] * len(scores))


def test_a_precision_whose_boxes_lie_nearly_where_fp32_has_them_agrees() -> None:
    """IoU 0.5 is enough: half of a box shifted by a fifth of its width is far above."""
    assert agrees_on_boxes([boxes(0.9, 0.8)], [boxes(0.88, 0.81, shift=2)], 0.5) == (True, 1.0)


def test_a_sure_box_that_is_missing_is_a_disagreement() -> None:
    """One of fifty is more than one percent; one of a hundred is not."""
    fifty, hundred = boxes(*[0.9] * 50), boxes(*[0.9] * 100)

    assert not agrees_on_boxes([fifty], [boxes(*[0.9] * 49)], 0.5)[0]
    assert agrees_on_boxes([hundred], [boxes(*[0.9] * 99)], 0.5)[0]


def test_a_box_near_the_threshold_may_fall_on_either_side_of_it() -> None:
    """0.51 against 0.49 at a threshold of 0.5 is no disagreement of a sure box; the F1 tells of it."""
    agreed, overall = agrees_on_boxes([boxes(*[0.9] * 9, 0.51)], [boxes(*[0.9] * 9, 0.49)], 0.5)

    assert agreed
    assert overall == pytest.approx(2 * 9 / 19)


def test_many_boxes_that_fp32_does_not_have_are_a_disagreement() -> None:
    """Overall agreement is the F1 of all boxes, at least 0.9."""
    assert not agrees_on_boxes([boxes(*[0.9] * 8)], [boxes(*[0.9] * 10)], 0.5)[0]


def test_two_that_find_nothing_agree() -> None:
    """Crops may be empty."""
    assert agrees_on_boxes([boxes()] * 5, [boxes()] * 5, 0.5) == (True, 1.0)
