"""What is known to be in images: objects that people marked, for a detector to be measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.values.frame import Size


@dataclass(frozen=True, slots=True)
class TruthImage:
    """An image of the truth: the name of its file as the truth gives it, and its size where it is told."""

    file: str
    size: Size | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Marked objects, one row each, in the order in which the truth lists them.

    Attributes:
        images: int64, shape (N,): index of the image in `Truth.images`.
        categories: int64, shape (N,): index of the category in `Truth.categories`.
        boxes: float64, shape (N, 4): left, top, width, height (xywh) as the truth gives them: other forms would round.
        areas: float64, shape (N,): pixels of the object, which may be fewer than those of its box.
        crowds: bool, shape (N,): marks a group that is not marked one by one; finding it is neither right nor wrong.
    """

    images: NDArray[np.int64]
    categories: NDArray[np.int64]
    boxes: NDArray[np.float64]
    areas: NDArray[np.float64]
    crowds: NDArray[np.bool_]

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.boxes.shape != (count, 4) or {len(self.categories), len(self.areas), len(self.crowds)} != {count}:
            raise ValueError("images, categories, boxes, areas and crowds must have one row an object")
        for array in (self.images, self.categories, self.boxes, self.areas, self.crowds):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.images)

    def take(self, which: NDArray[np.bool_]) -> Objects:
        """Those that a mask names."""
        return Objects(
            self.images[which], self.categories[which], self.boxes[which], self.areas[which], self.crowds[which]
        )


@dataclass(frozen=True, slots=True)
class Truth:
    """Images, categories by name, and the objects in the images.

    The order of the images counts: of boxes with equal scores those of earlier images are taken first.
    """

    images: tuple[TruthImage, ...]
    categories: tuple[str, ...]
    objects: Objects

    def limited_to(self, chosen: tuple[int, ...]) -> Truth:
        """The truth of some of the images, by index and in rising order of it."""
        kept = sorted(set(chosen))
        place = np.full(len(self.images), -1, np.int64)
        place[kept] = np.arange(len(kept))
        objects = self.objects.take(place[self.objects.images] >= 0)
        moved = Objects(place[objects.images], objects.categories, objects.boxes, objects.areas, objects.crowds)
        return Truth(tuple(self.images[index] for index in kept), self.categories, moved)
