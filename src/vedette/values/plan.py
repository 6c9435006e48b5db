"""A plan: what is to be run where, what it will take, and how sure that is.

    Demand + Profiles -> Plan -> (deployed and measured) -> Verification

Symbols as in `vedette.values.demand`; mbs_i is `batch`, t_i `later_uses`, W and L the warm-up and the latency of a
mini-batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.values.demand import Demand, Goal
from vedette.values.device import DeviceKind
from vedette.values.environment import Environment

SCHEMA = "vedette.plan/1"


class Status(StrEnum):
    """What is known of the answer: `optimal` is proven, `infeasible` too; `feasible` may not be the best."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


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
        peak_bytes: most memory that its process takes; None: not known.
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
    peak_bytes: int | None = None


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
