"""Plans of several jobs by patterns against the solver, over all rows at once, where devices are scarce."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vedette.adapters.solvers.cpsat import CpSat
from vedette.rules.capacity.allocation import Job, Order, counted, rows_of, tightened
from vedette.rules.capacity.allocation_bound import relaxed
from vedette.rules.capacity.allocation_patterns import composed
from vedette.rules.capacity.allocation_program import program_of
from vedette.rules.capacity.capability import Capability, Option
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal, Limits
from vedette.values.device import Billing, DeviceKind, Fleet, Stock
from vedette.values.integer_program import Solution
from vedette.values.moment import Moment
from vedette.values.plan import Status


def drawn(seed: int, jobs: int = 4, kinds: int = 4, billing: Billing = Billing.SECOND) -> Order:
    """Jobs of 5 to 30 images, one or two devices of each kind, mini-batches of 1, 3 and 4."""
    generator = np.random.default_rng(seed)
    stocks = tuple(
        Stock(
            DeviceKind(f"kind{one}", None, None, float(generator.uniform(1, 3)), "EUR", billing, 10.0),
            int(generator.integers(1, 3)),
        )
        for one in range(kinds)
    )
    able = tuple(
        Capability(
            f"m{job}", "p", stock.kind, tuple(option(batch, *generator.uniform(0.5, 1.5, 2)) for batch in (1, 3, 4))
        )
        for stock in stocks
        for job in range(jobs)
    )
    wanted = tuple(Job((f"m{job}",), int(generator.integers(5, 30))) for job in range(jobs))
    return Order(wanted, able, Fleet(stocks), 12.0, DeadlineClass.RELAXED, goal=Goal.COST)


def option(batch: int, warm: float, slow: float) -> Option:
    first, later = warm + slow * batch, slow * (0.5 + 0.5 * batch)
    return Option(batch, Moment(first, 0.01, 0.01, 5, 5), Moment(later, 0.01, 0.01, 5, 5), 1.1 * first, 1.1 * later)


def both(order: Order) -> tuple[Solution | None, Solution]:
    """By patterns, and by the solver over all rows."""
    rows = tightened(rows_of(order), 1)
    found = composed(rows, relaxed(rows), 1, None)
    wanted = CpSat().solve(program_of(counted(rows, np.arange(len(rows)), 1)), 20.0)
    return None if found is None else found[1], wanted


SEEDS = range(24)


@pytest.mark.parametrize("deadline", [DeadlineClass.RELAXED, DeadlineClass.HARD])
def test_the_plan_is_as_good_as_the_solver_s(deadline: DeadlineClass) -> None:
    """For the least money and energy patterns prove the solver's optimum, and nearly always answer."""
    answered = 0
    for seed in SEEDS:
        order = replace(drawn(seed), deadline=deadline, goal=(Goal.COST, Goal.ENERGY)[seed % 2])
        found, wanted = both(order)
        if found is None:
            continue
        answered += wanted.status is Status.OPTIMAL
        assert found.status is wanted.status, seed
        assert found.objective == wanted.objective, seed
        assert found.bound == wanted.objective, seed

    assert answered >= len(SEEDS) // 3


def test_nothing_is_below_the_best_plan() -> None:
    """Asked for a plan below the optimum there is none, asked for one just above it the optimum is found."""
    rows = rows_of(drawn(1, jobs=2))
    bounds = relaxed(rows)
    found = composed(rows, bounds, 1, None)
    assert found is not None
    assert found[1].objective is not None
    none = composed(rows, bounds, 1, found[1].objective)
    again = composed(rows, bounds, 1, found[1].objective + 1)

    assert none is not None
    assert none[1].status is Status.INFEASIBLE
    assert again is not None
    assert again[1].objective == found[1].objective


@pytest.mark.parametrize(
    "other",
    [
        {"limits": Limits(cost=5.0)},
        {"goal": Goal.DEVICES},
        {"lost_devices": 1},
        {"jobs": (Job(("m0", "m1"), 5),)},
        {"jobs": (Job(("m0",), 5), Job(("m1",), 5000))},
    ],
)
def test_other_questions_are_left_to_the_solver(other: dict[str, object]) -> None:
    """Limits, other goals, lost devices, one job and very many images are not answered by patterns."""
    rows = rows_of(replace(drawn(1, jobs=2), **other))

    assert composed(rows, relaxed(rows), 1, None) is None
