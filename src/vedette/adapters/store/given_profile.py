"""The short form of a profile, as people write it for devices that they do not own.

    model: nanodet-m-320
    device: small-board          a name, or name, cores, memory_mb, price_per_hour, currency, billing, watts
    points: {1: 95, 4: 360}      batch: milliseconds, or a list of points with more keys

What is left out is not guessed, with one exception: without a warm-up the first mini-batch counts as long as a later
one, and a warning says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from vedette.adapters.store.record import RecordError, from_data
from vedette.values.device import Billing, DeviceKind
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Origin, Profile, Profiled, ProfilePoint
from vedette.values.tiling import Fill, Tiling

MEGABYTE = 1_000_000
_DIGITS = 12
_SIZE = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")
_CPU = re.compile(r"cpu:([0-9]+(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class GivenDevice:
    """Keys of `device`; `cores` is for a CPU, and follows from a name such as cpu:0.5."""

    name: str
    cores: float | None = None
    memory_mb: float | None = None
    price_per_hour: float | None = None
    currency: str = "EUR"
    billing: Billing = Billing.SECOND
    watts: float | None = None


@dataclass(frozen=True, slots=True)
class GivenPoint:
    """Keys of a point; times of a mini-batch in milliseconds, of loading in seconds."""

    batch: int
    latency_ms: float
    warm_up_ms: float | None = None
    load_s: float | None = None
    memory_mb: float | None = None
    energy_j: float | None = None
    longest_ms: float | None = None
    deviation_ms: float = 0.0
    between_ms: float | None = None
    warm_up_between_ms: float | None = None
    trials: int = 1
    size: str | None = None


@dataclass(frozen=True, slots=True)
class GivenTiles:
    """Keys of `tiles`."""

    size: str
    overlap: int = 0
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class GivenFile:
    """Keys of the short form."""

    model: str
    device: GivenDevice
    points: tuple[GivenPoint, ...]
    version: str = ""
    runtime: RuntimeName = RuntimeName.ONNXRUNTIME
    precision: Precision = Precision.FP32
    quality: float | None = None
    tiles: GivenTiles | None = None
    source: str = ""
    created: str = ""


def given_profile(data: Mapping[str, Any]) -> Profile:
    """The profile of the short form; its id is made of its content, so that the same file has the same id.

    Raises:
        ValueError: a key is unknown or missing, or a value is none that a profile can have; the text names the place.
    """
    file = from_data(GivenFile, _plain(data))
    device = _device(file.device)
    execution = Execution(file.runtime, file.precision, "cpu", 1, device.threads)
    tiling = None if file.tiles is None else _tiling(file.tiles)
    return Profile(
        _id(file),
        Profiled(file.model, file.version, "", execution, device, tiling, quality=file.quality),
        _points(file.points),
        Origin.GIVEN,
        created=file.created,
        source=file.source,
    )


def _id(file: GivenFile) -> str:
    text = json.dumps(asdict(file), sort_keys=True)
    return f"given-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Every abbreviation written out."""
    plain = dict(data)
    if isinstance(plain.get("device"), str):
        plain["device"] = {"name": plain["device"]}
    if isinstance(plain.get("tiles"), str):
        plain["tiles"] = {"size": plain["tiles"]}
    if type(plain.get("version")) in {int, float}:
        plain["version"] = str(plain["version"])
    if isinstance(plain.get("created"), date):
        plain["created"] = plain["created"].isoformat()
    if "points" in plain:
        plain["points"] = list(_written_out(plain["points"]))
    return plain


def _written_out(points: Any) -> Iterator[Any]:
    """Points as mappings, out of `{1: 95}`, `[{1: 95}]` or what has keys already."""
    if isinstance(points, Mapping):
        yield from (_pair(batch, time) for batch, time in points.items())
        return
    if not isinstance(points, list):
        raise RecordError("points: `batch: milliseconds` pairs or a list of points are expected")
    for number, point in enumerate(points):
        if not isinstance(point, Mapping):
            raise RecordError(
                f"points[{number}]: a `batch: milliseconds` pair is expected, with a space after the colon"
            )
        only = next(iter(point.items())) if len(point) == 1 else None
        yield _pair(*only) if only is not None and _batch(only[0]) is not None else point


