"""What must hold of closed forms whatever the devices: more of anything that helps never harms.

The fleets are drawn to be awkward: up to three kinds, times that rise or fall with the mini-batch, that vary
within processes and between them (of some it is not known), a first mini-batch shorter or far longer than the later
ones, devices that may be lost, limits of uses and mini-batch.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.balance import least_time
from vedette.rules.capacity.bounds import Columns, tabled
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.reach import fewest, most_images
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Limits, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.moment import Moment

Case = tuple[Demand, tuple[Columns, ...]]

HARD = settings(max_examples=15, deadline=None)
ROUNDED = 1 + 1e-8


@st.composite
def moments(draw: st.DrawFn, most: float) -> Moment:
    """A time whose deviations reach three quarters of it."""
    mean = draw(st.floats(0.01, most))
    between = draw(st.none() | st.floats(0.0, 0.3))
    trials = 1 if between is None else draw(st.integers(2, 6))
    return Moment(mean, draw(st.floats(0.0, 0.75)) * mean, None if between is None else between * mean, 6, trials)


@st.composite
def kinds(draw: st.DrawFn, name: str) -> Capability:
    """Mini-batches of any sizes with times in any order."""
    rows = []
    for batch in sorted(draw(st.sets(st.integers(1, 40), min_size=1, max_size=3))):
        first, later = draw(moments(3.0)), draw(moments(1.0))
        longest = draw(st.floats(1.0, 2.0))
        rows.append(Option(batch, first, later, longest * first.mean, longest * later.mean))
    return Capability("m", "p", DeviceKind(name), tuple(rows))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A demand of images within a time, and what its devices can do."""
    able = [draw(kinds(name)) for name in "abc"[: draw(st.integers(1, 3))]]
    demand = Demand(
        PlanKind.DEADLINE,
        ("m",),
        Fleet(tuple(Stock(one.device, draw(st.integers(1, 4))) for one in able)),
        draw(st.integers(1, 600)),
        draw(st.floats(0.2, 20.0)),
        deadline=draw(st.sampled_from(list(DeadlineClass))),
        probability=draw(st.floats(0.5, 0.999)),
        lost_devices=draw(st.integers(0, 2)),
        limits=Limits(uses=draw(st.none() | st.integers(0, 30)), batch=draw(st.none() | st.integers(1, 40))),
    )
    return demand, tabled(able)


def needed(demand: Demand, able: tuple[Columns, ...]) -> float:
    """Devices of the plan; infinite without one."""
    found = fewest(demand, able, demand.images or 0, demand.within_s or 0.0)
    return math.inf if found is None else found


def soonest(demand: Demand, able: tuple[Columns, ...]) -> float:
    """Least makespan of the whole fleet; infinite without one."""
    found = least_time(demand, able, demand.images or 0)
    return math.inf if found is None else found


def more_of(demand: Demand, place: int) -> Demand:
    """One device more of a kind."""
    stocks = list(demand.fleet.stocks)
    stocks[place] = replace(stocks[place], count=stocks[place].count + 1)
    return replace(demand, fleet=Fleet(tuple(stocks)))


@HARD
@given(cases(), st.integers(0, 2))
def test_more_devices_never_raise_the_makespan_nor_the_number_needed(case: Case, place: int) -> None:
    """Of any kind, in any class, lost devices or not."""
    demand, able = case
    more = more_of(demand, place % len(able))

    assert soonest(more, able) <= soonest(demand, able) * ROUNDED
    assert needed(more, able) <= needed(demand, able)


@HARD
@given(cases(), st.floats(1.0, 5.0))
def test_a_longer_deadline_never_needs_more_devices(case: Case, times: float) -> None:
    """Nor does the time that is the least of all need more than the fleet has."""
    demand, able = case
    asked, least = needed(demand, able), soonest(demand, able)

    assert needed(replace(demand, within_s=(demand.within_s or 0.0) * times), able) <= asked
    assert (least == math.inf) or needed(replace(demand, within_s=least * ROUNDED), able) <= demand.fleet.count
    assert asked == math.inf or least <= (demand.within_s or 0.0) * ROUNDED


@HARD
@given(cases(), st.data())
def test_a_constraint_that_is_added_never_needs_fewer_devices(case: Case, data: st.DataObject) -> None:
    """Fewer uses, a smaller mini-batch, a device more that may be lost, more images, more certainty."""
    demand, able = case
    limits = demand.limits
    tighter = data.draw(
        st.sampled_from(
            (
                replace(demand, limits=replace(limits, uses=5 if limits.uses is None else limits.uses // 2)),
                replace(demand, limits=replace(limits, batch=8 if limits.batch is None else -(-limits.batch // 2))),
                replace(demand, lost_devices=demand.lost_devices + 1),
                replace(demand, images=2 * (demand.images or 1)),
                replace(demand, probability=(1 + demand.probability) / 2),
            )
        )
    )

    assert needed(tighter, able) >= needed(demand, able)
    assert soonest(tighter, able) * ROUNDED >= soonest(demand, able)


@HARD
@given(cases(), st.integers(0, 2), st.floats(1.0, 3.0))
def test_more_time_or_devices_never_do_fewer_images(case: Case, place: int, times: float) -> None:
    """And a plan of fewest devices exists exactly where the most images suffice."""
    demand, able = case
    within_s = demand.within_s or 0.0
    done = most_images(demand, able, within_s)[0]

    assert most_images(demand, able, within_s * times)[0] >= done
    assert most_images(more_of(demand, place % len(able)), able, within_s)[0] >= done
    assert (needed(demand, able) < math.inf) == (done >= (demand.images or 0))


@settings(max_examples=15, deadline=None)
@given(cases())
def test_one_device_fewer_does_not_do(case: Case) -> None:
    """The number is the least: of every set of that many less one, tried one by one, none does the images."""
    demand, able = case
    count = needed(demand, able)
    assume(1 < count < math.inf)
    places = range(len(able))
    fleets = [
        numbers
        for numbers in product(*(range(stock.count + 1) for stock in demand.fleet.stocks))
        if sum(numbers) == count - 1
    ]

    for numbers in fleets:
        stocks = tuple(replace(demand.fleet.stocks[place], count=numbers[place]) for place in places if numbers[place])
        kept = tuple(able[place] for place in places if numbers[place])
        assert needed(replace(demand, fleet=Fleet(stocks)), kept) == math.inf
