"""Cells of feature maps."""

from __future__ import annotations

import numpy as np
import pytest
from detector_cases import cells

from vedette.rules.vision.decoders.grid import grid_of
from vedette.values.frame import Size


@pytest.mark.parametrize("size", [Size(64, 64), Size(96, 32), Size(100, 52)])
def test_cells_come_map_after_map_and_row_after_row(size: Size) -> None:
    """Sides that the stride does not divide have one more cell."""
    grid = grid_of(size, (8, 16))
    expected = cells(size.width, size.height, (8, 16))

    assert grid.corners.tolist() == [[x * s, y * s] for x, y, s in expected]
    assert grid.centres(np.arange(len(grid))).tolist() == [[(x + 0.5) * s, (y + 0.5) * s] for x, y, s in expected]


def test_a_grid_is_shared_and_frozen() -> None:
    """It is made once for an input."""
    assert grid_of(Size(64, 64), (8,)) is grid_of(Size(64, 64), (8,))
    with pytest.raises(ValueError, match="read-only"):
        grid_of(Size(64, 64), (8,)).corners[0] = 1
