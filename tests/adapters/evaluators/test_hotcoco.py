"""COCO's twelve figures equal those of pycocotools, the reference."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest

from vedette.adapters.evaluators.hotcoco import draw_curves
from vedette.rules.accuracy.average_precision import by_class, limits_for, precisions
from vedette.values.detection import Detections, detections, nothing
from vedette.values.truth import Objects, Truth, TruthImage

CATEGORIES = ("cat", "dog", "cow", "ghost")
"""No object is a ghost, but boxes may be."""


def random_boxes(draw: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    """Boxes xywh, on a coarse grid (so that they often coincide, and lie on the edges of the areas) or anywhere."""
    if draw.random() < 0.5:
        sides = draw.choice([0, 8, 10, 20, 32, 96, 100], (count, 2), p=[0.02, 0.18, 0.2, 0.1, 0.2, 0.15, 0.15])
        return np.hstack([draw.integers(0, 40, (count, 2)) * 10, sides]).astype(float)
    return np.hstack([draw.uniform(0, 400, (count, 2)), np.exp(draw.uniform(0, 5.3, (count, 2)))])


def random_truth(draw: np.random.Generator, images: int, most: int) -> Truth:
    """Images, some without objects; a seventh of the objects are crowds, half have an area that is not their box's."""
    counts = [0 if draw.random() < 0.2 else int(draw.integers(0, most)) for _ in range(images)]
    total = sum(counts)
    boxes = np.concatenate([np.empty((0, 4)), *(random_boxes(draw, count) for count in counts)])
    shares = np.where(draw.random(total) < 0.5, 1.0, draw.uniform(0.3, 1, total))
    objects = Objects(
        np.repeat(np.arange(images), counts),
        draw.integers(0, 3, total),
        boxes,
        boxes[:, 2] * boxes[:, 3] * shares,
        draw.random(total) < 0.15,
    )
    return Truth(tuple(TruthImage(f"{number}.jpg") for number in range(images)), CATEGORIES, objects)


def random_answers(draw: np.random.Generator, truth: Truth, most: int) -> list[Detections]:
    """Boxes for each image, some none: objects a little beside, right on them, or anything; many scores are equal."""
    found = []
    for number in range(len(truth.images)):
        count = 0 if draw.random() < 0.2 else int(draw.integers(0, most))
        boxes = random_boxes(draw, count)
        marked = truth.objects.boxes[truth.objects.images == number]
        if len(marked):
            near = marked[draw.integers(0, len(marked), count)]
            noise = draw.normal(0, 0.1, (count, 4)) * near[:, [2, 3, 2, 3]] * (draw.random((count, 1)) < 0.7)
            near = near + noise
            near[:, 2:] = np.abs(near[:, 2:])
            boxes = np.where(draw.random((count, 1)) < 0.6, near, boxes)
        scores = np.where(draw.random(count) < 0.6, draw.choice([0.1, 0.5, 0.9], count), draw.random(count))
        corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
        found.append(detections(corners, scores, draw.integers(0, 4, count)))
    return found


