"""What decides an order that the solver met, checked against every plan that there is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from allocation_cases import best, exact_option, orders
from hypothesis import HealthCheck, assume, given, settings

from vedette.adapters.solvers.cpsat import CpSat
from vedette.flows.planning.allocate import allocate
from vedette.flows.planning.one_more_order import MORE, order_bindings
from vedette.rules.capacity.allocation import Job, Order
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.one_more import grown
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal, Limits
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.plan import Status

DEAR = DeviceKind("dear", None, None, 3600.0)


def order(goal: Goal, images: int | None, count: int, limits: Limits | None = None) -> Order:
    """W = 2 s, L = 1 s for 2 images, T = 4 s: six images a device, at 1 EUR a second."""
    able = Capability("m", "p", DEAR, (exact_option(2, 2.0, 1.0),))
    return Order(
        (Job(("m",), images),),
        (able,),
        Fleet((Stock(DEAR, count),)),
        4.0,
        DeadlineClass.RELAXED,
        goal=goal,
        limits=limits or Limits(),
    )


def told(asked: Order) -> dict[str, str]:
    return {one.limit: one.one_more for one in order_bindings(asked, allocate(asked, CpSat()), CpSat())}


def first_amount(text: str) -> float:
    """The first figure of a sentence, of three digits."""
    return float(text.split(": ")[1].split(" ", maxsplit=1)[0].replace(",", ""))


def test_a_second_more_saves_a_device_and_its_warm_up() -> None:
    """8 images take 6 s on two devices; in 5 s one device does them. A device more or an image more saves nothing."""
    assert told(order(Goal.COST, 8, 2)) == {
        "within": "one second more: 5.00 EUR instead of 6.00 EUR",
        "images": "one image more: 7.00 EUR instead of 6.00 EUR",
    }


def test_what_cannot_be_done_is_told() -> None:
    """Two devices do 12 images and no more."""
    assert told(order(Goal.COST, 12, 2))["images"] == "one image more cannot be done"


def test_an_image_that_costs_nothing_is_told() -> None:
    """7 images need the mini-batches of 8."""
    assert told(order(Goal.COST, 7, 2))["images"] == "one image more: 6.00 EUR too"


def test_money_decides_the_most_images() -> None:
    """7.50 EUR buy 7 s, which is 10 images on two devices; 8 s are 12. A second more spares no device."""
    found = told(order(Goal.IMAGES, None, 4, Limits(cost=7.5)))

    assert found == {"cost": "a tenth more money: 12 images instead of 10 images"}


def test_nothing_is_told_of_what_is_not_proven() -> None:
    """An answer that may not be the best cannot say what would better it."""
    asked = order(Goal.COST, 8, 2)
    answer = replace(allocate(asked, CpSat()), status=Status.FEASIBLE)

    assert order_bindings(asked, answer, CpSat()) == ()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(orders((Goal.ENERGY,)))
def test_each_figure_is_that_of_every_plan_tried(asked: Order) -> None:
    """A limit is named if and only if more of it makes the best of all plans better, with that plan's figure."""
    answer: Answer = allocate(asked, CpSat())
    assume(answer.status is Status.OPTIMAL)
    limits = asked.limits
    wider = {
        "within": replace(asked, within_s=asked.within_s + 1),
        "energy": replace(asked, limits=replace(limits, energy_wh=(limits.energy_wh or 0.0) * MORE)),
        "uses": replace(asked, limits=replace(limits, uses=(limits.uses or 0) + 1)),
        "batch": replace(asked, limits=replace(limits, batch=(limits.batch or 0) + 1)),
        "images": replace(asked, jobs=tuple(replace(job, images=(job.images or 0) + 1) for job in asked.jobs)),
    }
    unlimited = {name for name, value in (("uses", limits.uses), ("batch", limits.batch)) if value is None}
    unlimited |= {"energy"} if limits.energy_wh is None else set()

    found = {one.limit: one.one_more for one in order_bindings(asked, answer, CpSat()) if one.limit != "devices"}

    for name in wider.keys() - unlimited - {"images"}:
        then = best(wider[name])
        assert then is not None
        assert (name in found) == (float(then) < (answer.value or 0.0) * (1 - 1e-6))
        assert name not in found or first_amount(found[name]) == pytest.approx(float(then), rel=5e-3)
    more = best(wider["images"])
    assert ("cannot" in found["images"]) == (more is None)
    assert more is None or first_amount(found["images"]) == pytest.approx(float(more), rel=5e-3)


def test_a_device_more_is_told_where_it_helps() -> None:
    """A second quick device spares the slow one."""
    quick, slow = DeviceKind("quick", None, None, 3600.0), DeviceKind("slow", None, None, 36000.0)
    able = tuple(Capability("m", "p", kind, (exact_option(2, 2.0, 1.0),)) for kind in (quick, slow))
    fleet = Fleet((Stock(quick, 1), Stock(slow, 1)))
    asked = replace(order(Goal.COST, 8, 2), capabilities=able, fleet=fleet)
    answer = allocate(asked, CpSat())

    assert answer.value == pytest.approx(24.0)
    assert told(asked)["devices"] == "one more device quick: 6.00 EUR instead of 24.00 EUR"
    assert allocate(replace(asked, fleet=grown(fleet, "quick", 1)), CpSat()).value == pytest.approx(6.0)
