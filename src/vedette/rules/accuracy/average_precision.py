"""The figures of COCO's evaluation, out of its curves.

The curves come from an evaluator; which means over them are called AP, AP50, AR and so on is decided here, as
`cocoeval.py` of cocodataset/cocoapi does. Two things differ on purpose: AP may be taken at any number of boxes an
image (there it is fixed to 100), and a figure without any object behind it is None instead of -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.values.detection import Detections
from vedette.values.truth import Truth

IOU_THRESHOLDS = 10
"""0.50, 0.55 ... 0.95."""

_AT_50, _AT_75 = 0, 5
_ALL, _SMALL, _MEDIUM, _LARGE = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Precision and recall; -1 stands where there is no object.

    Attributes:
        precision: float64, shape (10 IoU thresholds, 101 recalls, classes, 4 areas, limits).
        recall: float64, shape (10 IoU thresholds, classes, 4 areas, limits).
        limits: boxes an image and class, best first, that each last column looks at; rising.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    limits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Precisions:
    """COCO's twelve figures at one number of boxes an image, each 0..1 or None where there is no object.

    `ap` is the mean over IoU thresholds 0.50 to 0.95; small objects are below 32 x 32 pixels, large ones above
    96 x 96. `ar_1`, `ar_10` and `ar_max` are recalls with at most 1, 10 and `max_dets` boxes an image and class.
    """

    max_dets: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    ap_small: float | None
    ap_medium: float | None
    ap_large: float | None
    ar_1: float | None
    ar_10: float | None
    ar_max: float | None
    ar_small: float | None
    ar_medium: float | None
    ar_large: float | None


@dataclass(frozen=True, slots=True)
class ClassPrecision:
    """Of one class: AP, AP50 and AR (all as in `Precisions`), and how many objects and boxes of it there were."""

    name: str
    ap: float | None
    ap50: float | None
    ar: float | None
    objects: int
    boxes: int


@dataclass(frozen=True, slots=True)
class DetectorAccuracy:
    """What an evaluation of a detector found.

    Attributes:
        precisions: the figures at each number of boxes an image, rising.
        classes: those of each category at the largest of these numbers.
        lacking: names of the categories that the model does not know; they count, with an AP of 0.
        known_ap: AP over the categories that it knows; None where none of them has an object.
        objects: how many there are, crowds left out.
        boxes: how many the model gave, of categories of the truth.
    """

    precisions: tuple[Precisions, ...]
    classes: tuple[ClassPrecision, ...]
    lacking: tuple[str, ...]
    known_ap: float | None
    objects: int
    boxes: int


def judge_detector(
    curves: Curves, truth: Truth, found: Sequence[Detections], max_dets: Sequence[int], lacking: Sequence[int]
) -> DetectorAccuracy:
    """The figures of an evaluation.

    Args:
        curves: what an evaluator drew for `truth` and `found`.
        truth: what is in the images.
        found: the boxes given for each image; `class_ids` are indices of `truth.categories`.
        max_dets: boxes an image and class to look at, one or several numbers.
        lacking: indices of the categories that the model does not know.
    """
    count = len(truth.categories)
    objects = np.bincount(truth.objects.categories[~truth.objects.crowds], minlength=count)
    boxes = np.bincount(np.concatenate([np.empty(0, np.int64), *(one.class_ids for one in found)]), minlength=count)
    classes = by_class(curves, max(max_dets), truth.categories, objects, boxes)
    known = [one.ap for number, one in enumerate(classes) if number not in set(lacking) and one.ap is not None]
    return DetectorAccuracy(
        tuple(precisions(curves, limit) for limit in sorted(set(max_dets))),
        classes,
        tuple(truth.categories[number] for number in lacking),
        float(np.mean(known)) if known else None,
        int(objects.sum()),
        int(boxes.sum()),
    )


def limits_for(max_dets: tuple[int, ...]) -> tuple[int, ...]:
    """The limits that curves need for `precisions` at each of `max_dets`."""
    return tuple(sorted({1, 10, *max_dets}))


def precisions(curves: Curves, max_dets: int) -> Precisions:
    """The twelve figures at `max_dets` boxes an image and class.

    Raises:
        ValueError: the curves were not drawn at 1, 10 and `max_dets`.
    """
    one, ten, most = (curves.limits.index(limit) for limit in (1, 10, max_dets))
    precision, recall = curves.precision[..., most], curves.recall
    return Precisions(
        max_dets,
        ap=_mean(precision[:, :, :, _ALL]),
        ap50=_mean(precision[_AT_50, :, :, _ALL]),
        ap75=_mean(precision[_AT_75, :, :, _ALL]),
        ap_small=_mean(precision[:, :, :, _SMALL]),
        ap_medium=_mean(precision[:, :, :, _MEDIUM]),
        ap_large=_mean(precision[:, :, :, _LARGE]),
        ar_1=_mean(recall[:, :, _ALL, one]),
        ar_10=_mean(recall[:, :, _ALL, ten]),
        ar_max=_mean(recall[:, :, _ALL, most]),
        ar_small=_mean(recall[:, :, _SMALL, most]),
        ar_medium=_mean(recall[:, :, _MEDIUM, most]),
        ar_large=_mean(recall[:, :, _LARGE, most]),
    )


def by_class(
    curves: Curves, max_dets: int, names: tuple[str, ...], objects: NDArray[np.int64], boxes: NDArray[np.int64]
) -> tuple[ClassPrecision, ...]:
    """The figures of each class, in their order.

    Args:
        curves: of all classes.
        max_dets: boxes an image and class, best first, that are looked at.
        names: of the classes.
        objects: how many objects of each class there are, crowds left out; int64, shape (classes,).
        boxes: how many boxes of each class were given; int64, shape (classes,).
    """
    most = curves.limits.index(max_dets)
    precision, recall = curves.precision[:, :, :, _ALL, most], curves.recall[:, :, _ALL, most]
    return tuple(
        ClassPrecision(
            name,
            _mean(precision[:, :, number]),
            _mean(precision[_AT_50, :, number]),
            _mean(recall[:, number]),
            int(objects[number]),
            int(boxes[number]),
        )
        for number, name in enumerate(names)
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    present = values[values > -1]
    return float(present.mean()) if present.size else None
