"""The output of a classifier becomes named classes: softmax where it is still needed, then the best k."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError
from vedette.values.manifest import Scores
from vedette.values.result import Class

Vector = NDArray[np.float32]


def softmax(logits: Vector) -> Vector:
    """exp(x_i) / sum_j exp(x_j) of a vector, shifted by its maximum so that nothing overflows."""
    with np.errstate(over="ignore", invalid="ignore"):  # a logit that is not finite gives a chance that is none
        exponentials: Vector = np.exp(logits - logits.max())
        chances: Vector = exponentials / exponentials.sum()
    return chances


def best(scores: Vector, k: int) -> NDArray[np.intp]:
    """Indices of the k highest scores, highest first; equal scores in the order of their index."""
    if k >= scores.size:
        return np.argsort(-scores, kind="stable")
    threshold = np.partition(scores, scores.size - k)[scores.size - k]
    candidates = np.flatnonzero(scores >= threshold)
    order = np.argsort(-scores[candidates], kind="stable")
    chosen: NDArray[np.intp] = candidates[order][:k]
    return chosen


def classify(
    output: Vector, labels: tuple[str, ...], scores: Scores, top_k: int, threshold: float = 0.0
) -> tuple[Class, ...]:
    """The best `top_k` classes whose score reaches `threshold`, best first.

    Args:
        output: what the model gave for one image, any shape that holds one number a class.
        labels: name of each class.
        scores: whether `output` still needs a softmax.
        top_k: how many classes at most.
        threshold: lowest score that is reported, 0..1.

    Raises:
        InvalidError: the model gave another number of classes than there are labels, or a number that is none.
    """
    vector: Vector = np.asarray(output, np.float32).reshape(-1)
    if vector.size != len(labels):
        raise InvalidError(
            f"the model gave {vector.size} scores for {len(labels)} labels",
            help="correct `labels` in the model's manifest: `vedette models show NAME` prints where it is",
        )
    chances = softmax(vector) if scores is Scores.LOGITS else vector
    if not np.isfinite(chances).all():
        raise InvalidError(
            "the model gave a score that is not a number",
            help="try --precision fp32; if it stays, check mean_values and scale_values in the manifest",
        )
    ranked = best(chances, top_k)
    return tuple(
        Class(labels[index], index, score)
        for index, score in zip(ranked.tolist(), chances[ranked].tolist(), strict=True)
        if score >= threshold
    )
