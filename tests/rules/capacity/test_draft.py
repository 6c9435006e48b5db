"""From an answer to a plan; money and energy of a device."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.capacity.answer import Answer, Share
from vedette.rules.capacity.bill import energy_wh, money, money_of
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.draft import Signature, currency_of, drafted, signed, unit_of
from vedette.values.demand import Demand, Goal, PlanKind
from vedette.values.device import Billing, DeviceKind, Fleet, Stock
from vedette.values.moment import Moment
from vedette.values.plan import Status

PRICED = DeviceKind("cpu:1", price_per_hour=0.36, watts=10.0)
DEMAND = Demand(PlanKind.DEADLINE, ("m",), Fleet((Stock(PRICED, 2),)), images=10, within_s=9.0)


def share(images: int = 8, uses: int = 1, device: DeviceKind = PRICED, last: Option | None = None) -> Share:
    option = Option(4, Moment(2.0), Moment(1.0), 2.0, 1.0, None, 20.0, 10.0)
    return Share(Capability("m", "p", device, (option,)), option, uses, images, last)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_money_by_the_second_is_price_by_time(price, seconds) -> None:
    """Against exact fractions."""
    device = DeviceKind("d", None, price_per_hour=float(price))

    assert money(device, float(seconds)) == pytest.approx(float(Fraction(price * seconds, 3600)))


@pytest.mark.parametrize(("seconds", "hours"), [(1.0, 1), (3600.0, 1), (3600.0001, 2), (7200.0, 2)])
def test_money_by_the_hour_is_that_of_every_hour_started(seconds, hours) -> None:
    """An hour that is just over is not another one."""
    device = DeviceKind("d", None, price_per_hour=2.0, billing=Billing.HOUR)

    assert money(device, seconds) == 2.0 * hours == 2.0 * math.ceil(seconds / 3600)


def test_what_is_not_known_costs_nothing_that_is_made_up() -> None:
    """None, and not zero."""
    free = DeviceKind("d", None)

    assert money(free, 9.0) is None
    assert money_of(share(device=free)) is None
    assert energy_wh(Share(share().capability, Option(4, Moment(2.0), Moment(1.0), 2.0, 1.0), 1, 8)) is None


def test_energy_is_that_of_each_mini_batch() -> None:
    """20 J, then 10 J each; a smaller last one has its own."""
    last = Option(2, Moment(1.0), Moment(0.5), 1.0, 0.5, None, 10.0, 4.0)

    assert energy_wh(share(uses=3)) == pytest.approx(50 / 3600)
    assert energy_wh(share(uses=3, last=last)) == pytest.approx((20 + 2 * 10 + 4) / 3600)
    assert energy_wh(share(uses=0)) == pytest.approx(20 / 3600)


def test_a_plan_adds_up_what_its_devices_cost() -> None:
    """Three seconds each at 0.36 an hour; one that stands by costs nothing."""
    plan = drafted(DEMAND, Answer(Status.OPTIMAL, Goal.DEVICES, 2, 2, (share(0), share(8)), images=8), "closed form")

    assert [(one.number, one.images) for one in plan.assignments] == [(1, 8), (2, 0)]
    assert plan.cost == pytest.approx(3 * 0.36 / 3600)
    assert plan.currency == "EUR"
    assert plan.energy_wh == pytest.approx(30 / 3600)
    assert plan.assignments[0].time_s.expected == 3.0


def test_an_answer_without_devices_has_no_cost() -> None:
    """Nothing was planned."""
    plan = drafted(DEMAND, Answer(Status.INFEASIBLE, Goal.COST), "CP-SAT")

    assert (plan.cost, plan.energy_wh, plan.makespan_s) == (None, None, None)
    assert plan.objective.unit == "EUR"


def test_a_signature_names_the_plan_and_words_it() -> None:
    """The id is the time and a hash of the plan."""
    plan = drafted(DEMAND, Answer(Status.OPTIMAL, Goal.DEVICES, 1, 1, (share(8),), images=8), "closed form")
    one = signed(plan, Signature((), ("mind this",), "2026-01-02T03:04:05+00:00", "20260102-030405"))

    assert one.id.startswith("20260102-030405-")
    assert one.warnings == ("mind this",)
    assert one.words[0] == "Run m on 1 x cpu:1 in mini-batches of 4 (8 images)."


def test_units_are_those_of_the_goal() -> None:
    """Money is in the currency of the fleet."""
    usd = Fleet((Stock(DeviceKind("a", None), 1), Stock(DeviceKind("b", None, price_per_hour=1.0, currency="USD"), 1)))

    assert currency_of(usd) == "USD"
    assert unit_of(Goal.COST, "USD") == "USD"
    assert unit_of(Goal.ENERGY, "USD") == "Wh"