def _pair(batch: Any, time: Any) -> dict[str, Any]:
    number = _batch(batch)
    if number is None:
        raise RecordError(f"points: {str(batch)[:40]} is no mini-batch size: write `batch: milliseconds` pairs")
    return {"batch": number, "latency_ms": time}


def _batch(text: Any) -> int | None:
    """A whole number; JSON has its keys as texts."""
    if type(text) is int:
        return text
    return int(text) if isinstance(text, str) and re.fullmatch(r"-?[0-9]{1,9}", text) else None


def _device(given: GivenDevice) -> DeviceKind:
    cpu = _CPU.fullmatch(given.name)
    cores = float(cpu[1]) if cpu and given.cores is None else given.cores
    memory = None if given.memory_mb is None else round(given.memory_mb * MEGABYTE)
    try:
        return DeviceKind(given.name, cores, memory, given.price_per_hour, given.currency, given.billing, given.watts)
    except ValueError as error:
        raise RecordError(f"device: {error}") from None


def _tiling(given: GivenTiles) -> Tiling:
    try:
        return Tiling(_size(given.size, "tiles"), given.overlap, given.fill)
    except ValueError as error:
        raise RecordError(str(error) if str(error).startswith("tiles") else f"tiles: {error}") from None


def _size(text: str, place: str) -> Size:
    found = _SIZE.fullmatch(text.strip().lower())
    if found is None:
        raise RecordError(f"{place}: {text[:40]!r} is no size: write width x height in pixels, as 640x480")
    return Size(int(found[1]), int(found[2]))


def _points(given: tuple[GivenPoint, ...]) -> tuple[ProfilePoint, ...]:
    points = []
    for number, one in enumerate(given):
        try:
            points.append(_point(one, f"points[{number}]"))
        except RecordError:
            raise
        except ValueError as error:
            raise RecordError(f"points[{number}] (batch {one.batch}): {error}") from None
    return tuple(sorted(points, key=lambda point: (_pixels(point), point.batch)))


def _pixels(point: ProfilePoint) -> int:
    return 0 if point.size is None else point.size.pixels


def _point(given: GivenPoint, place: str) -> ProfilePoint:
    if given.memory_mb is not None and given.memory_mb < 0:
        raise ValueError(f"memory_mb is 0 or more, got {given.memory_mb:g}")
    if given.longest_ms is not None and given.longest_ms < given.latency_ms:
        raise ValueError(f"longest_ms {given.longest_ms:g} is shorter than latency_ms {given.latency_ms:g}")
    if given.trials < 2 and (given.between_ms, given.warm_up_between_ms) != (None, None):  # noqa: PLR2004 - it takes two
        raise ValueError("between_ms is the deviation of several trials: say how many with `trials`")
    latency = _moment(given.latency_ms, given.between_ms, given.trials, given.deviation_ms)
    return ProfilePoint(
        given.batch,
        None if given.size is None else _size(given.size, f"{place}.size"),
        latency,
        latency if given.warm_up_ms is None else _moment(given.warm_up_ms, given.warm_up_between_ms, given.trials),
        None if given.load_s is None else Moment(given.load_s),
        None if given.memory_mb is None else round(given.memory_mb * MEGABYTE),
        energy_j=None if given.energy_j is None else Moment(given.energy_j),
        longest_s=None if given.longest_ms is None else given.longest_ms / 1e3,
    )


def _moment(mean_ms: float, between_ms: float | None, trials: int, deviation_ms: float = 0.0) -> Moment:
    """Of milliseconds. Trials whose deviation is not told count as one."""
    if between_ms is None:
        return Moment(mean_ms / 1e3, deviation_ms / 1e3)
    return Moment(mean_ms / 1e3, deviation_ms / 1e3, between_ms / 1e3, trials, trials)
