"""What the monitor reads of a machine and its processes: features, samples, and what is absent and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the monitor's process holds no arrays: it starts without numpy
    from numpy.typing import NDArray


class Pace(StrEnum):
    """FAST features are read at 1 to 100 Hz, SLOW ones at 2 Hz at most, a PEAK is a high-water mark read at the end."""

    FAST = "fast"
    SLOW = "slow"
    PEAK = "peak"


class Reckoning(StrEnum):
    """A GAUGE is a state at an instant; a COUNTER only grows, and its difference over time is a rate."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that is measured: its name (`system.cpu.user`), unit, where it is read, and what it means."""

    name: str
    unit: str
    source: str
    meaning: str
    pace: Pace
    reckoning: Reckoning


@dataclass(frozen=True, slots=True)
class Absence:
    """A feature, or a group of them (`energy.rapl`), that cannot be read here, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Samples:
    """All samples of a run.

    Attributes:
        at_ns: int64, shape (n,), when the reading of each sample began, by the clock of the requests.
        took_ns: int64, shape (n,), how long it took.
        columns: by the name of a feature, float64, shape (n,); NaN where a slow feature was not read, or was not there.
        features: what the columns mean, in their order.
        absences: what could not be read.
        peaks: high-water marks by name of the feature.
        cpu_s: CPU time that the monitor itself used.
        peak_features: what the peaks mean.
    """

    at_ns: NDArray[Any]
    took_ns: NDArray[Any]
    columns: Mapping[str, NDArray[Any]]
    features: tuple[Feature, ...]
    absences: tuple[Absence, ...]
    peaks: Mapping[str, float]
    cpu_s: float
    peak_features: tuple[Feature, ...] = ()
