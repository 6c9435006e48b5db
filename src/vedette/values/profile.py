"""A profile: what one model takes on one kind of device, over mini-batch and image size, as it was measured or given.

    trials in fresh processes: load -> W(b), the whole first mini-batch -> L(b), later ones -> peak memory, energy

`b` counts images. Bytes in, result out: decode, resize, cutting into tiles, inference and reading the outputs are in W
and L; the load time is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from vedette.values.device import DeviceKind
from vedette.values.environment import Environment
from vedette.values.execution import Execution
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.tiling import Tiling

SCHEMA = "vedette.profile/1"


class Origin(StrEnum):
    """Where the figures come from."""

    MEASURED = "measured"
    GIVEN = "given"


class Failed(StrEnum):
    """Why a mini-batch has no figures."""

    OUT_OF_MEMORY = "out of memory"
    REFUSED = "refused by the engine"
    TOO_LONG = "longer than the limit"


@dataclass(frozen=True, slots=True)
class ProfilePoint:
    """One mini-batch size at one image size.

    Attributes:
        batch: images of a mini-batch.
        size: of the images; None: as they come (the shipped or named images, whatever their sizes).
        latency_s: L(b), the time of a later mini-batch.
        warm_up_s: W(b), the time of the whole first mini-batch of a loaded fresh process.
        load_s: start of the process until the model is loaded.
        peak_bytes: most memory of its own that the process had, loading included: a limit of so much is enough.
        sampled_peak_bytes: the same, of samples every 10 ms alone.
        energy_j: of one later mini-batch; None where no counter exists.
        longest_s: longest later mini-batch that was seen.
        failed: why there are no figures; then every other one is None.
        reason: of the failure, in words.
    """

    batch: int
    size: Size | None
    latency_s: Moment | None = None
    warm_up_s: Moment | None = None
    load_s: Moment | None = None
    peak_bytes: int | None = None
    sampled_peak_bytes: int | None = None
    energy_j: Moment | None = None
    longest_s: float | None = None
    failed: Failed | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ValueError(f"a mini-batch has one image at least, got {self.batch}")
        if (self.failed is None) == (self.latency_s is None or self.warm_up_s is None):
            raise ValueError(f"a point has latency_s and warm_up_s, or says why it failed: batch {self.batch}")


@dataclass(frozen=True, slots=True)
class AfterIdle:
    """A request that finds a server idle: caches have gone cold, and the core slept.

    Attributes:
        idle_s: how long the server had nothing to do.
        ratio: what the request takes, over one that follows on another; 1 or more.
    """

    idle_s: float
    ratio: float

    def __post_init__(self) -> None:
        if not (0 < self.idle_s < math.inf and 1 <= self.ratio < math.inf):
            raise ValueError(f"idle_s is above 0 and ratio 1 or more, got {self.idle_s:g} s and {self.ratio:g}")


@dataclass(frozen=True, slots=True)
class Profiled:
    """What was profiled.

    Attributes:
        model: name.
        version: of the model.
        model_sha256: of the model's file; empty for a profile that was given.
        execution: how the model was run; streams are the device's, 1 unless told.
        device: kind of the device.
        tiling: how images were cut; None: not at all.
        busy_neighbours: devices that worked beside it meanwhile, as the plan would have them.
        quality: reported or measured figure of the model (mAP, top-1), 0..100; None: not known.
        fixed_batch: rows that the model's graph takes at a time; None: any number, or not known.
    """

    model: str
    version: str
    model_sha256: str
    execution: Execution
    device: DeviceKind
    tiling: Tiling | None = None
    busy_neighbours: int = 0
    quality: float | None = None
    fixed_batch: int | None = None

    def __post_init__(self) -> None:
        if self.fixed_batch is not None and self.fixed_batch < 1:
            raise ValueError(f"a graph takes one row at least, got fixed_batch {self.fixed_batch}")


@dataclass(frozen=True, slots=True)
class Profile:
    """Measured, or given for a device that one does not own.

    Attributes:
        id: made of what was profiled and when; the file's name.
        profiled: what.
        points: by image size, then by batch, each pair once.
        origin: measured or given.
        environment: where it was measured; None for one that was given.
        created: time and zone, ISO 8601.
        source: who gave it, or the command that measured it.
        seconds: how long measuring took.
        request_s: what a server takes for a request of one image besides the work of L(1): HTTP, and handing the image
            on; measured when a plan for a rate asks for it.
        after_idle: how much longer a request takes that finds the server idle, with `idle_s` ascending; measured with
            `request_s`; empty: not known.
        broken_off: what was left out because measuring was interrupted, in words; empty: nothing.
        refreshed_from: id of the measured or given profile whose times were brought to the speed of the machine at
            `created`; empty for one that is as it was measured or given.
    """

    id: str
    profiled: Profiled
    points: tuple[ProfilePoint, ...]
    origin: Origin = Origin.MEASURED
    environment: Environment | None = None
    created: str = ""
    source: str = ""
    seconds: float = 0.0
    request_s: Moment | None = None
    after_idle: tuple[AfterIdle, ...] = ()
    broken_off: str = ""
    refreshed_from: str = ""

    def __post_init__(self) -> None:
        keys = [(point.size, point.batch) for point in self.points]
        if len(set(keys)) != len(keys):
            raise ValueError("a profile has each pair of image size and batch once")
        if (self.origin is Origin.MEASURED) != (self.environment is not None):
            raise ValueError("a measured profile has an environment, a given one has none")
        idle_s = [one.idle_s for one in self.after_idle]
        if idle_s != sorted(set(idle_s)):
            raise ValueError(f"after_idle is in ascending order of idle_s, each once, got {idle_s}")

    @property
    def sizes(self) -> tuple[Size | None, ...]:
        """Image sizes, in the order of the points."""
        return tuple(dict.fromkeys(point.size for point in self.points))
