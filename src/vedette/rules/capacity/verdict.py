"""What a plan promised, held against what was measured. All that decides it is here.

Plan -> predicted amount, limit      + measured amount -> error, held, within the interval
"""

from __future__ import annotations

from vedette.values.plan import Plan, Prediction
from vedette.values.verification import Verification


def predicted_s(plan: Plan) -> Prediction:
    """Makespan, or p99 of a rate, in seconds.

    Raises:
        ValueError: the plan has neither.
    """
    if plan.replicas is not None:
        p99 = plan.replicas.p99_ms
        low, high = (None if end is None else end / 1000 for end in (p99.low, p99.high))
        return Prediction(p99.expected / 1000, low, high, p99.confidence)
    if plan.makespan_s is None:
        raise ValueError(f"plan {plan.id} predicts nothing")
    return plan.makespan_s


def limit_s(plan: Plan) -> float | None:
    """What must hold of a plan: its deadline, or the goal of its p99; None: nothing."""
    demand = plan.demand
    if plan.replicas is not None:
        return None if demand.p99_ms is None else demand.p99_ms / 1000
    return demand.within_s


def judged(plan: Plan, measured_s: float | None, reason: str = "") -> Verification:
    """Measured beside predicted; `reason` says why there is no measured value.

    The error is (measured - predicted) / measured: above 0 it took longer than predicted. The ends of the interval and
    the limit themselves count as held.

    Raises:
        ValueError: the plan predicts nothing.
    """
    predicted, limit = predicted_s(plan), limit_s(plan)
    low, high = predicted.low, predicted.high
    return Verification(
        plan=plan.id,
        predicted_s=predicted.expected,
        measured_s=measured_s,
        error=(measured_s - predicted.expected) / measured_s if measured_s else None,
        held=None if measured_s is None or limit is None else measured_s <= limit,
        within_interval=None if measured_s is None or low is None or high is None else low <= measured_s <= high,
        runs=(),
        reason=reason,
    )
