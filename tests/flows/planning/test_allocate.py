"""Allocations against every plan that there is, in exact fractions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from allocation_cases import best, best_that_survives, exact_option, kept, orders
from hypothesis import HealthCheck, assume, given, settings

from vedette.adapters.solvers.cpsat import CpSat
from vedette.errors import InvalidError
from vedette.flows.planning.allocate import allocate
from vedette.rules.capacity.allocation import Job, Order
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.deadline import fewest_devices
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, Limits, PlanKind
from vedette.values.device import Billing, DeviceKind, Fleet, Stock
from vedette.values.plan import Status

QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
DEAR = DeviceKind("dear", None, None, 3600.0)


def order(
    goal: Goal = Goal.COST, images: int | None = 8, kind: DeviceKind = DEAR, count: int = 4, **more: object
) -> Order:
    """W = 2 s, L = 1 s for 2 images, T = 4 s: six images a device."""
    able = Capability("m", "p", kind, (exact_option(2, 2.0, 1.0),))
    made = Order((Job(("m",), images),), (able,), Fleet((Stock(kind, count),)), 4.0, DeadlineClass.RELAXED, goal=goal)
    return replace(made, **more)


@QUICK
@given(orders())
def test_the_answer_is_the_best_of_all_plans(order: Order) -> None:
    """What is found equals the best of every plan tried one by one, and none is found where there is none."""
    wanted = best(order)
    answer = allocate(order, CpSat())

    if wanted is None:
        assert answer.status is Status.INFEASIBLE
    else:
        assert answer.status is Status.OPTIMAL
        assert answer.value == pytest.approx(float(wanted), rel=1e-9)
        assert answer.bound == answer.value
        assert kept(order, answer)


@QUICK
@given(orders((Goal.COST, Goal.ENERGY, Goal.DEVICES)))
def test_cost_never_falls_when_a_constraint_is_added(order: Order) -> None:
    """Without its limits an order is never dearer; with them it is never cheaper."""
    free = allocate(replace(order, limits=Limits()), CpSat())
    bound = allocate(order, CpSat())
    assume(bound.value is not None and free.value is not None)

    assert free.value <= bound.value * (1 + 1e-9)


@QUICK
@given(orders((Goal.COST, Goal.DEVICES)))
def test_survivors_hold_the_images_when_the_best_device_is_lost(order: Order) -> None:
    """With one device lost the answer is the best of the plans that hold without their best device."""
    lost = replace(order, lost_devices=1, deadline=DeadlineClass.RELAXED)
    wanted = best_that_survives(lost)
    answer = allocate(lost, CpSat())

    assert (answer.status is Status.INFEASIBLE) == (wanted is None)
    assert wanted is None or answer.value == pytest.approx(float(wanted), rel=1e-9)


@QUICK
@given(orders((Goal.DEVICES,)))
def test_the_closed_form_of_deadlines_needs_as_many_devices(order: Order) -> None:
    """Without limits of money and energy, and with one model, the solver and the closed form agree."""
    limits = replace(order.limits, cost=None, energy_wh=None)
    able = tuple(one for one in order.capabilities if one.model == "a")
    images = order.jobs[0].images or 1
    one_model = replace(order, jobs=(Job(("a",), images),), capabilities=able, limits=limits)
    demand = Demand(
        PlanKind.DEADLINE,
        ("a",),
        order.fleet,
        images,
        order.within_s,
        deadline=order.deadline,
        probability=order.probability,
        limits=limits,
    )
    closed, solved = fewest_devices(demand, able), allocate(one_model, CpSat())

    assert (closed.status, closed.value) == (solved.status, solved.value)


def test_money_by_the_second_is_price_times_seconds() -> None:
    """8 images: one device does six in 4 s, the other two in 2 s: 6 s at 1 EUR a second."""
    answer = allocate(order(), CpSat())

    assert answer.value == pytest.approx(6.0)
    assert sorted(share.images for share in answer.shares) in ([2, 6], [4, 4])
    assert answer.time_s <= 4.0


def test_money_by_the_hour_is_price_times_started_hours() -> None:
    """Two devices start an hour each, however short they work."""
    kind = replace(DEAR, billing=Billing.HOUR)

    assert allocate(order(kind=kind), CpSat()).value == pytest.approx(7200.0)


def test_most_images_for_a_budget() -> None:
    """7 EUR buy 7 s: 4 s for six images, and 3 s for four more."""
    answer = allocate(order(Goal.IMAGES, None, limits=Limits(cost=7.0)), CpSat())

    assert answer.value == answer.images == 10


def test_models_with_images_of_their_own_share_the_fleet() -> None:
    """A device works for one model: two models need two devices where one device could do both in turn."""
    able = tuple(Capability(model, "p", DEAR, (exact_option(2, 1.0, 1.0),)) for model in "ab")
    jobs = (Job(("a",), 2), Job(("b",), 2))
    answer = allocate(order(Goal.DEVICES, jobs=jobs, capabilities=able), CpSat())

    assert [(share.capability.model, share.images) for share in answer.shares] == [("a", 2), ("b", 2)]


def test_a_price_that_is_missing_is_named() -> None:
    """Money cannot be made least where a device has no price; the message names it."""
    with pytest.raises(InvalidError, match="no price is known of dear"):
        allocate(order(kind=replace(DEAR, price_per_hour=None)), CpSat())


def test_prices_in_two_currencies_are_refused() -> None:
    """They cannot be added."""
    fleet = Fleet((Stock(DEAR, 1), Stock(replace(DEAR, name="other", currency="USD"), 1)))

    with pytest.raises(InvalidError, match="EUR and USD"):
        allocate(order(fleet=fleet), CpSat())


def test_energy_that_is_missing_is_named() -> None:
    """Neither joules nor watts: the message names the device."""
    with pytest.raises(InvalidError, match="watts are known of dear"):
        allocate(order(Goal.ENERGY), CpSat())


def test_no_time_claims_nothing() -> None:
    """A solver without time gives an unknown answer that says so."""
    answer = allocate(order(), CpSat(), seconds=0.0)

    assert answer.status in {Status.UNKNOWN, Status.OPTIMAL, Status.FEASIBLE}
    assert answer.status is not Status.UNKNOWN or "time ended" in answer.binding[0].one_more
