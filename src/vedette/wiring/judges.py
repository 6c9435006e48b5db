"""How answers become figures: a judge for marked objects, one for class folders, one for a second model.

Each is made before any image is run, so that a truth that does not fit the model is told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vedette.adapters.datasets.class_folders import imagenet_wnids
from vedette.adapters.evaluators.hotcoco import draw_curves
from vedette.errors import UsageError
from vedette.rules.accuracy.agreement import BoxAgreement, ClassAgreement, agree_on_boxes, agree_on_classes
from vedette.rules.accuracy.average_precision import DetectorAccuracy, judge_detector, limits_for
from vedette.rules.accuracy.labels import join_labels, listed, map_categories, understand_folders
from vedette.rules.accuracy.topk import ClassifierAccuracy, judge_classifier
from vedette.values.detection import Detections, nothing
from vedette.values.frame import Size
from vedette.values.manifest import Manifest
from vedette.wiring.truths import Marked, Sorted

NOTHING = "nothing"
"""The name of the answer of a classifier that gave none."""

Finding = DetectorAccuracy | ClassifierAccuracy | BoxAgreement | ClassAgreement

Answer = Detections | tuple[int, ...]
"""Of one model to one image: boxes, or class ids with the best first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one image: its size, and the answers by model; a model that failed is not there."""

    size: Size | None
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """How the answers are judged.

    Attributes:
        names: of the classes, by the class ids of the finding.
        judge: draws the figures from what became of the images, in their order, and tells what is odd.
        notes: what is to be told of how the data and the model go together.
    """

    names: tuple[str, ...]
    judge: Callable[[Sequence[Seen]], tuple[Finding, tuple[str, ...]]]
    notes: tuple[str, ...] = ()


def judge_by_marks(
    manifest: Manifest, data: Marked, name: str, max_dets: tuple[int, ...], renames: Mapping[str, str]
) -> JudgePlan:
    """A detector against marked objects; `name` is what the data are called.

    Raises:
        VedetteError: the model is no detector, or has none of the categories.
    """
    if not manifest.model_type.is_detector:
        raise UsageError(
            f"{manifest.name} is a classifier, {name} marks objects",
            help="give --data a folder that holds a folder of images for each class",
        )
    mapped = map_categories(data.truth.categories, manifest.labels, renames)

    def judge(seen: Sequence[Seen]) -> tuple[Finding, tuple[str, ...]]:
        found = [_as_classes(one.answers.get(manifest.name, ()), mapped.categories) for one in seen]
        curves = draw_curves(data.truth, found, limits_for(max_dets))
        return judge_detector(curves, data.truth, found, max_dets, mapped.lacking), _other_sizes(data, seen)

    unused = f"labels without a category, their boxes do not count: {len(mapped.unused)} ({listed(mapped.unused)})"
    return JudgePlan(data.truth.categories, judge, (unused,) if mapped.unused else ())


def judge_by_folders(manifest: Manifest, data: Sorted, name: str) -> JudgePlan:
    """A classifier against the folders in which images lie.

    Raises:
        VedetteError: the model is no classifier, or folders name none of its classes.
    """
    if manifest.model_type.is_detector:
        raise UsageError(
            f"{manifest.name} is a detector, the folders of {name} tell classes",
            help="give --data a JSON file of marked objects in COCO's form",
        )
    folders = sorted(set(data.folders))
    understood = understand_folders(folders, manifest.labels, imagenet_wnids())
    truth = [understood.class_ids[folder] for folder in data.folders]

    def judge(seen: Sequence[Seen]) -> tuple[Finding, tuple[str, ...]]:
        answers = [_classes(one.answers.get(manifest.name)) for one in seen]
        return judge_classifier(truth, answers, len(manifest.labels)), ()

    return JudgePlan(manifest.labels, judge, (f"class folders, by {understood.naming}: {len(folders)}",))


def judge_by_model(manifest: Manifest, reference: Manifest) -> JudgePlan:
    """A model against another that is taken as reference, on the images that both answered.

    Raises:
        VedetteError: they do not do the same, or have no label in common.
    """
    if manifest.model_type.is_detector != reference.model_type.is_detector:
        raise UsageError(
            f"{manifest.name} and {reference.name} do not do the same: one is a detector, one a classifier",
            help="compare two detectors or two classifiers",
        )
    labels = join_labels(reference.labels, manifest.labels)
    theirs, ours = dict(enumerate(labels.first)), dict(enumerate(labels.second))

    def judge(seen: Sequence[Seen]) -> tuple[Finding, tuple[str, ...]]:
        pairs = [(one.answers[reference.name], one.answers[manifest.name]) for one in seen if len(one.answers) > 1]
        if manifest.model_type.is_detector:
            finding: Finding = agree_on_boxes(
                [_as_classes(there, theirs) for there, _ in pairs], [_as_classes(here, ours) for _, here in pairs]
            )
        else:
            finding = agree_on_classes(
                [_best(there, labels.first, len(labels.names)) for there, _ in pairs],
                [_best(here, labels.second, len(labels.names)) for _, here in pairs],
            )
        return finding, ()

    return JudgePlan((*labels.names, NOTHING), judge)


def _as_classes(answer: Answer, classes: Mapping[int, int]) -> Detections:
    """The boxes whose class ids are known, with what they are mapped to."""
    if not isinstance(answer, Detections):
        return nothing()
    known = answer.take(np.array([class_id in classes for class_id in answer.class_ids.tolist()], bool))
    mapped = [classes[class_id] for class_id in known.class_ids.tolist()]
    return Detections(known.boxes, known.scores, np.array(mapped, np.int64))


def _classes(answer: Answer | None) -> tuple[int, ...] | None:
    return answer if isinstance(answer, tuple) else None


def _best(answer: Answer, classes: Sequence[int], none: int) -> int:
    best = _classes(answer)
    return classes[best[0]] if best else none


def _other_sizes(data: Marked, seen: Sequence[Seen]) -> tuple[str, ...]:
    other = [
        image.file
        for image, one in zip(data.truth.images, seen, strict=True)
        if image.size is not None and one.size is not None and image.size != one.size
    ]
    return (f"images of another size than the truth says: {len(other)} ({listed(other)})",) if other else ()
