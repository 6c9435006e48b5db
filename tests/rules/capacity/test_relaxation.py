"""Relaxations: each is the smallest of its limit that makes an infeasible demand feasible."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deadline_cases import affine, capability, demand, sure
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.bounds import tabled
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.deadline import fewest_devices
from vedette.rules.capacity.one_more import grown
from vedette.rules.capacity.relaxation import feasible, relaxations
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment
from vedette.values.plan import Relaxation

FAST = affine("fast", 0.5, 0.2, 0.1, most=4)
SLOW = affine("slow", 0.8, 0.5, 0.2, most=3)


def applied(asked: Demand, one: Relaxation, needed: float) -> Demand:
    """The demand with one limit changed, as the relaxation says."""
    if one.limit == "devices":
        more = round(needed) - asked.fleet.count
        return replace(asked, fleet=grown(asked.fleet, one.text.split()[-1], more)) if more else asked
    if one.limit in {"uses", "batch"}:
        return replace(asked, limits=replace(asked.limits, **{one.limit: round(needed)}))
    if one.limit in {"within", "probability"}:
        return replace(asked, **{"within": {"within_s": needed}}.get(one.limit, {"probability": needed}))
    return replace(asked, **{one.limit.replace(" ", "_"): round(needed)})


STEPS = {"within": -1e-6, "images": 1, "devices": -1, "uses": -1, "batch": -1, "probability": 1e-4, "lost devices": 1}


@settings(deadline=None, max_examples=25)
@given(
    images=st.integers(20, 400),
    tenths=st.integers(4, 40),
    uses=st.none() | st.integers(0, 4),
    batch=st.none() | st.integers(1, 3),
    lost=st.integers(0, 2),
    deadline=st.sampled_from(list(DeadlineClass)),
)
def test_each_relaxation_suffices_and_a_smaller_one_does_not(
    images: int, tenths: int, uses: int | None, batch: int | None, lost: int, deadline: DeadlineClass
) -> None:
    """Applied alone the demand is feasible; a step less and it is not."""
    kinds = [FAST, SLOW]
    asked = demand([(FAST, 2), (SLOW, 2)], images, tenths / 10, deadline, uses=uses, batch=batch, lost=lost)
    found = fewest_devices(asked, kinds)
    columns = tabled(kinds)

    for one in found.relaxations:
        assert feasible(applied(asked, one, one.needed), columns), one
        assert not feasible(applied(asked, one, one.needed + STEPS[one.limit]), columns), one


def test_the_time_is_rounded_up_to_what_suffices() -> None:
    """16 images take 1.1 + 3 x 0.6 s; who types the time that is printed gets a plan."""
    asked = demand([(FAST, 1)], 16, 2.0)
    found = {one.limit: one for one in fewest_devices(asked, [FAST]).relaxations}

    assert found["within"].needed == pytest.approx(2.9)
    assert found["within"].text == "a time of 2.9 s"
    assert found["images"].text == "9 images at most"
    assert found["devices"].text == "1 more device fast"


def test_memory_is_named_where_it_helps() -> None:
    """A batch of 8 needs 900 MB and a byte, the device has 500 MB; in MB, as devices and profiles tell theirs."""
    rows = (
        Option(1, Moment(1.0), Moment(1.0), 1, 1, 100 * 10**6),
        Option(8, Moment(1.0), Moment(1.0), 1, 1, 900 * 10**6 + 1),
    )
    small = Capability("m", "p", DeviceKind("d", memory_bytes=500 * 10**6), rows)
    found = fewest_devices(demand([(small, 1)], 16, 2.0), [small])

    assert "901 MB of memory for d" in [one.text for one in found.relaxations]


def test_less_certainty_is_named_where_it_helps() -> None:
    """A time that is met in nine cases of ten is promised with 90 %, not with 99 %."""
    rows = (Option(1, Moment(1.0, 0.1, 0.0, 1000, 9), sure(9.0), 2, 9),)
    noisy = Capability("m", "p", DeviceKind("d"), rows)
    asked = demand([(noisy, 1)], 1, 1.1282, DeadlineClass.SOFT, probability=0.99)
    found = {one.limit: one for one in fewest_devices(asked, [noisy]).relaxations}

    assert found["probability"].needed == pytest.approx(0.9, abs=2e-4)
    assert found["within"].needed == pytest.approx(1.0 + 2.3263 * 0.1, abs=1e-4)


def test_the_probability_that_is_printed_suffices() -> None:
    """A time that is met in 93.86 cases of 100 is not called 94 %: who types what is printed gets a plan."""
    rows = (Option(1, Moment(1.0, 0.1, 0.0, 1000, 9), sure(9.0), 2, 9),)
    noisy = Capability("m", "p", DeviceKind("d"), rows)
    asked = demand([(noisy, 1)], 1, 1.1543, DeadlineClass.SOFT, probability=0.99)
    (text,) = [one.text for one in fewest_devices(asked, [noisy]).relaxations if one.limit == "probability"]

    printed = float(text.removeprefix("a probability of ").removesuffix(" %")) / 100
    assert printed == pytest.approx(0.9385, abs=1e-4)
    assert feasible(replace(asked, probability=printed), tabled([noisy]))


def test_no_time_helps_where_the_uses_are_too_few() -> None:
    """Two mini-batches of three images at most, for seven images."""
    only = capability("d", [(3, 1.0, 1.0)])
    asked = demand([(only, 1)], 7, 99.0, uses=1)
    limits = {one.limit: one.needed for one in fewest_devices(asked, [only]).relaxations}

    assert limits == {"images": 6, "uses": 2, "devices": 2}


def test_the_smallest_change_comes_first() -> None:
    """As a share of what was asked: 9 of 10 images before twice the devices."""
    found = relaxations(demand([(FAST, 1)], 10, 2.0), tabled([FAST]))

    changes = [abs(one.needed - one.asked) / one.asked for one in found]
    assert changes == sorted(changes)
    assert found[0].limit == "images"
