"""The cells of feature maps: one row a cell, map after map, row after row, as detectors list their answers."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.rules.zoo.looks import cells_of
from vedette.values.frame import Size


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The cells of all maps.

    Attributes:
        corners: column and row of each cell times its stride, float64, shape (P, 2): its upper left corner in pixels.
        strides: pixels of a cell, float64, shape (P,).
    """

    corners: NDArray[np.float64]
    strides: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.strides)

    def centres(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Where the middle of some cells is, shape (N, 2)."""
        return self.corners[rows] + self.strides[rows, None] / 2


@functools.lru_cache(maxsize=16)
def grid_of(size: Size, strides: tuple[int, ...]) -> Grid:
    """The Grid of an input of `size`; a map has ceil(side / stride) cells a side."""
    corners, lengths = [], []
    for stride in strides:
        width, height = cells_of(size, stride)
        rows, columns = np.divmod(np.arange(width * height), width)
        corners.append(np.stack([columns, rows], axis=1) * float(stride))
        lengths.append(np.full(width * height, float(stride)))
    grid = Grid(np.concatenate(corners), np.concatenate(lengths))
    grid.corners.setflags(write=False)
    grid.strides.setflags(write=False)
    return grid
