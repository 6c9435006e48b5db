"""What the query of an image request says: how the image is looked at, what is wanted of it, and until when."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.datastructures import QueryParams
from starlette.requests import Request

from vedette.adapters.http.negotiate import Form
from vedette.errors import InvalidError
from vedette.flows.inference.image_order import Look
from vedette.flows.inference.postprocess import Answering
from vedette.rules.vision.wanted import ids_of
from vedette.rules.zoo.names import nearest
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Size
from vedette.values.manifest import Manifest
from vedette.values.tiling import Fill, Region, Tiling

T = TypeVar("T")

LOOK_KEYS = ("threshold", "top_k", "classes", "tile", "overlap", "fill", "roi")
DEADLINE_KEYS = ("timeout_ms", "deadline")
_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", re.IGNORECASE)
_LONGEST_MS = 24 * 3600 * 1000


def check_keys(query: QueryParams, known: Sequence[str]) -> None:
    """No parameter is ignored.

    Raises:
        InvalidError: one is not known, or given twice.
    """
    for key in query:
        if key not in known:
            near = nearest(key, known)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InvalidError(f"the query parameter {key[:40]!r} is not known", help=f"{hint}take {', '.join(known)}")
        if len(query.getlist(key)) > 1:
            raise InvalidError(f"the query parameter {key} is given more than once", help="give it once")


def look_of(query: QueryParams, manifests: Sequence[Manifest], form: Form, pixel_limit: int) -> Look:
    """The look that the query asks for.

    Raises:
        InvalidError: a value is none, or is for another kind of model.
    """
    if not query:
        return Look(_asked(Answering(), form), pixel_limit=pixel_limit)
    names = _read(query, "classes", _names, frozenset[str]())
    asked = Answering(
        top_k=_read(query, "top_k", _count, 5),
        threshold=_read(query, "threshold", _share, None),
        class_names=names,
    )
    tiling = _tiling(query)
    detectors = any(manifest.model_type.is_detector for manifest in manifests)
    for key, given in (("tile", tiling is not None), ("classes", bool(names))):
        if given and not detectors:
            raise InvalidError(f"{key} is for detectors, {manifests[0].name} is none", help="leave it out")
    if "top_k" in query and all(manifest.model_type.is_detector for manifest in manifests):
        raise InvalidError(
            f"top_k is for classifiers, {manifests[0].name} is none", help="leave it out; threshold bounds boxes"
        )
    return Look(
        _asked(asked, form),
        tuple(ids_of(names, manifest) for manifest in manifests) if names else (),
        tiling,
        _read(query, "roi", _region, None),
        pixel_limit,
    )


def deadline_of(request: Request, received_ns: int, kind: DeadlineClass) -> Deadline:
    """The deadline of a request: `timeout_ms` or X-Timeout-Ms from its arrival on, and its class, or the model's own.

    Raises:
        InvalidError: one of them is none, or a hard deadline has no time.
    """
    query = request.query_params
    headers = request.headers
    timeout = query["timeout_ms"] if "timeout_ms" in query else headers.get("x-timeout-ms")
    named = query["deadline"] if "deadline" in query else headers.get("x-deadline-class")
    if timeout is None and named is None:
        return Deadline(DeadlineClass.RELAXED if kind is DeadlineClass.HARD else kind)
    if named is not None:
        kind = _value("deadline", named, DeadlineClass, f"one of {', '.join(DeadlineClass)}")
    at_ns = None if timeout is None else received_ns + round(_value("timeout_ms", timeout, _milliseconds) * 1e6)
    if kind is DeadlineClass.HARD and at_ns is None:
        raise InvalidError("a hard deadline needs a time", help="add timeout_ms=100, or X-Timeout-Ms: 100")
    return Deadline(kind, at_ns)


def _asked(asked: Answering, form: Form) -> Answering:
    if form not in (Form.JPEG, Form.PNG):
        return asked
    return Answering(
        asked.top_k,
        asked.threshold,
        asked.class_names,
        picture=True,
        picture_format="png" if form is Form.PNG else "jpeg",
    )


def _tiling(query: QueryParams) -> Tiling | None:
    size = _read(query, "tile", _size, None)
    overlap = _read(query, "overlap", _whole, 0)
    fill = _read(query, "fill", _fill, None)
    if size is None:
        if "overlap" in query or "fill" in query:
            raise InvalidError("overlap and fill are for tiles, and the image is not cut", help="add tile=300x300")
        return None
    try:
        return Tiling(size, overlap, fill)
    except ValueError as error:
        raise InvalidError(f"overlap={overlap}: {error}", help="take a smaller overlap or larger tiles") from None


def _read(query: QueryParams, key: str, parse: Callable[[str], T], default: Any) -> Any:
    text = query.get(key)
    return default if text is None else _value(key, text, parse)


def _value(key: str, text: str, parse: Callable[[str], T], expected: str = "") -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidError(f"{key}={text[:40]!r} cannot be used", help=f"give {expected or error}") from None


def _share(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return value


def _names(text: str) -> frozenset[str]:
    found = frozenset(name.strip() for name in text.split(",") if name.strip())
    if not found:
        raise ValueError("labels with commas between, as person,car")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _count(text: str) -> int:
    value = _whole(text)
    if value < 1:
        raise ValueError("a whole number from 1 on")
    return value


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):  # noqa: PLR2004 - digits
        raise ValueError("a whole number")
    return int(text)


def _milliseconds(text: str) -> float:
    value = _number(text)
    if not (math.isfinite(value) and 0 < value <= _LONGEST_MS):
        raise ValueError("milliseconds above 0, a day at most")
    return value


def _size(text: str) -> Size:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError("width x height in pixels, as 300x300")
    return Size(int(match[1]), int(match[2]))


def _fill(text: str) -> Fill:
    try:
        return Fill(text.lower())
    except ValueError:
        raise ValueError(f"one of {', '.join(Fill)}") from None


def _region(text: str) -> Region:
    numbers = [_whole(part.strip()) for part in text.split(",")]
    if len(numbers) != 4 or not numbers[2] or not numbers[3]:  # noqa: PLR2004 - left, top, width, height
        raise ValueError("left,top,width,height in pixels")
    return Region(numbers[0], numbers[1], Size(numbers[2], numbers[3]))
