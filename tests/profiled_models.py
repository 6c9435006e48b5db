"""Profiles with figures that are easy to reckon with."""

from __future__ import annotations

from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Origin, Profile, Profiled, ProfilePoint


def given_profile(
    latencies: dict[int, float],
    model: str = "colour",
    name: str = "p-1",
    size: Size | None = None,
    execution: Execution | None = None,
    sha256: str = "",
    version: str = "1",
) -> Profile:
    """L(b) as told, in seconds; W(b) is twice as long, loading takes a second."""
    execution = execution or Execution(RuntimeName.ONNXRUNTIME)
    profiled = Profiled(model, version, sha256, execution, DeviceKind("cpu:1"))
    points = tuple(
        ProfilePoint(batch, size, Moment(seconds), Moment(2 * seconds), Moment(1.0), longest_s=1.5 * seconds)
        for batch, seconds in latencies.items()
    )
    return Profile(name, profiled, points, Origin.GIVEN, created="2026-01-02T03:04:05+00:00")
