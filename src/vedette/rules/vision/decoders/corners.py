"""Boxes as left, top, right, bottom, out of the other ways in which models write them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.decoders.candidates import Candidates
from vedette.rules.vision.decoders.decoding import Array
from vedette.values.detection import Boxes, Detections
from vedette.values.frame import Size


def from_centres(boxes: Array) -> Boxes:
    """Boxes (N, 4) out of centre x, centre y, width, height."""
    numbers = boxes.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        centres, halves = numbers[:, :2], numbers[:, 2:] / 2
        return np.concatenate([centres - halves, centres + halves], axis=1)


def from_distances(points: NDArray[np.float64], distances: Array) -> Boxes:
    """Boxes (N, 4) out of points (N, 2) and how far left, up, right and down of them the edges lie (N, 4)."""
    away = distances.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.concatenate([points - away[:, :2], points + away[:, 2:]], axis=1)


def from_shares(boxes: Array, size: Size) -> Boxes:
    """Boxes (N, 4) in pixels out of the same as shares of the input."""
    with np.errstate(invalid="ignore", over="ignore"):
        pixels: Boxes = boxes.astype(np.float64) * (size.width, size.height, size.width, size.height)
    return pixels


def detected(boxes: Array, candidates: Candidates) -> Detections:
    """Detections out of the box of each candidate."""
    return Detections(np.array(boxes, np.float64), candidates.scores, candidates.class_ids)