def reference(truth: Truth, found: Sequence[Detections], limits: tuple[int, ...]) -> Any:
    """What pycocotools makes of the same: an evaluation with its curves."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    objects = truth.objects
    marked = COCO()
    marked.dataset = {
        "info": {},
        "images": [{"id": number + 1} for number in range(len(truth.images))],
        "categories": [{"id": number + 1, "name": name} for number, name in enumerate(truth.categories)],
        "annotations": [
            {
                "id": row + 1,
                "image_id": int(objects.images[row]) + 1,
                "category_id": int(objects.categories[row]) + 1,
                "bbox": objects.boxes[row].tolist(),
                "area": float(objects.areas[row]),
                "iscrowd": int(objects.crowds[row]),
            }
            for row in range(len(objects))
        ],
    }
    answers = [
        {
            "image_id": number + 1,
            "category_id": int(class_id) + 1,
            "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
            "score": float(score),
        }
        for number, one in enumerate(found)
        for box, score, class_id in zip(one.boxes.tolist(), one.scores, one.class_ids, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        marked.createIndex()
        evaluation = COCOeval(marked, marked.loadRes(answers), "bbox")
        evaluation.params.maxDets = list(limits)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


@pytest.mark.parametrize("most", [100, 500])
@pytest.mark.parametrize("seed", range(12))
def test_all_twelve_figures_equal_pycocotools(seed: int, most: int) -> None:
    """With crowds, areas, ties, empty images, a class without objects, and more boxes than are looked at."""
    draw = np.random.default_rng(seed)
    crowded = seed % 4 == 0
    truth = random_truth(draw, 3 if crowded else 12, 60 if crowded else 8)
    found = random_answers(draw, truth, 900 if crowded else 40)
    expected = reference(truth, found, (1, 10, most))
    if most != 100:  # pycocotools has no AP but that at 100; its curves hold it
        curve = expected.eval["precision"][:, :, :, 0, 2]
        expected.stats[0] = curve[curve > -1].mean()

    curves = draw_curves(truth, found, (1, 10, most))

    assert np.array_equal(curves.precision, expected.eval["precision"])
    assert np.array_equal(curves.recall, expected.eval["recall"])
    ours = [-1.0 if figure is None else figure for figure in astuple(precisions(curves, most))[1:]]
    assert ours == pytest.approx(expected.stats, abs=1e-9)
    assert len(ours) == 12


@pytest.mark.parametrize("seed", [0, 5])
def test_several_limits_at_once_are_what_each_gives_alone(seed: int) -> None:
    """The figures at 100 and at 500 boxes come from one evaluation."""
    draw = np.random.default_rng(seed)
    truth = random_truth(draw, 3, 60)
    found = random_answers(draw, truth, 900)

    both = draw_curves(truth, found, limits_for((100, 500)))

    for most in (100, 500):
        assert precisions(both, most) == precisions(draw_curves(truth, found, (1, 10, most)), most)


def test_figures_of_a_class_are_those_of_its_curves() -> None:
    """AP, AP50 and AR of each class equal means over the reference's arrays; a class without objects has none."""
    draw = np.random.default_rng(3)
    truth = random_truth(draw, 12, 8)
    found = random_answers(draw, truth, 40)
    expected = reference(truth, found, (1, 10, 100))
    objects = np.bincount(truth.objects.categories, minlength=4)

    classes = by_class(draw_curves(truth, found, (1, 10, 100)), 100, CATEGORIES, objects, objects)

    for number, one in enumerate(classes[:3]):
        assert one.ap == pytest.approx(expected.eval["precision"][:, :, number, 0, 2].mean(), abs=1e-9)
        assert one.ap50 == pytest.approx(expected.eval["precision"][0, :, number, 0, 2].mean(), abs=1e-9)
        assert one.ar == pytest.approx(expected.eval["recall"][:, number, 0, 2].mean(), abs=1e-9)
    assert (classes[3].name, classes[3].ap, classes[3].ap50, classes[3].ar) == ("ghost", None, None, None)


def one_cat() -> Truth:
    objects = Objects(
        np.array([0]), np.array([0]), np.array([[10.0, 10, 50, 50]]), np.array([2500.0]), np.array([False])
    )
    return Truth((TruthImage("a.jpg"),), ("cat",), objects)


def test_a_perfect_answer_scores_one_and_silence_zero() -> None:
    """The ends of the scale; figures of sizes that no object has are None."""
    right = detections([[10, 10, 60, 60]], [0.9], [0])

    perfect = precisions(draw_curves(one_cat(), [right], (1, 10, 100)), 100)
    silent = precisions(draw_curves(one_cat(), [nothing()], (1, 10, 100)), 100)

    assert (perfect.ap, perfect.ap_medium, perfect.ar_1) == (pytest.approx(1), pytest.approx(1), pytest.approx(1))
    assert (perfect.ap_small, perfect.ap_large, perfect.ar_small) == (None, None, None)
    assert (silent.ap, silent.ap50, silent.ar_max) == (0, 0, 0)


def test_boxes_without_any_object_have_no_figure() -> None:
    """No truth, no precision: None, not zero and not an error."""
    empty = Objects(*(np.empty(0, np.int64),) * 2, np.empty((0, 4)), np.empty(0), np.empty(0, bool))
    truth = Truth((TruthImage("a.jpg"),), ("cat",), empty)

    figures = precisions(draw_curves(truth, [detections([[0, 0, 9, 9]], [0.9], [0])], (1, 10, 100)), 100)

    assert set(astuple(figures)[1:]) == {None}
