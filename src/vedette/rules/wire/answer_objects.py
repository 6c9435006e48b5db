"""One class or one box out of a JSON object of an answer, under the keys that services use for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from vedette.values.answer import AnsweredBox, AnsweredClass

_LABELS = ("label", "class_name", "className", "name", "class", "prediction", "category")
_IDS = ("class_id", "classId", "class_index", "label_id", "category_id", "id", "index", "class", "prediction", "label")
_SCORES = ("score", "confidence", "probability", "prob")
_BOXES = ("box", "bbox", "xyxy", "bounding_box")
_CORNERS = (("xmin", "ymin", "xmax", "ymax"), ("left", "top", "right", "bottom"), ("x1", "y1", "x2", "y2"))
_SIDES, _POINTS = 4, 2


def is_named(value: Mapping[str, Any]) -> bool:
    """Whether an object names a class by one of the known keys."""
    return read_class(value) is not None


def read_class(value: Any) -> AnsweredClass | None:
    """The class of an object, or None where it names none."""
    if not isinstance(value, Mapping):
        return None
    label = next((value[key] for key in _LABELS if isinstance(value.get(key), str) and value[key]), None)
    number = next((value[key] for key in _IDS if _is_index(value.get(key))), None)
    score = next((float(value[key]) for key in _SCORES if _is_finite(value.get(key))), None)
    if label is None and number is None:
        return None
    return AnsweredClass(label, number, score)


def read_box(value: Any) -> AnsweredBox | None:
    """The class and the box of an object, or None where it has no box."""
    named = read_class(value)
    if named is None:
        return None
    sides = next((sides for key in _BOXES if (sides := _sides(value.get(key))) is not None), None)
    return None if sides is None else AnsweredBox(named.label, named.class_id, named.score, sides)


def read_keyed_box(value: Any) -> AnsweredBox | None:
    """TorchServe's object: the label is the key of the box, beside `score`."""
    if not isinstance(value, Mapping) or len(value) != _POINTS or not _is_finite(value.get("score")):
        return None
    (label,) = (key for key in value if key != "score")
    sides = _sides(value[label])
    return None if sides is None or label in _BOXES else AnsweredBox(label, None, float(value["score"]), sides)


def _sides(value: Any) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom out of four numbers, two points, or an object of named corners."""
    if isinstance(value, Mapping):
        keys = next((keys for keys in _CORNERS if all(key in value for key in keys)), None)
        value = None if keys is None else [value[key] for key in keys]
    if isinstance(value, list) and len(value) == _POINTS and all(isinstance(point, list) for point in value):
        value = [side for point in value for side in point]
    if not isinstance(value, list) or len(value) != _SIDES or not all(_is_finite(side) for side in value):
        return None
    left, top, right, bottom = (float(side) for side in value)
    return left, top, right, bottom


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_finite(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
