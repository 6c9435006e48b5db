"""Truths in COCO's JSON: images, categories and annotations, read with what is wrong in them told.

    {"images": [{"id", "file_name", "width", "height"}], "categories": [{"id", "name"}],
     "annotations": [{"image_id", "category_id", "bbox": [left, top, width, height], "area", "iscrowd"}]}

Ids are replaced by places in lists: COCO's evaluation takes an annotation with id 0 for one without a match. Images are
sorted by id, as that evaluation does: the order decides between boxes with equal scores.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vedette.errors import InvalidError, NotFoundError, UnavailableError
from vedette.rules.vision.suffixes import is_video
from vedette.values.frame import Size
from vedette.values.truth import Objects, Truth, TruthImage

_SHOWN = 5
_LONGEST = 80
_FORM = "the file must be COCO's instances JSON, with images, categories and annotations"
_SIDES = 4

_Id = int | str


@dataclass(frozen=True, slots=True)
class CocoFile:
    """What a file holds, and what is to be told of it."""

    truth: Truth
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Oddities:
    """How often each oddity was met, with the first values."""

    counts: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, value: str) -> None:
        self.counts[what] += 1
        shown = self.values.setdefault(what, [])
        if len(shown) < _SHOWN and value not in shown:
            shown.append(value[:_LONGEST])

    def notes(self) -> tuple[str, ...]:
        return tuple(f"{what}: {count} ({', '.join(self.values[what])})" for what, count in self.counts.items())


# --- reading ----------------------------------------------------------------------------------------------------------


def read_coco(file: Path) -> CocoFile:
    """Read a truth.

    Left out and told: annotations of unknown images or categories, without a box, and with a box that is none. A box
    of no area counts as an object that cannot be found, as it does in COCO's evaluation.

    Raises:
        NotFoundError, UnavailableError: the file is not there or cannot be read.
        InvalidError: it is no such JSON, ids are used twice, or nothing is annotated.
    """
    document = _document(file)
    images = _by_id(document, "images", file)
    categories = _by_id(document, "categories", file)
    oddities = _Oddities()
    objects = _objects(_list(document, "annotations", file), images, categories, oddities)
    if not len(objects):
        raise InvalidError(f"{file} has no annotation that can be used", help="; ".join(oddities.notes()) or _FORM)
    truth = Truth(
        tuple(_image(image, file) for image in images.values()),
        tuple(_text(category, "name", "categories", file) for category in categories.values()),
        objects,
    )
    return CocoFile(truth, oddities.notes())


def _document(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise NotFoundError(f"{file} does not exist", help="check the path") from None
    except OSError as error:
        raise UnavailableError(f"cannot read {file}: {error.strerror}", help="check the file and its rights") from None
    except (ValueError, RecursionError) as error:  # of which broken JSON and broken UTF-8 are kinds
        raise InvalidError(f"{file} is no JSON: {error}", help=_FORM) from None
    if isinstance(document, list):
        raise InvalidError(f"{file} holds a list, which is how results are written, not truths", help=_FORM)
    if not isinstance(document, dict):
        raise InvalidError(f"{file} holds {type(document).__name__}, not an object", help=_FORM)
    return document


def _list(document: Mapping[str, Any], key: str, file: Path) -> list[dict[str, Any]]:
    entries = document.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidError(f"{file}: {key} is no list of objects", help=_FORM)
    if not entries:
        raise InvalidError(f"{file}: {key} is empty", help=_FORM)
    return entries


def _by_id(document: Mapping[str, Any], key: str, file: Path) -> dict[_Id, dict[str, Any]]:
    """Entries in rising order of their ids."""
    found: dict[_Id, dict[str, Any]] = {}
    for entry in _list(document, key, file):
        number = _id(entry.get("id"))
        if number is None:
            raise InvalidError(f"{file}: {key} has the id {entry.get('id')!r}", help="ids are whole numbers or texts")
        if number in found:
            raise InvalidError(f"{file}: {key} has the id {number!r} twice", help="give each entry an id of its own")
        found[number] = entry
    return {number: found[number] for number in sorted(found, key=lambda number: (isinstance(number, str), number))}


def _id(value: Any) -> _Id | None:
    """Whole numbers, also those that some tools write as 7.0, and texts."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _text(entry: Mapping[str, Any], key: str, where: str, file: Path) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise InvalidError(f"{file}: {where} has the {key} {value!r}, in id {entry['id']!r}", help=_FORM)
    return value


