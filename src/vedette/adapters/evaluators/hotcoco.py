"""COCO's evaluation of boxes by hotcoco, a Rust port of pycocotools (bit-equal to 2.0.11 in our tests)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vedette.rules.accuracy.average_precision import Curves
from vedette.values.detection import Detections
from vedette.values.truth import Truth

if TYPE_CHECKING:
    from hotcoco import COCO


def draw_curves(truth: Truth, found: Sequence[Detections], limits: tuple[int, ...]) -> Curves:
    """Precision and recall over images, classes, areas and IoU thresholds, exactly as COCO defines them.

    Args:
        truth: images, categories and objects.
        found: for each image of the truth its boxes in pixels; `class_ids` are indices of `truth.categories`.
        limits: boxes an image and class, best first, that are looked at; rising.
    """
    import hotcoco

    marked = _marked(truth)
    evaluation = hotcoco.COCOeval(marked, marked.load_res(_table(found)), "bbox")
    evaluation.params.max_dets = list(limits)
    evaluation.evaluate()
    evaluation.accumulate()
    drawn = evaluation.eval
    assert drawn is not None, "accumulate leaves its curves here"
    return Curves(np.array(drawn["precision"]), np.array(drawn["recall"]), limits)


def _marked(truth: Truth) -> COCO:
    """The truth as hotcoco takes it; every id counts from 1, because COCO's matching takes id 0 for no match."""
    import hotcoco

    objects = truth.objects
    return hotcoco.COCO.from_arrays(
        [{"id": number, "file_name": image.file} for number, image in enumerate(truth.images, 1)],
        [{"id": number, "name": name} for number, name in enumerate(truth.categories, 1)],
        objects.images + 1,
        objects.categories + 1,
        objects.boxes,
        ids=np.arange(1, len(objects) + 1),
        area=objects.areas,
        iscrowd=objects.crowds.astype(np.int64),
    )


def _table(found: Sequence[Detections]) -> NDArray[np.float64]:
    """Rows of image id, left, top, width, height, score, category id, image by image."""
    rows = [np.empty((0, 7))]
    for number, boxes in enumerate(found, 1):
        corners = boxes.boxes
        image = np.full((len(boxes), 1), float(number))
        columns = (image, corners[:, :2], corners[:, 2:] - corners[:, :2], boxes.scores[:, None])
        rows.append(np.hstack([*columns, boxes.class_ids[:, None] + 1.0]))
    return np.concatenate(rows)
