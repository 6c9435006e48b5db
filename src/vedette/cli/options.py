"""Options that several commands share, from text to values."""

from __future__ import annotations

import math
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from vedette.errors import UsageError
from vedette.values.execution import Optimise, Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.rules.candidates import Wish
    from vedette.values.frame import Size
    from vedette.values.tiling import Tiling
    from vedette.wiring.stream import BoxSettings, RegionOfInterest

Name = TypeVar("Name", bound=StrEnum)

AUTO = "auto"

_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}


def parse_wish(runtime: str, precision: str, optimise: str, device: str, threads: int | None) -> Wish:
    """What `--runtime --precision --optimise --device --threads` say.

    Raises:
        UsageError: a name that is none; the message offers the nearest.
    """
    from vedette.rules.candidates import Wish

    return Wish(
        None if runtime.lower() == AUTO else named(RuntimeName, runtime, "--runtime", AUTO),
        None if precision.lower() == AUTO else named(Precision, precision, "--precision", AUTO),
        device,
        threads,
        named(Optimise, optimise, "--optimise"),
    )


def finite(value: float | None) -> float | None:
    """A number that is one: a range of typer's lets `nan` pass.

    Raises:
        UsageError: it is none.
    """
    if value is not None and not math.isfinite(value):
        raise UsageError(f"{value} is not a number that can be used here", help="give a number, such as 0.5")
    return value


def parse_classes(text: str | None) -> frozenset[str]:
    """The labels of `--classes LABEL,LABEL`; none given means all.

    Raises:
        UsageError: it names no label.
    """
    if text is None:
        return frozenset()
    labels = frozenset(label.strip() for label in text.split(",") if label.strip())
    if not labels:
        raise UsageError(f"--classes {text!r} names no label", help="leave it out for all, or name some: person,car")
    return labels


def parse_tiling(tile: str | None, overlap: int, fill: str | None) -> Tiling | None:
    """What `--tile --tile-overlap --fill` say; None where images are not cut.

    Raises:
        UsageError: one of them is none, or the overlap is as large as the tile.
    """
    from vedette.values.tiling import Fill, Tiling

    if tile is None:
        if overlap or fill is not None:
            option = "--tile-overlap" if overlap else "--fill"
            raise UsageError(f"{option} is for tiles, and images are not cut", help="add --tile WIDTHxHEIGHT")
        return None
    filled = None if fill is None else named(Fill, fill, "--fill")
    try:
        return Tiling(parse_size(tile, "--tile"), overlap, filled)
    except ValueError as error:
        raise UsageError(f"--tile-overlap {overlap}: {error}", help="take a smaller overlap or larger tiles") from None


def parse_size(text: str, option: str) -> Size:
    """Width and height out of `300x300`.

    Raises:
        UsageError: it is none.
    """
    from vedette.values.frame import Size

    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UsageError(f"{option} {text} is no size", help=f"write width x height in pixels: {option} 300x300")
    return Size(int(width), int(height))


def parse_duration(text: str | None, option: str) -> float | None:
    """Seconds out of `20s`, `500ms`, `2min`, `1h`; None for None.

    Raises:
        UsageError: it is none, or not above 0.
    """
    if text is None:
        return None
    number = text.strip().lower().rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text.strip().lower()[len(number) :].strip()
    seconds = _SECONDS.get(unit)
    try:
        value = float(number) * (seconds or math.nan)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{option} {text} is no duration", help=f"write a number with its unit: {option} 20s or 2min")
    return value


def parse_memory(text: str | None, option: str) -> int | None:
    """Bytes out of `1GB` or `512MiB`; None for None.

    Raises:
        UsageError: it is none, or 0.
    """
    from vedette.rules.serving.units import bytes_of

    if text is None:
        return None
    try:
        size = bytes_of(text)
    except ValueError as error:
        raise UsageError(f"{option} {text} is no amount of memory", help=f"write {error}") from None
    if size < 1:
        raise UsageError(f"{option} {text} leaves no memory", help=f"write {option} 2GB")
    return size


def parse_rois(texts: Iterable[str]) -> tuple[RegionOfInterest, ...]:
    """What every `--roi [PATTERN=]LEFT,TOP,WIDTH,HEIGHT` says.

    Raises:
        UsageError: one is none.
    """
    from vedette.values.frame import Size
    from vedette.values.tiling import Region
    from vedette.wiring.stream import RegionOfInterest

    found = []
    for text in texts:
        pattern, equals, sides = text.rpartition("=")
        numbers = [side.strip() for side in sides.split(",")]
        whole = len(numbers) == 4 and all(number.isdecimal() for number in numbers)  # noqa: PLR2004 - sides
        if not whole or not int(numbers[2]) or not int(numbers[3]) or (equals and not pattern):
            raise UsageError(
                f"--roi {text} is no region",
                help="write --roi LEFT,TOP,WIDTH,HEIGHT in pixels, or --roi 'PATTERN=LEFT,TOP,WIDTH,HEIGHT' for the "
                "sources whose name fits a pattern",
            )
        left, top, width, height = (int(number) for number in numbers)
        found.append(RegionOfInterest(Region(left, top, Size(width, height)), pattern or "*"))
    return tuple(found)


def parse_boxes(nms: str | None, iou: float | None, candidates: int | None, max_detections: int | None) -> BoxSettings:
    """What `--nms --iou --candidates --max-detections` change.

    Raises:
        UsageError: a name that is none.
    """
    from vedette.values.manifest import Suppression
    from vedette.wiring.stream import BoxSettings

    return BoxSettings(None if nms is None else named(Suppression, nms, "--nms"), iou, candidates, max_detections)


def named(names: type[Name], text: str, option: str, *others: str) -> Name:
    """The value that `text` names, in capitals or not; `others` are words that the option takes beside them.

    Raises:
        UsageError: a name that is none; the message offers the nearest.
    """
    try:
        return names(text.lower())
    except ValueError:
        known = [*others, *names]
        near = get_close_matches(text.lower(), known, 1, 0.4)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"{option} {text} is not known", help=f"{hint}choose from {', '.join(known)}") from None
