"""What was predicted and what was measured, of one verification: the pairs by which predictions are judged."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.deadline import DeadlineClass
from vedette.values.demand import PlanKind, Start
from vedette.values.evidence import Estimate
from vedette.values.plan import Prediction


@dataclass(frozen=True, slots=True)
class Pair:
    """One verification, beside what was promised.

    Attributes:
        plan: id.
        kind: which question it answered.
        models: that were run, each once, in the order of their names.
        devices: names of the kinds, one for each device or replica.
        start: what the time counted from.
        deadline: class of the demand.
        predicted: seconds: makespan, or p99 of a rate.
        measured_s: the same as measured; None where it failed.
        limit_s: what had to hold; None: nothing.
        held: whether it did; None where nothing had to, or it failed.
        within_interval: whether the measured value lies in the prediction interval; None where there is none.
        probability: that was promised; None: none was.
        speed: of the machine just before, 1 being as it was when profiled; None: not probed.
        machine: hash that tells one machine from another; empty: not known.
        created: time and zone, ISO 8601.
        reason: why there is no measured value.
    """

    plan: str
    kind: PlanKind
    models: tuple[str, ...]
    devices: tuple[str, ...]
    start: Start
    deadline: DeadlineClass
    predicted: Prediction
    measured_s: float | None
    limit_s: float | None = None
    held: bool | None = None
    within_interval: bool | None = None
    probability: float | None = None
    speed: float | None = None
    machine: str = ""
    created: str = ""
    reason: str = ""

    @property
    def error(self) -> float | None:
        """(measured - predicted) / measured; None where there is no measured value."""
        return (self.measured_s - self.predicted.expected) / self.measured_s if self.measured_s else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How predictions of one group came out.

    Attributes:
        group: name, as `deadline`, `nanodet-m-320`, `2 devices`.
        pairs: with a measured value.
        failed: verifications without one.
        median_error: median of |measured - predicted| / measured; None without a pair.
        p90_error: its 90th percentile (nearest rank).
        bias: median of the signed errors: above 0 it took longer than predicted.
        within: share of measured values in their prediction interval, with the exact binomial interval.
        held: share that held of those that were promised with `promise` or more.
        promise: the probability from which on a plan counts as promised.
    """

    group: str
    pairs: int
    failed: int
    median_error: float | None
    p90_error: float | None
    bias: float | None
    within: Estimate
    held: Estimate
    promise: float
