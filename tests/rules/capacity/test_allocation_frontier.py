"""The best plan by lists of plans against the solver, over all rows at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from allocation_cases import orders
from hypothesis import HealthCheck, assume, given, settings

from vedette.adapters.solvers.cpsat import CpSat
from vedette.rules.capacity.allocation import Order, counted, rows_of, tightened
from vedette.rules.capacity.allocation_bound import relaxed
from vedette.rules.capacity.allocation_frontier import searched
from vedette.rules.capacity.allocation_program import program_of
from vedette.values.demand import Goal, Limits
from vedette.values.integer_program import Solution
from vedette.values.plan import Status

QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def solved(order: Order) -> Solution:
    rows = rows_of(order)
    return CpSat().solve(program_of(counted(rows, np.arange(len(rows)), 1)), 10.0)


def of_one_job(order: Order) -> Order:
    """The models as alternatives, and no limit but that of the goal."""
    limits = replace(order.limits, energy_wh=None, cost=order.limits.cost if order.goal is Goal.IMAGES else None)
    models = tuple(model for job in order.jobs for model in job.models)
    return replace(order, jobs=(replace(order.jobs[0], models=models),), limits=limits)


@QUICK
@given(orders((Goal.COST, Goal.ENERGY, Goal.IMAGES)))
def test_the_plan_is_as_good_as_the_solver_s(order: Order) -> None:
    """Wherever lists of plans answer, value, bound and status are those of the solver over all rows."""
    order = of_one_job(order)
    rows = tightened(rows_of(order), 1)
    bounds = relaxed(rows)
    assume(bounds.bound is not None)
    found = searched(rows, bounds, 1, None)
    assume(found is not None)
    some, solution = found
    wanted = solved(order)

    assert solution.status is wanted.status
    assert solution.objective == wanted.objective
    assert solution.bound == wanted.objective
    if solution.values:
        better = searched(rows, bounds, 1, solution.objective)
        assert better is not None
        assert better[1].status is Status.INFEASIBLE
        assert all(n * t >= u for n, u, t in zip(solution.values[::2], solution.values[1::2], some.uses, strict=True))


@QUICK
@given(orders((Goal.COST,)))
def test_money_without_limits_is_always_answered(order: Order) -> None:
    """One job for the least money needs no solver."""
    order = replace(of_one_job(order), limits=Limits())
    rows = tightened(rows_of(order), 1)
    bounds = relaxed(rows)
    assume(bounds.bound is not None)

    assert searched(rows, bounds, 1, None) is not None


@QUICK
@given(orders())
def test_other_questions_are_left_to_the_solver(order: Order) -> None:
    """Fewest devices, several jobs and lost devices are not answered by lists of plans."""
    assume(order.goal is Goal.DEVICES or len(order.jobs) > 1)
    rows = tightened(rows_of(order), 1)
    assume(len(rows))

    assert searched(rows, relaxed(rows), 1, None) is None
