"""Profiles that were made up: `made_profile({1: 10.0, 8: 60.0})` has L and W at these batches, in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping

from vedette.values.device import DeviceKind
from vedette.values.environment import Environment
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.frame import Size
from vedette.values.host import Host
from vedette.values.moment import Moment
from vedette.values.profile import Failed, Origin, Profile, Profiled, ProfilePoint
from vedette.values.tiling import Tiling
from vedette.values.trial import Placement

KIND = DeviceKind("cpu:1", 1.0)
HERE = Environment(
    Host("a processor", ("avx2",), 4, 4, None, 8_000_000_000, "Linux 6", "3.11.2"),
    "0123456789abcdef",
    Placement.DISJOINT,
    None,
    (("numpy", "2.4.6"), ("onnxruntime", "1.20.0"), ("openvino", "2026.1")),
    "0.1.0",
)


def made_point(
    batch: int,
    latency_ms: float,
    warm_up_ms: float | None = None,
    *,
    size: Size | None = None,
    trials: int = 3,
    spread: float = 0.02,
    peak_mb: float | None = None,
    energy_j: float | None = None,
) -> ProfilePoint:
    """A point whose trials differ by `spread`, as a share of the mean, and whose single values do by twice as much."""
    warm_up_ms = 3 * latency_ms if warm_up_ms is None else warm_up_ms
    return ProfilePoint(
        batch,
        size,
        _moment(latency_ms / 1e3, spread, trials, 20),
        _moment(warm_up_ms / 1e3, spread, trials, 1),
        _moment(0.5, spread, trials, 1),
        None if peak_mb is None else round(peak_mb * 1e6),
        energy_j=None if energy_j is None else Moment(energy_j),
        longest_s=latency_ms / 1e3 * 1.25,
    )


def failed_point(batch: int, size: Size | None = None, failed: Failed = Failed.OUT_OF_MEMORY) -> ProfilePoint:
    """A point without figures."""
    return ProfilePoint(batch, size, failed=failed, reason="killed at 1.0 GB")


def profile_of(
    *points: ProfilePoint,
    name: str = "20260102-030405-0a1b2c3d",
    device: DeviceKind = KIND,
    tiling: Tiling | None = None,
    neighbours: int = 0,
    origin: Origin = Origin.MEASURED,
    created: str = "2026-01-02T03:04:05+00:00",
    fixed_batch: int | None = None,
) -> Profile:
    """A profile of these points."""
    execution = Execution(RuntimeName.OPENVINO, Precision.BF16, "cpu", 1, device.threads)
    return Profile(
        name,
        Profiled("lite0", "1", "ab" * 32, execution, device, tiling, neighbours, 75.1, fixed_batch),
        points,
        origin,
        HERE if origin is Origin.MEASURED else None,
        created,
        "a test",
        12.5,
    )


def made_profile(latency_ms: Mapping[int, float], **others: object) -> Profile:
    """A profile with one point for each batch; `others` are those of `made_point`."""
    return profile_of(*(made_point(batch, time, **others) for batch, time in latency_ms.items()))  # type: ignore[arg-type]


def _moment(mean: float, spread: float, trials: int, each: int) -> Moment:
    return Moment(
        mean, 2 * spread * mean if each > 1 else 0.0, spread * mean if trials > 1 else None, trials * each, trials
    )
