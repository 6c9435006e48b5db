"""The golden image of a model folder, with the answer that the model must give for it.

    <model>/golden.json and golden.jpg (or .jpeg, .png) beside the manifest; in a version folder for that version only

    {"top": [{"label": "tabby", "score": 0.81}, {"class_id": 282, "score": 0.1}], "tolerance": 0.05}
    {"detections": [{"label": "dog", "score": 0.9, "box": [12, 30, 200, 310]}], "tolerance": 0.05, "iou": 0.5}

A class is named by `label` or `class_id` (or both); boxes are left, top, right, bottom in pixels of the image.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from vedette.errors import UsageError
from vedette.values.golden import Expected, Golden

JSON_FILE = "golden.json"
IMAGE_FILES = ("golden.jpg", "golden.jpeg", "golden.png")
_KEYS = ("top", "detections", "tolerance", "iou")
_CLASS_KEYS = ("label", "class_id", "score")
_SIDES = 4


def read_golden(folder: Path, version: str) -> Golden | None:
    """The golden image of a version: its own, or else that of the model; None without.

    Raises:
        UsageError: golden.json is not well formed, or its image is missing.
    """
    for place in (folder / version, folder):
        file = place / JSON_FILE
        if file.is_file():
            return _golden(file)
    return None


def _golden(file: Path) -> Golden:
    data = _object(_parsed(file), _KEYS, str(file))
    if ("top" in data) == ("detections" in data):
        raise _wrong(f"{file}: it needs either top (a classifier) or detections (a detector)")
    key = "top" if "top" in data else "detections"
    rows = data[key]
    if not isinstance(rows, list) or not rows:
        raise _wrong(f"{file}: {key}: expected a list that is not empty, got {rows!r}")
    expected = tuple(_expected(row, f"{file}: {key}[{at}]", boxes=key == "detections") for at, row in enumerate(rows))
    image = next((file.with_name(name) for name in IMAGE_FILES if file.with_name(name).is_file()), None)
    if image is None:
        raise _wrong(f"{file}: its image is missing: none of {', '.join(IMAGE_FILES)} is beside it")
    tolerance, iou = (
        _share(data.get(name, usual), f"{file}: {name}") for name, usual in (("tolerance", 0.05), ("iou", 0.5))
    )
    return Golden(str(image), _bytes(image), expected, tolerance, iou)


def _expected(row: Any, where: str, *, boxes: bool) -> Expected:
    data = _object(row, (*_CLASS_KEYS, "box") if boxes else _CLASS_KEYS, where)
    label, class_id = data.get("label"), data.get("class_id")
    if label is None and class_id is None:
        raise _wrong(f"{where}: label or class_id is missing")
    if label is not None and not isinstance(label, str):
        raise _wrong(f"{where}: label: expected a text, got {label!r}")
    if class_id is not None and (not isinstance(class_id, int) or isinstance(class_id, bool) or class_id < 0):
        raise _wrong(f"{where}: class_id: expected a whole number from 0 on, got {class_id!r}")
    box = _box(data.get("box"), where) if boxes else None
    return Expected(_share(data.get("score"), f"{where}: score"), label, class_id, box)


def _box(value: Any, where: str) -> tuple[float, float, float, float]:
    if not isinstance(value, list) or len(value) != _SIDES or not all(_is_number(side) for side in value):
        raise _wrong(f"{where}: box: expected left, top, right, bottom, got {value!r}")
    left, top, right, bottom = (float(side) for side in value)
    return left, top, right, bottom


def _share(value: Any, where: str) -> float:
    if not _is_number(value) or not 0 <= value <= 1:
        raise _wrong(f"{where}: expected a number in 0..1, got {value!r}")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _object(value: Any, keys: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(f"{where}: expected an object, got {value!r}")
    unknown = sorted(set(value) - set(keys))
    if unknown:
        from vedette.rules.zoo.names import nearest

        near = nearest(unknown[0], keys)
        hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(keys)}"
        raise _wrong(f"{where}: unknown key {unknown[0]!r}; {hint}")
    return value


def _parsed(file: Path) -> Any:
    try:
        return json.loads(_bytes(file))
    except (ValueError, RecursionError) as error:
        raise _wrong(f"{file} is not JSON: {error}") from error


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _wrong(f"{file} cannot be read: {error.strerror}") from error


def _wrong(message: str) -> UsageError:
    return UsageError(message, help='write it as {"top": [{"label": "cat", "score": 0.8}], "tolerance": 0.05}')
