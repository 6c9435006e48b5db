"""Whether answers are right: each is held against the reference's answer to the same image.

    reference  espresso .9, cup .05     answer  cup .6, espresso .3      top1: wrong    top5: right

The reference is another model or stored results, not the truth: right means that the two agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vedette.errors import InvalidError
from vedette.rules.accuracy.labels import spelling
from vedette.rules.accuracy.match import match
from vedette.rules.accuracy.topk import Share
from vedette.values.answer import Answer, AnsweredBox, AnsweredClass
from vedette.values.detection import Detections, detections
from vedette.values.trial import QualityTarget

SURE = 0.5
"""A box with at least this score must be found by the other side."""

OVERLAP = 0.5
"""Intersection over union from which two boxes are the same object."""

_FIVE, _MOST_EXAMPLES, _SHOWN_BOXES = 5, 5, 3

Named = AnsweredClass | AnsweredBox


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the answers that were held against a reference.

    Attributes:
        right: for each answer, in their order, whether it is right by every metric.
        shares: how many are right, by metric.
        missed: the targets that were not reached.
        examples: up to five differences in words, each of another image.
    """

    right: tuple[bool, ...]
    shares: tuple[tuple[str, Share], ...]
    missed: tuple[QualityTarget, ...]
    examples: tuple[str, ...]


def judge(
    images: Sequence[int],
    answers: Sequence[Answer | None],
    references: Mapping[int, Answer],
    targets: Sequence[QualityTarget],
) -> Judged:
    """Judge every answer by every metric of the targets.

    Args:
        images: index of the image of each answer.
        answers: what was answered; None where it could not be read, which is wrong.
        references: the right answer by index of image.
        targets: metrics and the shares to reach; without any, `usual_metric` of the references, with no share to reach.

    Raises:
        InvalidError: an image has no reference, or the reference has nothing that a metric needs.
    """
    asked = tuple(targets) or (QualityTarget(usual_metric(references), 0.0),)
    lacking = sorted(set(images) - set(references))
    if lacking:
        raise InvalidError(f"image {lacking[0]} has no reference", help="make the reference of the same images")
    rows = [
        [answer is not None and right(target.metric, references[image], answer) for target in asked]
        for image, answer in zip(images, answers, strict=True)
    ]
    shares = tuple(
        (target.metric, Share(sum(row[place] for row in rows), len(rows))) for place, target in enumerate(asked)
    )
    verdicts = tuple(all(row) for row in rows)
    missed = tuple(
        target
        for target, (_, share) in zip(asked, shares, strict=True)
        if share.value is not None and share.value < target.share
    )
    return Judged(verdicts, shares, missed, _examples(images, answers, references, verdicts))


def usual_metric(references: Mapping[int, Answer]) -> str:
    """`iou` where the references have boxes, else `top1`."""
    return "iou" if any(answer.detections is not None for answer in references.values()) else "top1"


def right(metric: str, reference: Answer, answer: Answer) -> bool:
    """Whether an answer agrees with the reference by one metric.

    top1: the same best class. top5: the reference's best class is among the answer's first five. iou: every box of the
    reference with a score of at least `SURE` has one of the same class in the answer that overlaps by at least
    `OVERLAP`, one to one, and the other way round. Classes are compared by label where both have one, else by number.

    Raises:
        InvalidError: the metric is none, or the reference has nothing to compare by it.
    """
    if metric == "iou":
        if reference.detections is None:
            raise InvalidError("the reference has no boxes to compare by iou", help="compare by top1 or top5")
        return answer.detections is not None and _same_boxes(reference.detections, answer.detections)
    if metric not in ("top1", "top5"):
        raise InvalidError(f"{metric!r} is no metric", help="take top1, top5 or iou")
    if not reference.classes:
        raise InvalidError(f"the reference has no classes to compare by {metric}", help="compare by iou")
    first = (answer.classes or ())[: 1 if metric == "top1" else _FIVE]
    return any(same_class(reference.classes[0], one) for one in first)


def same_class(reference: Named, answer: Named) -> bool:
    """By label where both have labels, else by number; False where one has only a label and the other only a number."""
    if reference.label is not None and answer.label is not None:
        return spelling(reference.label) == spelling(answer.label)
    return reference.class_id is not None and reference.class_id == answer.class_id


def _same_boxes(reference: Sequence[AnsweredBox], answer: Sequence[AnsweredBox]) -> bool:
    """A box that one side gives just below `SURE` may serve the other side's, which is just above."""
    wanted, given = _detections(reference, reference), _detections(answer, reference)
    sure_wanted, sure_given = wanted.take(wanted.scores >= SURE), given.take(given.scores >= SURE)
    found = match(given, sure_wanted, OVERLAP)
    confirmed = match(sure_given, wanted, OVERLAP)
    return len(found) == len(sure_wanted) and len(confirmed) == len(sure_given)


def _detections(boxes: Sequence[AnsweredBox], reference: Sequence[AnsweredBox]) -> Detections:
    """Boxes whose class is the place of the first reference box of the same class; -1: the reference has none."""
    classes = [next((place for place, one in enumerate(reference) if same_class(one, box)), -1) for box in boxes]
    scores = [1.0 if box.score is None else box.score for box in boxes]
    return detections([box.box for box in boxes], scores, classes)


def _examples(
    images: Sequence[int], answers: Sequence[Answer | None], references: Mapping[int, Answer], right: Sequence[bool]
) -> tuple[str, ...]:
    words: dict[int, str] = {}
    for image, answer, fine in zip(images, answers, right, strict=True):
        if len(words) == _MOST_EXAMPLES:
            break
        if not fine:
            words.setdefault(image, f"image {image}: {_difference(references[image], answer)}")
    return tuple(words.values())


def _difference(reference: Answer, answer: Answer | None) -> str:
    expected = _words(reference)
    if answer is None:
        return f"expected {expected}, got an answer that could not be read"
    told = f"expected {expected}, got {_words(answer)}"
    return f"{told} (labels and class numbers cannot be compared)" if _unlike(reference, answer) else told


def _unlike(reference: Answer, answer: Answer) -> bool:
    ours: Sequence[Named] = reference.detections or reference.classes or ()
    theirs: Sequence[Named] = answer.detections or answer.classes or ()
    return bool(ours and theirs) and not any(
        (ours[0].label is not None and one.label is not None)
        or (ours[0].class_id is not None and one.class_id is not None)
        for one in theirs
    )


def _words(answer: Answer) -> str:
    if answer.detections is not None:
        sure = [box for box in answer.detections if box.score is None or box.score >= SURE]
        names = ", ".join(
            f"{_name(box)} at {'{:.0f} {:.0f} {:.0f} {:.0f}'.format(*box.box)}" for box in sure[:_SHOWN_BOXES]
        )
        rest = len(sure) - _SHOWN_BOXES
        return (names or "no box") + (f" and {rest} more" if rest > 0 else "")
    return _name(answer.classes[0]) if answer.classes else "no class"


def _name(one: Named) -> str:
    return one.label if one.label is not None else f"class {one.class_id}"
