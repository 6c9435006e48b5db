"""Whether a plan that was read from a file can be one: damaged figures are found before anything is made of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from vedette.values.demand import Demand, PlanKind
from vedette.values.plan import Assignment, Plan, Prediction, Replicas, Status

_ANSWERED = (Status.OPTIMAL, Status.FEASIBLE)


def inconsistencies(plan: Plan) -> tuple[str, ...]:
    """What no plan of ours says, each with the place in its file; empty for a plan that can be used."""
    found = [*_asked(plan.demand), *_answer(plan)]
    for place, one in enumerate(plan.assignments):
        found += [f"assignments[{place}].{text}" for text in _assignment(one)]
    if plan.replicas is not None:
        found += [f"replicas.{text}" for text in _replicas(plan.replicas)]
    return tuple(found)


def _asked(demand: Demand) -> Iterator[str]:
    """Each kind of question with what it cannot do without."""
    needed: dict[str, float | None] = {"within_s": demand.within_s}
    if demand.kind is PlanKind.RATE:
        needed = {"rate_per_s": demand.rate_per_s, "p99_ms": demand.p99_ms}
    elif demand.kind is not PlanKind.BUDGET:
        needed["images"] = demand.images
    yield from (f"demand.{name}: a {demand.kind} plan needs it" for name, value in needed.items() if value is None)


def _answer(plan: Plan) -> Iterator[str]:
    if plan.status in _ANSWERED and not plan.assignments and plan.replicas is None:
        yield f"status: {plan.status}, and nothing is assigned"
    if plan.assignments and plan.makespan_s is None:
        yield "makespan_s: missing beside assignments"
    if plan.probability is not None and not 0 <= plan.probability <= 1:
        yield f"probability: {plan.probability:g} does not lie between 0 and 1"
    if plan.makespan_s is not None:
        yield from (f"makespan_s.{text}" for text in _amount(plan.makespan_s))


def _assignment(one: Assignment) -> Iterator[str]:
    yield from _least(("number", one.number, 1), ("batch", one.batch, 1), ("later_uses", one.later_uses, 0))
    if not 0 <= one.images <= (one.later_uses + 1) * one.batch:
        yield f"images: {one.images} do not go into {one.later_uses + 1} mini-batches of {one.batch}"
    yield from (f"time_s.{text}" for text in _amount(one.time_s))


def _replicas(one: Replicas) -> Iterator[str]:
    yield from _least(("count", one.count, 1), ("batch", one.batch, 1))
    yield from (f"p99_ms.{text}" for text in _amount(one.p99_ms))


def _least(*fields: tuple[str, int, int]) -> Iterator[str]:
    yield from (f"{name}: {value} is below {least}" for name, value, least in fields if value < least)


def _amount(one: Prediction) -> Iterator[str]:
    ends = {"expected": one.expected, "low": one.low, "high": one.high}
    for name, value in ends.items():
        if value is not None and not (math.isfinite(value) and value >= 0):
            yield f"{name}: {value:g} is no amount"
