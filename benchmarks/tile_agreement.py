"""Whether two ways found the same boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vedette.rules.vision.boxes import iou
from vedette.values.detection import Detections

IOU, SCORE = 0.99, 1e-3


def agreement(found: Sequence[Detections], others: Sequence[Detections]) -> dict[str, Any]:
    """The share of boxes with a partner on the other side: same class, IoU of 0.99, scores within 0.001; and back.

    Two empty sides agree.
    """
    there = [_with_partner(ours, theirs) for ours, theirs in zip(found, others, strict=True)]
    back = [_with_partner(theirs, ours) for ours, theirs in zip(found, others, strict=True)]
    boxes, other_boxes = sum(map(len, found)), sum(map(len, others))
    return {
        "share": sum(there) / boxes if boxes else float(other_boxes == 0),
        "share_back": sum(back) / other_boxes if other_boxes else float(boxes == 0),
        "boxes": boxes,
        "other_boxes": other_boxes,
        "images": len(found),
        "least_iou": IOU,
        "most_score_difference": SCORE,
    }


def _with_partner(found: Detections, others: Detections) -> int:
    alike = iou(found.boxes, others.boxes) >= IOU
    alike &= found.class_ids[:, np.newaxis] == others.class_ids
    alike &= np.abs(found.scores[:, np.newaxis] - others.scores) <= SCORE
    return int(alike.any(axis=1).sum())
