"""Relaxations of orders that cannot be met, and the limits that contradict each other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from allocation_cases import exact_option, orders
from hypothesis import HealthCheck, assume, given, settings

from vedette.adapters.solvers.cpsat import CpSat
from vedette.flows.planning.allocate import allocate
from vedette.flows.planning.relax_order import FINENESS, contradictions, relaxations
from vedette.rules.capacity.allocation import Job, Order
from vedette.rules.capacity.capability import Capability
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal, Limits
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.plan import Status

KIND = DeviceKind("kind", None, None, 3600.0, watts=3600.0)


def order(within_s: float, limits: Limits, count: int = 2) -> Order:
    """W = 2 s, L = 1 s for 2 images, 1 EUR and 1 Wh a second, 8 images."""
    able = Capability("m", "p", KIND, (exact_option(2, 2.0, 1.0),))
    fleet = Fleet((Stock(KIND, count),))
    return Order((Job(("m",), 8),), (able,), fleet, within_s, DeadlineClass.RELAXED, goal=Goal.DEVICES, limits=limits)


def changed(asked: Order, limit: str, value: float) -> Order:
    match limit:
        case "cost":
            return replace(asked, limits=replace(asked.limits, cost=value))
        case "energy":
            return replace(asked, limits=replace(asked.limits, energy_wh=value))
        case _:
            return replace(asked, within_s=value)


def test_cost_and_time_that_suffice() -> None:
    """8 images within 3 s need two devices and 6 s of work; for 5 EUR one device does it in 5 s."""
    found = {one.limit: one for one in relaxations(order(3.0, Limits(cost=5.0)), CpSat())}

    assert found["cost"].needed == pytest.approx(6.0)
    assert found["within"].needed == pytest.approx(5.0, rel=FINENESS)
    assert found["within"].needed >= 5.0 * (1 - 1e-9)


def test_the_pair_that_contradicts_itself_is_named() -> None:
    """3 s or 5 EUR can each be kept, both together cannot."""
    (pair,) = contradictions(order(3.0, Limits(cost=5.0, energy_wh=100.0, uses=9)), CpSat())

    assert pair.limit == "within and cost"


def test_a_limit_that_the_fleet_cannot_keep_is_named_alone() -> None:
    """No device ends its first mini-batch in 1 s."""
    (one,) = contradictions(order(1.0, Limits(cost=5.0)), CpSat())

    assert one.limit == "within"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(orders((Goal.COST, Goal.DEVICES)))
def test_each_relaxation_suffices_and_less_does_not(asked: Order) -> None:
    """With the value that is needed the order can be met; with a little less of it, it cannot."""
    assume(allocate(asked, CpSat()).status is Status.INFEASIBLE)

    for one in relaxations(asked, CpSat()):
        assert allocate(changed(asked, one.limit, one.needed), CpSat()).status is Status.OPTIMAL
        less = one.needed * (1 - (2 * FINENESS if one.limit == "within" else 1e-6))
        assert allocate(changed(asked, one.limit, less), CpSat()).status is Status.INFEASIBLE
