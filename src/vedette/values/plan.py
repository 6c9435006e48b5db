"""A plan: what was demanded, what is to be run where, what it will take, and how sure that is.

    Demand + Profiles -> Plan -> (deployed and measured) -> Verification

Symbols are those of A. González Vidal et al., "On Serving Image Classification Models": T is `within_s`, N `images`,
mbs_i `batch`, t_i `later_uses`, W and L the warm-up and the latency of a mini-batch, M_i `Limits.uses`, MB_i
`Limits.batch`, NGPU the devices of the fleet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from vedette.values.deadline import DeadlineClass
from vedette.values.device import DeviceKind, Fleet
from vedette.values.environment import Environment
from vedette.values.frame import Size
from vedette.values.tiling import Tiling

SCHEMA = "vedette.plan/1"


class PlanKind(StrEnum):
    """What is asked: fewest devices, most images, best model, replicas for a rate."""

    DEADLINE = "deadline"
    BUDGET = "budget"
    MODEL = "model"
    RATE = "rate"


class Status(StrEnum):
    """What is known of the answer: `optimal` is proven, `infeasible` too; `feasible` may not be the best."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


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
        models: names; several are alternatives (`model`) or one after the other stands for itself.
        fleet: devices that may be used.
        images: N; for `budget` None.
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

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("a demand names a model")
        for name, value in (("within", self.within_s), ("rate", self.rate_per_s), ("p99", self.p99_ms)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be above 0, got {value:g}")
        if self.images is not None and self.images < 1:
            raise ValueError(f"there must be one image at least, got {self.images}")
        if not 0 < self.probability < 1:
            raise ValueError(f"a probability lies between 0 and 1, got {self.probability:g}")
        if self.lost_devices < 0:
            raise ValueError(f"lost devices are 0 or more, got {self.lost_devices}")


@dataclass(frozen=True, slots=True)
class Prediction:
    """An amount that is expected, and the interval that holds it with `confidence`; low and high None: not known."""

    expected: float
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one device does.

    Attributes:
        device: its kind.
        number: which one of that kind, from 1.
        model: that it runs.
        profile: id of the profile behind the figures.
        batch: mbs_i, images of a mini-batch.
        later_uses: t_i, mini-batches after the first.
        images: that it gets; (t_i + 1) mbs_i at most, the last mini-batch may be smaller.
        time_s: W + t L.
        cost: money; None without a price.
        energy_wh: None where neither counter nor watts are known.
    """

    device: DeviceKind
    number: int
    model: str
    profile: str
    batch: int
    later_uses: int
    images: int
    time_s: Prediction
    cost: float | None = None
    energy_wh: float | None = None


@dataclass(frozen=True, slots=True)
class Replicas:
    """The answer to a rate.

    Attributes:
        device: each replica has one of this kind.
        model: that is served.
        profile: id of the profile behind the figures.
        count: replicas.
        batch: rows of a full batch.
        delay_ms: the longest that a row waits for others.
        p50_ms, p99_ms: of the latency, by the simulation with the server's own batching policy.
        utilisation: share of the time in which a replica works.
        most_per_s: arrivals from which on the queue grows without end.
        bound_p99_ms: least p99 that any policy could reach with so many replicas; None: no bound is known.
        target_latency_ms: what the server's configuration says beside `batch`, so that its policy is that of the plan;
            None: nothing.
    """

    device: DeviceKind
    model: str
    profile: str
    count: int
    batch: int
    delay_ms: float
    p50_ms: Prediction
    p99_ms: Prediction
    utilisation: float
    most_per_s: float
    bound_p99_ms: float | None = None
    target_latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """What was made best: its value in the plan, the proven bound (equal to it where optimal), and the unit."""

    goal: Goal
    value: float | None
    bound: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A limit that decides the plan, and what one more unit of it buys, in words with figures."""

    limit: str
    one_more: str


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A smallest change of one limit alone that makes an infeasible demand feasible.

    Attributes:
        limit: name, as within, devices, images, cost.
        asked, needed: its value now, and the one that suffices; the unit is in `text`.
        text: for people.
    """

    limit: str
    asked: float
    needed: float
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer to a demand.

    Attributes:
        id: made of the demand, the profiles and the time; the file's name.
        demand: what was asked.
        status: what is known of the answer.
        objective: what was made best.
        method: `closed form`, `CP-SAT`, `simulation`.
        assignments: one for each device that is used.
        replicas: the answer to a rate; None for other kinds.
        makespan_s: when the last device is done; None where nothing is assigned.
        probability: that the deadline is met; None where nothing is assigned or the profiles cannot tell.
        images: that are processed.
        cost, currency, energy_wh: of the job; None where not known.
        binding: what decides.
        relaxations: of an infeasible demand, the smallest first.
        words: the recommendation, a sentence each.
        warnings: what the reader must know: given profiles, quality unknown, few trials.
        profiles: ids of the profiles that it rests on.
        environment: where they were measured; None if all were given.
        created: time and zone, ISO 8601.
        printed_objective: NGPU x images, as equation 2 is printed; None for other kinds.
    """

    id: str
    demand: Demand
    status: Status
    objective: Objective
    method: str
    assignments: tuple[Assignment, ...] = ()
    replicas: Replicas | None = None
    makespan_s: Prediction | None = None
    probability: float | None = None
    images: int = 0
    cost: float | None = None
    currency: str = ""
    energy_wh: float | None = None
    binding: tuple[Binding, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    words: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    environment: Environment | None = None
    created: str = ""
    printed_objective: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceRun:
    """What one device took when a plan was carried out.

    Attributes:
        device: name of its kind.
        number: which one of that kind, from 1.
        images: that it worked through.
        load_s: start of its process until the model was loaded.
        warm_up_s: its first mini-batch that counts.
        took_s: until it was done, counted from the start that all devices had in common; 0 where it failed.
        failed: why it did not do its part; empty where it did.
        speed: L as profiled / L as probed just before; below 1 the machine is slower now. None: not probed.
    """

    device: str
    number: int
    images: int
    load_s: float
    warm_up_s: float
    took_s: float
    failed: str = ""
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """Measured beside predicted.

    Attributes:
        plan: id.
        predicted_s: makespan as predicted; for a rate the p99.
        measured_s: the same as measured; None where it failed.
        error: (measured - predicted) / measured; None where it failed.
        held: whether the deadline (or the p99) was met; None where the demand has none.
        within_interval: whether the measured value lies in the prediction interval.
        runs: of each device.
        not_enforced: limits that this system cannot enforce, in words.
        environment: where it was measured.
        created: time and zone, ISO 8601.
        speed: mean over the devices of L as profiled / L as probed just before the run: below 1 the machine is slower
            than when it was profiled. The prediction is judged as it stands. None: not probed.
        reason: why there is no measured value; empty where there is one.
        notes: what else a reader must know, a sentence each.
    """

    plan: str
    predicted_s: float
    measured_s: float | None
    error: float | None
    held: bool | None
    within_interval: bool | None
    runs: tuple[DeviceRun, ...]
    not_enforced: tuple[str, ...] = ()
    environment: Environment | None = None
    created: str = ""
    speed: float | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
