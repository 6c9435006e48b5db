"""What must hold of solved orders whatever the devices: more of what helps is never dearer, and the reverse."""

from __future__ import annotations

import math
from dataclasses import replace

from allocation_cases import orders
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vedette.adapters.solvers.cpsat import CpSat
from vedette.flows.planning.allocate import allocate
from vedette.rules.capacity.allocation import Order
from vedette.values.demand import Goal, Limits
from vedette.values.device import Fleet
from vedette.values.plan import Status

QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LEAST = (Goal.COST, Goal.ENERGY, Goal.DEVICES)
ROUNDED = 1 + 1e-8


def least(order: Order) -> float:
    """Money, energy or devices of the plan, which is proven; infinite without one."""
    answer = allocate(order, CpSat())
    assert answer.status in {Status.OPTIMAL, Status.INFEASIBLE}
    return math.inf if answer.value is None else answer.value


def loosened(order: Order) -> Order:
    """Orders that are drawn are often infeasible: with their limits off the questions below have answers."""
    return replace(order, limits=Limits())


@QUICK
@given(orders(LEAST), st.integers(0, 1))
def test_more_devices_never_cost_more_nor_need_more(order: Order, place: int) -> None:
    """Money, energy and the number of devices; of either kind."""
    order = loosened(order)
    stocks = list(order.fleet.stocks)
    stocks[place] = replace(stocks[place], count=stocks[place].count + 1)

    assert least(replace(order, fleet=Fleet(tuple(stocks)))) <= least(order) * ROUNDED


@QUICK
@given(orders(LEAST), st.sampled_from((1.0, 1.25, 3.0)))
def test_a_longer_deadline_never_costs_more_nor_needs_more(order: Order, times: float) -> None:
    """Of any class; started hours and all."""
    order = replace(order, limits=Limits())

    assert least(replace(order, within_s=order.within_s * times)) <= least(order) * ROUNDED


@QUICK
@given(orders(LEAST), st.data())
def test_a_constraint_that_is_added_alone_is_never_cheaper(order: Order, data: st.DataObject) -> None:
    """Each limit by itself, set to cut: a plan that keeps it exists only where one without it does."""
    free = loosened(order)
    value = least(free)
    half = 0.75 * value if value < math.inf else 1.0
    limits = data.draw(
        st.sampled_from(
            (
                Limits(cost=half),
                Limits(energy_wh=half),
                Limits(uses=1),
                Limits(batch=1),
            )
        )
    )

    assert least(replace(free, limits=limits)) * ROUNDED >= value


@QUICK
@given(orders((Goal.IMAGES,)), st.integers(0, 1))
def test_more_money_or_devices_never_do_fewer_images(order: Order, place: int) -> None:
    """Most images for a budget."""
    stocks = list(order.fleet.stocks)
    stocks[place] = replace(stocks[place], count=stocks[place].count + 1)
    cost = order.limits.cost
    richer = replace(order, limits=replace(order.limits, cost=None if cost is None else 1.5 * cost))
    done = allocate(order, CpSat()).value or 0.0

    assert (allocate(replace(order, fleet=Fleet(tuple(stocks))), CpSat()).value or 0.0) >= done
    assert (allocate(richer, CpSat()).value or 0.0) >= done
