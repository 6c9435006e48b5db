"""Which ways to run a model are worth measuring, and which of them is taken. All that decides it is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.values.detection import Detections
from vedette.values.execution import Execution, Optimise, Precision, RuntimeName, Trial
from vedette.values.manifest import ModelFormat

SURE_AGREEMENT = 0.99
"""Share of crops with the same top-1, of those where fp32 leads its second class by more than `SURE_MARGIN`."""

SURE_MARGIN = 0.05

OVERALL_AGREEMENT = 0.90
"""Share of all crops with the same top-1."""

FEWEST_SURE_BOXES = 20
"""A detector whose fp32 finds fewer sure boxes on the test photos gives nothing to compare a precision by."""

ALIKE = 0.95
"""Trials that reach this share of the best count as equally good."""

_READERS = {
    ModelFormat.ONNX: (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO),
    ModelFormat.OPENVINO: (RuntimeName.OPENVINO,),
    ModelFormat.SAVED_MODEL: (RuntimeName.OPENVINO,),
    ModelFormat.TFLITE: (RuntimeName.OPENVINO,),
    ModelFormat.TORCHSCRIPT: (RuntimeName.TORCHSCRIPT,),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user fixed of an Execution; None leaves it to `auto`."""

    runtime: RuntimeName | None = None
    precision: Precision | None = None
    device: str = "cpu"
    threads: int | None = None
    optimise: Optimise = Optimise.THROUGHPUT


def candidates(wish: Wish, model_format: ModelFormat, cores: int, *, bf16: bool) -> tuple[Execution, ...]:
    """Every Execution that fulfils the wish and that `model_format`, the cores and the processor allow.

    The fp32 ones come first: they are what other precisions are compared with. bf16 is OpenVINO's on a CPU that has it.
    """
    runtimes = (wish.runtime,) if wish.runtime else _READERS[model_format]
    cores = cores if wish.threads is None else wish.threads
    found = []
    for precision in (Precision.FP32, Precision.BF16) if wish.precision is None else (wish.precision,):
        for runtime in runtimes:
            able = precision is not Precision.BF16 or _runs_bf16(runtime, wish.device, bf16=bf16)
            if able or wish.precision is not None:
                plans = _plans(cores, wish.optimise) if wish.device == "cpu" else ((1, 1),)
                found += [Execution(runtime, precision, wish.device, streams, threads) for streams, threads in plans]
    return tuple(found)


def _runs_bf16(runtime: RuntimeName, device: str, *, bf16: bool) -> bool:
    return runtime is RuntimeName.OPENVINO and device == "cpu" and bf16


def _plans(cores: int, optimise: Optimise) -> tuple[tuple[int, int], ...]:
    """Streams x threads: a stream for each core, each pair or all for throughput; on all or one core for latency."""
    if cores == 1:
        return ((1, 1),)
    if optimise is Optimise.LATENCY:
        return ((1, cores), (1, 1))
    middle = ((cores // 2, 2),) if cores >= 4 else ()  # noqa: PLR2004 - below, the halves are one of the ends
    return ((cores, 1), *middle, (1, cores))


def agrees(reference: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[bool, float]:
    """Whether another precision may stand in for fp32, and the overall share of crops with the same top-1.

    Args:
        reference: probabilities of fp32, shape (crops, classes).
        other: probabilities of the other precision, the same shape.
    """
    same = reference.argmax(1) == other.argmax(1)
    ranked = np.sort(reference, 1)
    sure = ranked[:, -1] - ranked[:, -2] > SURE_MARGIN if reference.shape[1] > 1 else np.ones(len(same), bool)
    overall = float(same.mean())
    sure_agreement = float(same[sure].mean()) if sure.any() else 1.0
    return sure_agreement >= SURE_AGREEMENT and overall >= OVERALL_AGREEMENT, overall


def agrees_on_boxes(
    reference: Sequence[Detections], other: Sequence[Detections], threshold: float
) -> tuple[bool, float]:
    """Whether another precision of a detector may stand in for fp32, and the F1 of their boxes at the threshold.

    Of the boxes that fp32 gives with a score above the threshold by `SURE_MARGIN` or more, the other must give
    `SURE_AGREEMENT` at a score below it by at most as much; and the F1 of all boxes must reach `OVERALL_AGREEMENT`.

    Args:
        reference: boxes of fp32 for each crop, with scores from `threshold - SURE_MARGIN` on.
        other: those of the other precision.
        threshold: the score from which boxes are reported.
    """
    from vedette.rules.accuracy.agreement import (  # a model whose choice is remembered starts without
        Agreement,
        agreement_by_class,
        agreement_of_detections,
    )

    sure = [found.take(found.scores >= threshold + SURE_MARGIN) for found in reference]
    again = sum((part for part in agreement_by_class(sure, other).values()), Agreement()).found
    overall = agreement_of_detections(_reported(reference, threshold), _reported(other, threshold))
    return (again is None or again >= SURE_AGREEMENT) and overall >= OVERALL_AGREEMENT, overall


def are_comparable(reference: Sequence[Detections], threshold: float) -> bool:
    """Whether fp32 finds enough on the crops for another precision to be compared with it."""
    return sum(int((found.scores >= threshold + SURE_MARGIN).sum()) for found in reference) >= FEWEST_SURE_BOXES


def _reported(found: Sequence[Detections], threshold: float) -> list[Detections]:
    return [one.take(one.scores >= threshold) for one in found]


def pick(trials: tuple[Trial, ...], optimise: Optimise) -> Trial | None:
    """The first trial, of those not refused, that is as good as the best to `ALIKE`; None if none ran.

    Good is: images a second, or for latency the median time of one inference. Trials within `ALIKE` may differ by
    chance alone, so the order of `candidates` decides, which puts a stream for each core first: that leaves no core
    idle while images are decoded.
    """
    able = [(trial, _worth(trial, optimise)) for trial in trials if not trial.reason]
    most = max((worth for _, worth in able), default=0.0)
    return next((trial for trial, worth in able if worth and worth >= ALIKE * most), None)


def _worth(trial: Trial, optimise: Optimise) -> float:
    if optimise is Optimise.LATENCY:
        return 1 / trial.latency_ms if trial.latency_ms else 0.0
    return trial.images_per_s or 0.0
