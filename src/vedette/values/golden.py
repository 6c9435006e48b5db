"""A golden image: a picture that a model folder carries together with the answer that the model must give for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """One class, or one object, that the answer must hold.

    Attributes:
        score: 0..1.
        label: name of the class; None where only its number is given.
        class_id: its number, counting from 0; None where only its name is given.
        box: left, top, right, bottom in pixels of the image; None for a class.
    """

    score: float
    label: str | None = None
    class_id: int | None = None
    box: tuple[float, float, float, float] | None = None

    def __str__(self) -> str:
        name = self.label if self.label is not None else f"class {self.class_id}"
        place = "" if self.box is None else f" at {', '.join(f'{side:g}' for side in self.box)}"
        return f"{name} {self.score:.3f}{place}"


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden image and its answer.

    Attributes:
        source: the file of the image, for messages.
        image: its bytes.
        expected: of a classifier the best classes, the first of them first; of a detector objects in any order.
        tolerance: how far a score may be from the expected one.
        iou: how much the box of an object must overlap the expected one at least (intersection over union).
    """

    source: str
    image: bytes
    expected: tuple[Expected, ...]
    tolerance: float = 0.05
    iou: float = 0.5
