"""How often a classifier is right, with the interval that so many images allow."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""The normal distribution has 95 % of its mass within so many standard deviations."""

_FIVE = 5
_MOST_CONFUSIONS = 20

Answer = Sequence[int] | None
"""Class ids, best first; None where an image has no answer, which counts as wrong."""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` out of `total`."""

    count: int
    total: int

    @property
    def value(self) -> float | None:
        """0..1; None of nothing."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % score interval of Wilson (1927): 0..1 of nothing, never beyond 0..1, right for shares near 1 too."""
        if not self.total:
            return 0.0, 1.0
        share, weight = self.count / self.total, Z_95**2 / self.total
        centre = (share + weight / 2) / (1 + weight)
        half = Z_95 / (1 + weight) * math.sqrt(share * (1 - share) / self.total + weight / (4 * self.total))
        low = 0.0 if self.count == 0 else centre - half
        return low, 1.0 if self.count == self.total else centre + half


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often images of class `truth` were taken for `answer`; both class ids."""

    truth: int
    answer: int
    count: int


@dataclass(frozen=True, slots=True)
class ClassifierAccuracy:
    """What an evaluation of a classifier found.

    Attributes:
        top1, top5: how often the class of an image is the best answer, or among the best five; top5 is None where a
            model has no more than five classes.
        classes: top-1 by class id, of the classes that have images.
        confusions: the most frequent mistakes.
    """

    top1: Share
    top5: Share | None
    classes: Mapping[int, Share]
    confusions: tuple[Confusion, ...]


def judge_classifier(truth: Sequence[int], answers: Sequence[Answer], class_count: int) -> ClassifierAccuracy:
    """The figures of an evaluation: the class of each image, the answers to it, and how many classes the model has."""
    return ClassifierAccuracy(
        top_k(truth, answers, 1),
        top_k(truth, answers, _FIVE) if class_count > _FIVE else None,
        by_class(truth, answers),
        confusions(truth, answers, _MOST_CONFUSIONS),
    )


def top_k(truth: Sequence[int], answers: Sequence[Answer], k: int) -> Share:
    """How often the class of an image is among its best `k` answers."""
    pairs = zip(truth, answers, strict=True)
    return Share(sum(answer is not None and right in answer[:k] for right, answer in pairs), len(truth))


def by_class(truth: Sequence[int], answers: Sequence[Answer]) -> dict[int, Share]:
    """How often the best answer is right, for the images of each class; by class id."""
    images, right = Counter(truth), Counter[int]()
    for wanted, answer in zip(truth, answers, strict=True):
        right[wanted] += answer is not None and wanted in answer[:1]
    return {class_id: Share(right[class_id], images[class_id]) for class_id in sorted(images)}


def confusions(truth: Sequence[int], answers: Sequence[Answer], most: int) -> tuple[Confusion, ...]:
    """The `most` frequent pairs of class and wrong best answer, then by class ids."""
    wrong = Counter(
        (wanted, answer[0]) for wanted, answer in zip(truth, answers, strict=True) if answer and answer[0] != wanted
    )
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(*pair, count) for pair, count in ranked[:most])
