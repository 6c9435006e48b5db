"""What a file says of itself, out of two vocabularies: OpenVINO's `model_info` and the metadata of Ultralytics.

    model_info: model_type, labels          Ultralytics: task, names, stride, imgsz
    both --> the types that the words may mean, the most likely first; shapes decide between them

A word may mean several layouts: OpenVINO Model API calls "YOLOv5" what YOLOv8 gives out, and Ultralytics calls all its
models "YOLO". Texts of Ultralytics are Python literals; they are read as such and never run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vedette.errors import UnsupportedError
from vedette.rules.zoo.signature import Origin, Signature
from vedette.values.frame import Size
from vedette.values.manifest import ModelType

_YOLO = (ModelType.YOLOV8, ModelType.YOLO_END2END, ModelType.YOLOV5)
_WORDS: Mapping[str, tuple[ModelType, ...]] = {
    **{re.sub(r"[^a-z0-9]", "", model_type): (model_type,) for model_type in ModelType},
    "classification": (ModelType.CLASSIFIER,),
    "ssd": (ModelType.SSD, ModelType.BOXES),
    "yolo": (*_YOLO, ModelType.RTDETR, ModelType.YOLOV3),
    "yolov5": (ModelType.YOLOV5, ModelType.YOLOV8, ModelType.YOLO_END2END),
    **{f"yolo{version}": _YOLO for version in ("v8", "v9", "9", "v10", "10", "v11", "11", "v12", "12", "26", "v26")},
    "rfdetr": (ModelType.RTDETR,),
}
"""Words of `model_type` without case and signs, with the types that they may mean."""
_TASKS: Mapping[str, tuple[ModelType, ...]] = {
    "detect": (*_YOLO, ModelType.RTDETR),
    "classify": (ModelType.CLASSIFIER,),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """What is said about the kind of a model.

    Attributes:
        types: that the model may be, the most likely first; empty if nobody says.
        origin: who said it.
        labels: names of the classes; empty if nobody says.
        openvino: whether the file follows OpenVINO's `model_info`, and with it the defaults of OpenVINO Model API.
    """

    types: tuple[ModelType, ...] = ()
    origin: Origin = Origin.METADATA
    labels: tuple[str, ...] = ()
    openvino: bool = False

    @property
    def is_tensor(self) -> bool:
        """Whether it is said to take and give plain arrays."""
        return self.types == (ModelType.TENSOR,)


def declared(signature: Signature, given: Mapping[str, str]) -> Declared:
    """What the user or else the file says.

    Raises:
        UnsupportedError: the file names a kind of model that is not offered.
    """
    labels = tuple(signature.metadata.get("labels", "").split()) or _names(signature)
    openvino = bool(signature.metadata.get("model_type", "").strip())
    if "model_type" in given:
        known = [model_type for model_type in ModelType if model_type == given["model_type"].strip()]
        return Declared(tuple(known), Origin.GIVEN, labels, openvino)
    word = signature.metadata.get("model_type", "").strip()
    if word:
        return Declared(_types(word, _WORDS.get(re.sub(r"[^a-z0-9]", "", word.lower()))), labels=labels, openvino=True)
    task = signature.properties.get("task", "").strip()
    if task:
        return Declared(_types(task, _TASKS.get(task.lower())), labels=labels)
    return Declared(labels=labels)


def declared_size(signature: Signature) -> Size | None:
    """The input size that Ultralytics wrote, height before width; None if it did not."""
    value = _literal(signature.properties.get("imgsz", ""))
    match value:
        case [int(height), int(width)] if height > 0 and width > 0:
            return Size(width, height)
        case int(side) if side > 0:
            return Size(side, side)
    return None


def _types(word: str, types: tuple[ModelType, ...] | None) -> tuple[ModelType, ...]:
    if types is None:
        raise UnsupportedError(
            f"the model calls itself {word!r}, which Vedette does not decode",
            help=f"it decodes {', '.join(ModelType)}; add --set model_type=tensor to get its plain arrays",
        )
    return types


def _names(signature: Signature) -> tuple[str, ...]:
    """The names of Ultralytics, {0: 'person', ...} or a list; none if they are not numbered from 0 without gaps."""
    value = _literal(signature.properties.get("names", ""))
    if isinstance(value, dict) and sorted(value, key=str) == sorted(range(len(value)), key=str):
        value = [value[index] for index in range(len(value))]
    return tuple(str(name) for name in value) if isinstance(value, list) else ()


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
