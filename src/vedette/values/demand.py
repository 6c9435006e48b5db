"""A demand: what is asked of a plan.

Symbols are those of A. González Vidal et al., "On Serving Image Classification Models": T is `within_s`, N `images`,
M_i `Limits.uses`, MB_i `Limits.batch`, NGPU the devices of the fleet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from vedette.values.deadline import DeadlineClass
from vedette.values.device import Fleet
from vedette.values.frame import Size
from vedette.values.tiling import Tiling

MOST_IMAGES = 10**15
LONGEST_S = 1e9
"""Thirty years."""
LEAST_RATE, MOST_RATE = 1e-5, 1e6
"""One image a day, and one a microsecond."""


class PlanKind(StrEnum):
    """What is asked: fewest devices, most images, best model, replicas for a rate, models beside each other."""

    DEADLINE = "deadline"
    BUDGET = "budget"
    MODEL = "model"
    RATE = "rate"
    BESIDE = "beside"


class Start(StrEnum):
    """What the time counts from: the start of the processes, loaded ones (as W is defined), or warm ones."""

    COLD = "cold"
    LOADED = "loaded"
    WARM = "warm"


class Goal(StrEnum):
    """What is made best; the first that fits the kind is taken where none is named."""

    DEVICES = "devices"
    COST = "cost"
    ENERGY = "energy"
    IMAGES = "images"
    QUALITY = "quality"
    REPLICAS = "replicas"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may not exceed; None: no limit.

    Attributes:
        cost: money of the whole job, in the currency of the devices.
        energy_wh: of the whole job.
        uses: M_i, later mini-batches of one device.
        batch: MB_i, images of a mini-batch; a profile has its own largest one besides.
    """

    cost: float | None = None
    energy_wh: float | None = None
    uses: int | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of a plan.

    Attributes:
        kind: which question.
        models: names; several are alternatives (`model`), or candidates for one device (`beside`).
        fleet: devices that may be used.
        images: N, for `beside` of each model; for `budget` None.
        within_s: T; for `rate` None.
        rate_per_s: images that arrive, as a Poisson process.
        p99_ms: the goal of a rate.
        start: what the time counts from.
        deadline: hard takes the longest times that were seen, soft the probability, relaxed the means, best-effort the
            means and no promise.
        probability: with which a soft plan must hold.
        lost_devices: the plan holds even if so many of its devices, the best ones, are lost at the start.
        goal: what is made best; None takes that of the kind.
        limits: what may not be exceeded.
        size: of the images; None: as they come.
        tiling: how they are cut.
        groups: for `beside`: of each exactly one model is needed; empty: any set of models will do.
    """

    kind: PlanKind
    models: tuple[str, ...]
    fleet: Fleet
    images: int | None = None
    within_s: float | None = None
    rate_per_s: float | None = None
    p99_ms: float | None = None
    start: Start = Start.LOADED
    deadline: DeadlineClass = DeadlineClass.SOFT
    probability: float = 0.95
    lost_devices: int = 0
    goal: Goal | None = None
    limits: Limits = field(default_factory=Limits)
    size: Size | None = None
    tiling: Tiling | None = None
    groups: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("a demand names a model")
        for name, value in (("within", self.within_s), ("rate", self.rate_per_s), ("p99", self.p99_ms)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be above 0, got {value:g}")
        if self.images is not None and self.images < 1:
            raise ValueError(f"there must be one image at least, got {self.images}")
        self._check_reason()
        if not 0 < self.probability < 1:
            raise ValueError(f"a probability lies between 0 and 1, got {self.probability:g}")
        if self.lost_devices < 0:
            raise ValueError(f"lost devices are 0 or more, got {self.lost_devices}")

    def _check_reason(self) -> None:
        """Beyond these figures times in nanoseconds and counts of mini-batches are not exact any more."""
        if self.images is not None and self.images > MOST_IMAGES:
            raise ValueError(f"images may be {MOST_IMAGES:.0e} at most")
        if self.within_s is not None and self.within_s > LONGEST_S:
            raise ValueError(f"within may be {LONGEST_S:.0e} s at most, got {self.within_s:g} s")
        if self.rate_per_s is not None and not LEAST_RATE <= self.rate_per_s <= MOST_RATE:
            raise ValueError(f"a rate lies between {LEAST_RATE:g}/s and {MOST_RATE:g}/s, got {self.rate_per_s:g}/s")
