"""Plans of most images: equation 2 as printed beside its repair, against brute force."""

from __future__ import annotations

from fractions import Fraction

import pytest
from deadline_cases import affine, choices, demand
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.budget import most_images_plan
from vedette.rules.capacity.capability import Capability, Option
from vedette.values.deadline import DeadlineClass
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment
from vedette.values.plan import Status

FAST = affine("fast", 0.5, 0.2, 0.1, most=4)
SLOW = affine("slow", 0.8, 0.5, 0.2, most=3)


def brute_images(one: Capability, within: Fraction, uses: int | None) -> int:
    return max((images for images, took in choices(one, uses) if took <= within), default=0)


@settings(deadline=None, max_examples=40)
@given(
    fast=st.integers(1, 4),
    slow=st.integers(1, 4),
    tenths=st.integers(1, 100),
    uses=st.none() | st.integers(0, 9),
    lost=st.integers(0, 3),
)
def test_the_images_are_those_of_the_brute_force(
    fast: int, slow: int, tenths: int, uses: int | None, lost: int
) -> None:
    """Every device at its best of all (mbs, t), the k best of them left out; the printed value is NGPU times that."""
    asked = demand([(FAST, fast), (SLOW, slow)], None, tenths / 10, uses=uses, lost=lost)
    each = [
        brute_images(one, Fraction(tenths, 10), uses)
        for one, count in ((FAST, fast), (SLOW, slow))
        for _ in range(count)
    ]
    best = sum(sorted(each, reverse=True)[lost:])

    found = most_images_plan(asked, [FAST, SLOW])

    assert (found.value or 0) == best
    assert found.status is (Status.OPTIMAL if best else Status.INFEASIBLE)
    if best:
        assert found.printed_objective == (fast + slow) * best
        assert found.images == sum(each) == sum(share.images for share in found.shares)
        assert found.time_s is not None
        assert found.time_s <= tenths / 10 * (1 + 1e-9)


def test_a_device_that_is_too_slow_is_left_out() -> None:
    """Equation 2 as printed has no solution here: the slow device breaks T with its first mini-batch."""
    found = most_images_plan(demand([(FAST, 1), (SLOW, 1)], None, 1.2), [FAST, SLOW])

    assert {share.capability.device.name for share in found.shares} == {"fast"}
    assert found.value == 4


def test_a_soft_plan_may_do_more_with_fewer_devices() -> None:
    """Each of two must be surer than one alone: where that costs a mini-batch, one does more than two."""
    rows = (Option(8, Moment(1.0, 0.1, 0.0, 50, 5), Moment(9.0, 0.1, 0.0, 50, 5), 1, 9),)
    big = Capability("m", "p", DeviceKind("big"), rows)
    tiny = Capability("m", "p", DeviceKind("tiny"), (Option(1, Moment(1.0, 0.1, 0.0, 50, 5), Moment(99.0), 1, 99),))
    asked = demand([(big, 1), (tiny, 1)], None, 10.24, DeadlineClass.SOFT, probability=0.95)

    found = most_images_plan(asked, [big, tiny])

    assert [share.capability.device.name for share in found.shares] == ["big"]
    assert found.value == 16
    assert found.probability is not None
    assert found.probability >= 0.95


@settings(deadline=None, max_examples=20)
@given(tenths=st.integers(9, 100), longer=st.integers(0, 30), more=st.integers(0, 3))
def test_more_time_and_devices_never_do_less(tenths: int, longer: int, more: int) -> None:
    """Of a soft plan too."""
    one = Capability(
        "m", "p", DeviceKind("d"), (Option(2, Moment(0.5, 0.05, 0.01, 9, 3), Moment(0.2, 0.02, 0.005, 90, 3), 1, 1),)
    )
    less = most_images_plan(demand([(one, 2)], None, tenths / 10, DeadlineClass.SOFT), [one])
    found = most_images_plan(demand([(one, 2 + more)], None, (tenths + longer) / 10, DeadlineClass.SOFT), [one])

    assert (found.value or 0) >= (less.value or 0)


def test_what_one_more_second_or_device_buys() -> None:
    """Solved again: 12 images in 2.3 s, 16 in 3.3 s (a mini-batch of 4 takes 0.6 s), 24 with two devices."""
    found = most_images_plan(demand([(FAST, 1)], None, 2.3), [FAST])

    assert found.value == 12
    assert [one.one_more for one in found.binding] == [
        "one second more: 4 images more",
        "one more device fast: 12 images more",
    ]


def test_a_time_below_any_warm_up_says_so() -> None:
    """And how much would do for one image."""
    found = most_images_plan(demand([(FAST, 1)], None, 0.5), [FAST])

    assert found.status is Status.INFEASIBLE
    assert "shorter than any first mini-batch: one image takes 800 ms" in found.binding[0].one_more
    assert [(one.limit, one.needed) for one in found.relaxations] == [("within", pytest.approx(0.8))]


def test_a_demand_without_a_time_is_a_bug() -> None:
    """The planner asks for one."""
    asked = demand([(FAST, 1)], 5, 1.0)
    with pytest.raises(ValueError, match="asked for a time"):
        most_images_plan(type(asked)(asked.kind, asked.models, asked.fleet), [FAST])
