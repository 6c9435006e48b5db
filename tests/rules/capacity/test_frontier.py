"""Lists of plans against all pairs, one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.frontier import Frontier, Slack, traced

plans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), min_size=1, max_size=8)
slacks = st.builds(Slack, st.integers(0, 5), st.integers(0, 80))
QUICK = settings(max_examples=50, deadline=None)
Plans = list[tuple[int, int]]


def made(slack: Slack, some: Plans) -> Frontier:
    images, excess = np.array(some, np.int64).T
    return slack.frontier(images, excess, np.arange(len(some)))


def pairs(frontier: Frontier) -> Plans:
    return list(zip(frontier.images.tolist(), frontier.excess.tolist(), strict=True))


def unbeaten(slack: Slack, some: Plans) -> Plans:
    """Those within the slack that no other has as many images as for as little, the most images first."""
    able = {(x, e) for x, e in some if e <= slack.most}
    amounts = {(x, e + slack.price * x) for x, e in able}
    best = [(x, z) for x, z in amounts if not any(o[0] >= x and o[1] <= z and o != (x, z) for o in amounts)]
    return sorted(((x, z - slack.price * x) for x, z in best), reverse=True)


@QUICK
@given(slacks, plans)
def test_a_set_keeps_the_plans_that_no_other_beats(slack: Slack, some: Plans) -> None:
    """Of all plans within the slack those stay that have most images, or the least amount for them."""
    assert pairs(made(slack, some)) == unbeaten(slack, some)


@QUICK
@given(slacks, plans, plans)
def test_a_sum_holds_the_best_of_all_pairs(slack: Slack, some: Plans, others: Plans) -> None:
    """The sum of two sets is what stays of all their pairs, and each is made of one plan of both."""
    one, other = made(slack, some), made(slack, others)
    total = slack.total(one, other)
    every = [(a + c, b + d) for (a, b), (c, d) in product(some, others)]

    assert total is not None
    assert pairs(total) == unbeaten(slack, every)
    for images, excess in pairs(total):
        first, second = traced(total, images, excess)
        assert (some[first][0] + others[second][0], some[first][1] + others[second][1]) == (images, excess)


@QUICK
@given(slacks, plans, st.integers(1, 5))
def test_a_set_many_times_is_its_sum_with_itself(slack: Slack, some: Plans, times: int) -> None:
    """Doubling gives what adding the set again and again gives."""
    one = made(slack, some)
    step = one
    for _ in range(times - 1):
        added = slack.total(step, one)
        assert added is not None
        step = added
    repeated = slack.repeated(one, times)

    assert repeated is not None
    assert pairs(repeated) == pairs(step)


@QUICK
@given(slacks, plans, plans, st.integers(0, 50), st.integers(0, 200))
def test_the_best_pair_is_found_without_the_sum(
    slack: Slack, some: Plans, others: Plans, images: int, amount: int
) -> None:
    """The cheapest pair of enough images, and the pair of most images that is cheap enough, are those of all pairs."""
    one, other = made(slack, some), made(slack, others)
    every = [(a + c, b + d) for (a, b), (c, d) in product(pairs(one), pairs(other))]
    cheapest = slack.cheapest(one, other, images)
    fullest = slack.fullest(one, other, amount)

    dear = [e + slack.price * x for x, e in every if x >= images]
    full = [x for x, e in every if e + slack.price * x <= amount]
    assert (cheapest is None) == (not dear)
    assert cheapest is None or cheapest[1] + slack.price * cheapest[0] == min(dear)
    assert (fullest is None) == (not full)
    assert fullest is None or fullest[0] == max(full)


def test_a_sum_of_too_many_pairs_is_not_made() -> None:
    """Where the pairs would not fit into memory there is no sum."""
    many = np.arange(3000, dtype=np.int64)[::-1]
    slack = Slack(1, 10**6)
    large = slack.frontier(many, 0 * many, many)

    assert slack.total(large, large) is None


def test_what_is_not_in_a_set_is_not_traced() -> None:
    """A plan that is not there is an error."""
    slack = Slack(1, 10)
    one = made(slack, [(3, 0), (1, 1)])

    with pytest.raises(ValueError, match="no plan of 2 images"):
        traced(one, 2, 0)
    total = slack.total(one, one)
    assert total is not None
    with pytest.raises(ValueError, match="no plan of 5 images"):
        traced(total, 5, 0)
