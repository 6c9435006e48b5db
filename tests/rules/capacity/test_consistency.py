"""Plans that cannot be ones: what is said of each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from timed_devices import planned, rate_plan

from vedette.rules.capacity.consistency import inconsistencies
from vedette.values.demand import PlanKind
from vedette.values.plan import Plan, Prediction, Status

PLAN, _ = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
RATE = rate_plan()


def first(batch: int = 4, later_uses: int = 2, images: int = 12, time_s: Prediction | None = None) -> Plan:
    """The plan with other figures of its first device."""
    one = PLAN.assignments[0]
    other = replace(one, batch=batch, later_uses=later_uses, images=images, time_s=time_s or one.time_s)
    return replace(PLAN, assignments=(other, *PLAN.assignments[1:]))


@pytest.mark.parametrize("plan", [PLAN, RATE], ids=["deadline", "rate"])
def test_plan_that_was_made_is_consistent(plan: Plan) -> None:
    """Nothing is said of plans as they are made."""
    assert inconsistencies(plan) == ()


def test_infeasible_plan_assigns_nothing() -> None:
    """An empty plan is one where nothing can be done, and none where an answer is claimed."""
    empty = replace(PLAN, assignments=(), makespan_s=None, probability=None)

    assert inconsistencies(replace(empty, status=Status.INFEASIBLE)) == ()
    assert inconsistencies(replace(empty, status=Status.FEASIBLE)) == ("status: feasible, and nothing is assigned",)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (replace(PLAN, demand=replace(PLAN.demand, within_s=None)), "demand.within_s: a deadline plan needs it"),
        (replace(PLAN, demand=replace(PLAN.demand, images=None)), "demand.images: a deadline plan needs it"),
        (replace(RATE, demand=replace(RATE.demand, p99_ms=None)), "demand.p99_ms: a rate plan needs it"),
        (replace(PLAN, probability=7.0), "probability: 7 does not lie between 0 and 1"),
        (replace(PLAN, makespan_s=None), "makespan_s: missing beside assignments"),
        (replace(PLAN, makespan_s=Prediction(-1.0)), "makespan_s.expected: -1 is no amount"),
        (first(batch=0, images=0), "assignments[0].batch: 0 is below 1"),
        (first(later_uses=-1, images=0), "assignments[0].later_uses: -1 is below 0"),
        (first(images=13), "assignments[0].images: 13 do not go into 3 mini-batches of 4"),
        (first(time_s=Prediction(1.0, 0.5, float("inf"))), "assignments[0].time_s.high: inf is no amount"),
    ],
)
def test_figure_that_cannot_be_is_told_with_its_place(plan: Plan, told: str) -> None:
    """A damaged file names the field to look at."""
    assert told in inconsistencies(plan)


def test_budget_has_no_number_of_images() -> None:
    """It asks for the most that can be done."""
    demand = replace(PLAN.demand, kind=PlanKind.BUDGET, images=None)

    assert inconsistencies(replace(PLAN, demand=demand)) == ()
