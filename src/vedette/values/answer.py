"""What a server answered for one image, whatever dialect it spoke."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnsweredClass:
    """One class of an answer; what the server does not tell is None, and at least one of label and class_id is there.

    Attributes:
        label: name of the class.
        class_id: number of the class, counting from 0.
        score: as the server gives it: a probability or a logit.
    """

    label: str | None
    class_id: int | None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class AnsweredBox:
    """One object of an answer: `box` is left, top, right, bottom in pixels of the image that was sent."""

    label: str | None
    class_id: int | None
    score: float | None
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """Classes best first, or boxes best first; None where the server gives none of that kind."""

    classes: tuple[AnsweredClass, ...] | None = None
    detections: tuple[AnsweredBox, ...] | None = None
