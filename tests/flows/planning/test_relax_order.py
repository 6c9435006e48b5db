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
        case "images":
            return replace(asked, jobs=(replace(asked.jobs[0], images=round(value)),))
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


def test_amounts_in_words_suffice() -> None:
    """7 images for a third of a EUR each: 2.34 EUR are told, which suffice, and not 2.33, which do not."""
    able = Capability("m", "p", KIND, (exact_option(1, 1 / 3, 1 / 3),))
    fleet = Fleet((Stock(KIND, 1),))
    asked = Order((Job(("m",), 7),), (able,), fleet, 1.0, goal=Goal.COST, limits=Limits(cost=1.0, energy_wh=9.0))

    texts = [one.text for one in relaxations(replace(asked, within_s=9.0), CpSat())]

    assert texts == ["3 images at most", "a cost of 2.34 EUR"]
    told = replace(asked, within_s=9.0, limits=Limits(cost=2.34, energy_wh=9.0))
    assert allocate(told, CpSat()).status is Status.OPTIMAL
    assert allocate(replace(told, limits=Limits(cost=2.33, energy_wh=9.0)), CpSat()).status is Status.INFEASIBLE


def test_fewer_images_are_named_where_neither_time_nor_money_alone_would_do() -> None:
    """Two devices do 4 images in 2 s, and 4 EUR pay them; for 8 images both are too little."""
    (one,) = relaxations(order(2.0, Limits(cost=4.0)), CpSat())

    assert (one.limit, one.needed, one.text) == ("images", 4.0, "4 images at most")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(orders((Goal.COST, Goal.DEVICES)))
def test_each_relaxation_suffices_and_less_does_not(asked: Order) -> None:
    """With the value that is needed the order can be met; with a little less of it, it cannot."""
    assume(allocate(asked, CpSat()).status is Status.INFEASIBLE)

    for one in relaxations(asked, CpSat()):
        assert allocate(changed(asked, one.limit, one.needed), CpSat()).status is Status.OPTIMAL
        less = one.needed * (1 - (2 * FINENESS if one.limit == "within" else 1e-6))
        less = one.needed + 1 if one.limit == "images" else less
        assert allocate(changed(asked, one.limit, less), CpSat()).status is Status.INFEASIBLE