def _image(entry: Mapping[str, Any], file: Path) -> TruthImage:
    name = _text(entry, "file_name", "images", file)
    if is_video(name):
        raise InvalidError(f"{file}: the image {name} is a video", help="annotate its frames as images")
    width, height = _number(entry.get("width")), _number(entry.get("height"))
    if width is None or height is None or min(width, height) < 1:
        return TruthImage(name)
    return TruthImage(name, Size(int(width), int(height)))


# --- annotations ------------------------------------------------------------------------------------------------------


def _objects(
    annotations: list[dict[str, Any]],
    images: Mapping[_Id, object],
    categories: Mapping[_Id, object],
    oddities: _Oddities,
) -> Objects:
    image_places: dict[_Id | None, int] = {number: place for place, number in enumerate(images)}
    category_places: dict[_Id | None, int] = {number: place for place, number in enumerate(categories)}
    rows = []
    for annotation in annotations:
        image = image_places.get(_id(annotation.get("image_id")))
        category = category_places.get(_id(annotation.get("category_id")))
        if image is None:
            oddities.add("annotations left out, their image is not listed", f"image_id {annotation.get('image_id')}")
        elif category is None:
            oddities.add(
                "annotations left out, their category is not listed", f"category_id {annotation.get('category_id')}"
            )
        elif (box := _box(annotation, oddities)) is not None:
            rows.append((image, category, *box, _area(annotation, box, oddities), bool(annotation.get("iscrowd"))))
    table = np.array(rows, np.float64).reshape(-1, 8)
    return Objects(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        np.ascontiguousarray(table[:, 2:6]),
        table[:, 6].copy(),
        table[:, 7].astype(bool),
    )


def _box(annotation: Mapping[str, Any], oddities: _Oddities) -> tuple[float, ...] | None:
    given = annotation.get("bbox")
    if given is None:
        oddities.add("annotations left out, they have no bbox", f"id {annotation.get('id')}")
        return None
    sides = [_number(side) for side in given] if isinstance(given, list) else []
    box = tuple(side for side in sides if side is not None)
    if len(sides) != _SIDES or len(box) != _SIDES:
        oddities.add("annotations left out, their bbox is not left, top, width, height", f"bbox {given}")
        return None
    if min(box[2:]) < 0:
        oddities.add("annotations left out, a side of their bbox is negative", f"bbox {given}")
        return None
    if min(box[2:]) == 0:
        oddities.add(
            "annotations that count as objects which nothing can find, a side of their bbox is zero", f"bbox {given}"
        )
    return box


def _area(annotation: Mapping[str, Any], box: tuple[float, ...], oddities: _Oddities) -> float:
    area = _number(annotation.get("area"))
    if area is None:
        oddities.add("annotations without area, that of their bbox is taken", f"id {annotation.get('id')}")
        return box[2] * box[3]
    return area


def _number(value: object) -> float | None:
    """A number that float64 can hold; None for all else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


# --- image files ------------------------------------------------------------------------------------------------------


def find_image_folder(file: Path, truth: Truth) -> Path:
    """The folder of a truth's images, where it is one of the usual places: beside the file, or as in COCO's own set.

    Raises:
        NotFoundError: the first image is in none of them.
    """
    above = file.resolve().parent
    split = file.stem.rpartition("_")[2]
    usual = (above, above / "images", above.parent / split, above.parent / "images", above.parent / "images" / split)
    for folder in usual:
        if any((folder / image.file).is_file() for image in truth.images[:_SHOWN]):
            return folder
    places = ", ".join(str(folder) for folder in usual)
    raise NotFoundError(
        f"the images of {file} are in none of the usual places: {places}", help="name their folder with --images"
    )


def missing_images(folder: Path, truth: Truth) -> tuple[int, ...]:
    """Indices of the images whose files are not there."""
    return tuple(number for number, image in enumerate(truth.images) if not (folder / image.file).is_file())
