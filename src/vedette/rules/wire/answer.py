"""A body that a server answered becomes an `Answer`; every dialect that is understood is listed here.

    {"schema": "vedette.result/1", "classes" | "detections": [...]}   Vedette
    {"tabby": 0.93, "tiger cat": 0.04}                                 TorchServe, image classifier
    [{"person": [l, t, r, b], "score": 0.9}]                           TorchServe, object detector
    {"predictions": [[0.1, 0.9]]}, {"outputs": [[0.1, 0.9]]}           TensorFlow Serving, row and column form
    {"outputs": [{"name", "shape", "datatype", "data"}]} + bytes       Open Inference Protocol, JSON or binary
    [{"label": "tabby", "score": 0.93}], with "box": boxes             Hugging Face pipelines
    {"class" | "label" | "prediction": "tabby", "confidence": 0.93}    services written by hand
    "tabby", 281                                                       the same, the bare answer

A batch of one is opened; a batch of more than one answer is not an answer to one image. Boxes are corners in pixels.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from json import JSONDecodeError, JSONDecoder
from typing import Any, TypeVar

from vedette.errors import InvalidError
from vedette.rules.wire import oip
from vedette.rules.wire.answer_objects import is_named, read_box, read_class, read_keyed_box
from vedette.values.answer import Answer, AnsweredBox, AnsweredClass

Read = TypeVar("Read")

MOST_CLASSES = 20
"""Classes that are kept of an answer, the best: more is never compared."""

_LISTS = ("classes", "detections", "predictions", "outputs", "results", "objects", "result", "output", "data")
_SHOWN = 80
_HELP = "classes with label or number and score are read, or boxes, as JSON; look at the answer with curl"


def read_answer(body: bytes) -> Answer:
    """Classes or boxes out of a body, best first.

    Raises:
        InvalidError: it is no JSON, tells of an error, or is of no dialect that is known.
    """
    parsed, rest = _parse(body)
    try:
        return _read(parsed, rest)
    except RecursionError:
        raise _unknown(parsed) from None


def _parse(body: bytes) -> tuple[Any, bytes]:
    """The JSON at the start of a body and the bytes behind it, which only the binary protocol has."""
    try:
        return json.loads(body), b""
    except (ValueError, RecursionError):
        pass
    text = body.decode("latin-1")  # a character a byte, so that places in the text are places in the body
    start = len(text) - len(text.lstrip(" \t\r\n"))
    try:
        _, end = JSONDecoder().raw_decode(text, start)
        parsed = json.loads(body[start:end])
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidError(f"the answer is no JSON: {body[:_SHOWN]!r}", help=_HELP) from None
    if not oip.is_response(parsed):
        raise InvalidError(f"behind the JSON of the answer lie {len(body) - end} more bytes", help=_HELP)
    return parsed, body[end:]


def _read(value: Any, rest: bytes = b"") -> Answer:
    if oip.is_response(value):
        return _tensors(value, rest)
    if isinstance(value, dict):
        return _of_object(value)
    if isinstance(value, list):
        return _of_list(value)
    if isinstance(value, str) and value:
        return Answer(classes=(AnsweredClass(value, None),))
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Answer(classes=(AnsweredClass(None, value),))
    raise _unknown(value)


def _of_object(value: dict[str, Any]) -> Answer:
    if value.get("error"):
        raise InvalidError(f"the answer is an error: {str(value['error'])[:_SHOWN]}", help="see the log of the server")
    if str(value.get("schema", "")).startswith("vedette.result/"):
        return _vedette(value)
    for key in _LISTS:
        if isinstance(value.get(key), list | dict):
            return _objects_under(key, value[key])
    if is_named(value):
        return _of_list([value])
    if value and all(_is_number(score) for score in value.values()):
        return Answer(classes=_best([AnsweredClass(label, None, _finite(score)) for label, score in value.items()]))
    raise _unknown(value)


def _objects_under(key: str, value: Any) -> Answer:
    if value == []:
        return Answer(classes=()) if key == "classes" else Answer(detections=())
    return _read(value)


def _vedette(value: dict[str, Any]) -> Answer:
    classes, found = value.get("classes"), value.get("detections")
    if not isinstance(classes, list) and not isinstance(found, list):
        raise _unknown(value)
    return Answer(
        _best([_expected(read_class(one), one) for one in classes]) if isinstance(classes, list) else None,
        _best_boxes([_expected(read_box(one), one) for one in found]) if isinstance(found, list) else None,
    )


def _of_list(items: list[Any]) -> Answer:
    if not items:
        return Answer(detections=())  # a detector that found nothing; a classifier always names something
    if len(items) > 1 and all(_is_number(item) for item in items):
        return Answer(classes=_by_index([_finite(item) for item in items]))
    boxes = [read_keyed_box(item) or read_box(item) for item in items]
    if all(boxes):
        return Answer(detections=_best_boxes([box for box in boxes if box]))
    classes = [read_class(item) for item in items]
    if all(classes):
        return Answer(classes=_best([one for one in classes if one]))
    if len(items) == 1:
        return _read(items[0])
    raise _unknown(items)


def _tensors(value: dict[str, Any], rest: bytes) -> Answer:
    outputs = oip.read_outputs(value, rest)
    ranked = [output for output in outputs if output.datatype == "BYTES"]
    chosen = ranked if len(ranked) == 1 else outputs
    if len(chosen) != 1:
        names = ", ".join(output.name for output in outputs)
        raise InvalidError(
            f"the answer has {len(outputs)} tensors ({names}), and which of them are scores is not told",
            help="measure without --quality, or ask a server that answers with classes or boxes",
        )
    (output,) = chosen
    if output.datatype == "BYTES":
        return Answer(classes=_best([_ranked(text) for text in output.texts()]))
    if sum(side > 1 for side in output.shape) > 1:
        raise InvalidError(
            f"tensor {output.name} has shape {list(output.shape)}, which is no list of scores for one image",
            help="measure without --quality, or ask a server that answers with classes or boxes",
        )
    numbers = output.numbers()
    if len(numbers) == 1:
        return _read(numbers[0])  # the number of the best class, or nothing that can be read
    return Answer(classes=_by_index([_finite(score) for score in numbers]))


def _ranked(text: str) -> AnsweredClass:
    """A line of the classification extension: `score:class[:label]`."""
    score, _, named = text.partition(":")
    number, _, label = named.partition(":")
    try:
        return AnsweredClass(label or None, int(number), _finite(float(score)))
    except ValueError:
        raise InvalidError(
            f"the answer holds the text {text[:_SHOWN]!r}, which is no score:class", help=_HELP
        ) from None


def _by_index(scores: Sequence[float]) -> tuple[AnsweredClass, ...]:
    return _best([AnsweredClass(None, number, score) for number, score in enumerate(scores)])


def _best(classes: Sequence[AnsweredClass]) -> tuple[AnsweredClass, ...]:
    """Best first; those without a score stay in their order, behind."""
    return tuple(sorted(classes, key=lambda one: -_weight(one.score))[:MOST_CLASSES])


def _best_boxes(boxes: Sequence[AnsweredBox]) -> tuple[AnsweredBox, ...]:
    return tuple(sorted(boxes, key=lambda one: -_weight(one.score)))


def _weight(score: float | None) -> float:
    return -math.inf if score is None else score


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidError(f"the answer holds the score {number}", help="see the log of the server")
    return number


def _expected(one: Read | None, value: Any) -> Read:
    if one is None:
        raise _unknown(value)
    return one


def _unknown(value: Any) -> InvalidError:
    return InvalidError(f"the answer is of no dialect that is known: {str(value)[:_SHOWN]}", help=_HELP)
