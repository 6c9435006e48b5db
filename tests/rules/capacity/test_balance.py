"""When images are done soonest, against brute force, and who gives back what is beyond them."""

from __future__ import annotations

import math

import pytest
from deadline_cases import affine, brute_makespan, capability, demand
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.balance import balanced, least_time, shares_of, trimmed
from vedette.rules.capacity.bounds import Terms, tabled
from vedette.rules.capacity.reach import Reach
from vedette.values.deadline import DeadlineClass

FAST = affine("fast", 0.5, 0.2, 0.1, most=4)
SLOW = affine("slow", 0.8, 0.5, 0.2, most=3)
MEANS = Terms(DeadlineClass.RELAXED, 0.5)


@settings(deadline=None, max_examples=20)
@given(images=st.integers(1, 90), fast=st.integers(1, 2), slow=st.integers(1, 2))
def test_the_least_time_of_a_fleet_is_that_of_the_brute_force(images: int, fast: int, slow: int) -> None:
    """With any number of its devices."""
    able = [(FAST, fast), (SLOW, slow)]
    each = [brute_makespan(able, images, count) for count in range(1, fast + slow + 1)]
    best = min(float(one) for one in each if one is not None)

    assert least_time(demand(able, images, 1.0), tabled([FAST, SLOW]), images) == pytest.approx(best)


@settings(deadline=None, max_examples=20)
@given(images=st.integers(1, 500), fast=st.integers(0, 3), slow=st.integers(1, 3))
def test_more_devices_never_raise_the_makespan(images: int, fast: int, slow: int) -> None:
    """Of either kind; more images never lower it."""
    columns = tabled([FAST, SLOW])

    def took(more_fast: int, more_slow: int, more_images: int = 0) -> float:
        able = [(one, count) for one, count in ((FAST, fast + more_fast), (SLOW, slow + more_slow)) if count]
        return least_time(demand(able, 1, 1.0), columns, images + more_images) or math.inf

    once = took(0, 0) * (1 + 1e-9)
    assert took(1, 0) <= once
    assert took(0, 1) <= once
    assert took(0, 0, 7) * (1 + 1e-9) >= took(0, 0)


def test_what_is_beyond_the_images_goes_from_whoever_is_done_last() -> None:
    """Two devices could do 8 each; of 13 images the last mini-batch of one goes, and an image of the other."""
    only = capability("d", [(4, 1.0, 1.0)])
    parts = trimmed(((Reach(only, only.options[0], 3, 4.0), 2),), 13, MEANS)

    assert sorted((one.later_uses, one.time_s, count) for one, count in parts) == [(1, 2.0, 5), (1, 2.0, 8)]


def test_who_has_no_images_stands_by_for_one_that_is_lost() -> None:
    """One image, one device that may be lost: a second one is there and idle."""
    asked = demand([(FAST, 3)], 1, 2.0, lost=1)
    shares = shares_of(*balanced(asked, tabled([FAST]), 1, 2, 2.0))

    assert [share.images for share in shares] == [1, 0]


def test_no_time_suffices_where_the_uses_are_too_few() -> None:
    """Nor where no option is left."""
    asked = demand([(FAST, 1)], 99, 2.0, uses=1)

    assert least_time(asked, tabled([FAST]), 99) is None
    assert least_time(asked, tabled([capability("fast", [])]), 1) is None
