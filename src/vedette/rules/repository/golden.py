"""Whether a model answers its golden image as it should.

A class counts as found if its score is within the tolerance, and the first expected class must be the best one, or as
good as the best within the tolerance. An object counts as found if one of its class overlaps it enough and has its
score within the tolerance, each found object once. Objects beyond the expected ones are not judged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.values.golden import Expected, Golden
from vedette.values.result import Class, Detection, Result

_SHOWN = 5


def lowest_score(golden: Golden) -> float:
    """The score from which answers are needed to judge all that is expected."""
    return max(0.0, min((one.score for one in golden.expected), default=0.0) - golden.tolerance)


def miss(golden: Golden, result: Result) -> str:
    """What was expected and what came instead; empty if the answer is right.

    Args:
        golden: what is expected.
        result: with every class, or with every object from `lowest_score` on.
    """
    if result.detections is not None:
        return _miss_of_objects(golden, result.detections)
    return _miss_of_classes(golden, result.classes or ())


def _miss_of_classes(golden: Golden, classes: Sequence[Class]) -> str:
    first: Class | None = None
    for place, one in enumerate(golden.expected):
        found = next((each for each in classes if _same(one, each)), None)
        first = found if place == 0 else first
        if found is None or abs(found.score - one.score) > golden.tolerance:
            return _said(one, golden, "nothing of it" if found is None else f"{found.score:.3f}")
    if first is not None and classes[0].score - first.score > golden.tolerance:
        return _said(golden.expected[0], golden, f"{_named(classes[0])} as the best")
    return ""


def _miss_of_objects(golden: Golden, found: Sequence[Detection]) -> str:
    from vedette.rules.vision.boxes import iou  # a classifier starts without it

    free = list(found)
    for one in sorted(golden.expected, key=lambda each: -each.score):
        alike = [each for each in free if _same(one, each) and abs(each.score - one.score) <= golden.tolerance]
        shares = iou(np.array([one.box], np.float64), np.array([each.box for each in alike], np.float64).reshape(-1, 4))
        if not alike or shares.max() < golden.iou:
            return _said(one, golden, ", ".join(_named(each) for each in free[:_SHOWN]) or "no object")
        free.remove(alike[int(shares.argmax())])
    return ""


def _same(one: Expected, found: Class | Detection) -> bool:
    same_number = one.class_id is None or one.class_id == found.class_id
    return same_number and (one.label is None or one.label == found.label)


def _said(one: Expected, golden: Golden, got: str) -> str:
    return f"expected {one} (tolerance {golden.tolerance:g}), got {got}"


def _named(found: Class | Detection) -> str:
    box = found.box if isinstance(found, Detection) else None
    return str(Expected(found.score, found.label, found.class_id, None if box is None else _rounded(box)))


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(side, 1) for side in box)
    return left, top, right, bottom
