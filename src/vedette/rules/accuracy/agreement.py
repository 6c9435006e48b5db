"""How far two models say the same. Neither is the truth, so nothing here is called accuracy.

boxes of B, one by one ---match--- boxes of A      found of the reference = pairs / boxes of B
                                                   confirmed of its own   = pairs / boxes of A
                                                   agreement (F1)         = 2 pairs / (boxes of A + boxes of B)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vedette.rules.accuracy.match import match
from vedette.rules.accuracy.topk import Confusion, Share, confusions, top_k
from vedette.values.detection import Detections

_MOST_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two detectors have in common, of one class or of all.

    Attributes:
        pairs: boxes that both gave: same class, and overlapping enough.
        boxes: boxes of the model in question.
        reference_boxes: boxes of the model that it is held against.
        iou_sum: sum of the overlaps of the pairs.
    """

    pairs: int = 0
    boxes: int = 0
    reference_boxes: int = 0
    iou_sum: float = 0.0

    @property
    def found(self) -> float | None:
        """Share of the reference's boxes that it gave too; None without any."""
        return self.pairs / self.reference_boxes if self.reference_boxes else None

    @property
    def confirmed(self) -> float | None:
        """Share of its own boxes that the reference gave too; None without any."""
        return self.pairs / self.boxes if self.boxes else None

    @property
    def mean_iou(self) -> float | None:
        """How much the boxes of a pair overlap on average; None without any pair."""
        return self.iou_sum / self.pairs if self.pairs else None

    @property
    def f1(self) -> float:
        """Harmonic mean of `found` and `confirmed`, that is Dice's coefficient; 1.0 where neither gave a box."""
        boxes = self.boxes + self.reference_boxes
        return 2 * self.pairs / boxes if boxes else 1.0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.pairs + other.pairs,
            self.boxes + other.boxes,
            self.reference_boxes + other.reference_boxes,
            self.iou_sum + other.iou_sum,
        )


@dataclass(frozen=True, slots=True)
class BoxAgreement:
    """What two detectors have in common: in all and by class id; a pair overlaps `iou_threshold` at least."""

    total: Agreement
    classes: Mapping[int, Agreement]
    iou_threshold: float


@dataclass(frozen=True, slots=True)
class ClassAgreement:
    """How often two classifiers give the same best answer, and their most frequent differences.

    In `differences` the class of the reference is `truth`, that of the other model `answer`.
    """

    same: Share
    differences: tuple[Confusion, ...]


def agree_on_boxes(
    reference: Sequence[Detections], other: Sequence[Detections], iou_threshold: float = 0.5
) -> BoxAgreement:
    """What two detectors have in common over the same images."""
    classes = agreement_by_class(reference, other, iou_threshold)
    return BoxAgreement(sum(classes.values(), Agreement()), classes, iou_threshold)


def agree_on_classes(reference: Sequence[int], other: Sequence[int]) -> ClassAgreement:
    """How often the best answers of two classifiers to the same images are the same class id."""
    answers = [(best,) for best in other]
    return ClassAgreement(top_k(reference, answers, 1), confusions(reference, answers, _MOST_DIFFERENCES))


def agreement_by_class(
    reference: Sequence[Detections], other: Sequence[Detections], iou_threshold: float = 0.5
) -> dict[int, Agreement]:
    """What `other` has in common with `reference`, image by image, summed up for each class id that occurs.

    Raises:
        ValueError: the two do not hold the same number of images.
    """
    found: dict[int, Agreement] = {}
    for wanted, given in zip(reference, other, strict=True):
        for class_id, agreement in _of_one_image(wanted, given, iou_threshold).items():
            found[class_id] = found.get(class_id, Agreement()) + agreement
    return dict(sorted(found.items()))


def agreement_of_detections(
    reference: Sequence[Detections], other: Sequence[Detections], iou_threshold: float = 0.5
) -> float:
    """F1 of the boxes that two models have in common over all images, 0..1; 1.0 where neither gave any.

    Raises:
        ValueError: the two do not hold the same number of images.
    """
    return agree_on_boxes(reference, other, iou_threshold).total.f1


def _of_one_image(reference: Detections, other: Detections, iou_threshold: float) -> dict[int, Agreement]:
    matches = match(other, reference, iou_threshold)
    matched = other.class_ids[matches.found]
    pairs, boxes, wanted = (Counter(ids.tolist()) for ids in (matched, other.class_ids, reference.class_ids))
    iou_sums: defaultdict[int, float] = defaultdict(float)
    for class_id, iou in zip(matched.tolist(), matches.ious.tolist(), strict=True):
        iou_sums[class_id] += iou
    return {
        class_id: Agreement(pairs[class_id], boxes[class_id], wanted[class_id], iou_sums[class_id])
        for class_id in boxes | wanted
    }
