"""Boxes in other ways of writing."""

from __future__ import annotations

import numpy as np

from vedette.rules.vision.decoders.corners import from_centres, from_distances, from_shares
from vedette.values.frame import Size


def test_each_way_becomes_corners() -> None:
    """Centre and size, distances from a point, shares of the input."""
    assert from_centres(np.array([[10, 20, 4, 6]], np.float32)).tolist() == [[8, 17, 12, 23]]
    assert from_distances(np.array([[10.0, 20.0]]), np.array([[1, 2, 3, 4]])).tolist() == [[9, 18, 13, 24]]
    assert from_shares(np.array([[0, 0.5, 0.25, 1]]), Size(40, 20)).tolist() == [[0, 10, 10, 20]]
