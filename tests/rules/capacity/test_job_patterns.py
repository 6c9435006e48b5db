"""The cheapest devices of one job against every set of devices."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.allocation import Job, Order, Rows, rows_of
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.job_patterns import Work, works_of
from vedette.values.demand import Goal
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.moment import Moment

QUICK = settings(max_examples=40, deadline=None)
seconds = st.integers(1, 9)
options = st.tuples(seconds, seconds, seconds, seconds)
prices = st.lists(st.integers(0, 5), min_size=2, max_size=2)


def rows(images: int, times: tuple[int, int, int, int]) -> Rows:
    """Two kinds; the first works in mini-batches of 1 and 2, the second of 2; T = 12 s; a second costs one."""
    kinds = [DeviceKind(name, None, None, 3600.0) for name in ("a", "b")]
    first, later, other_first, other_later = times
    able = (
        Capability("m", "p", kinds[0], (option(1, first, later), option(2, first + 1, later + 1))),
        Capability("m", "p", kinds[1], (option(2, other_first, other_later),)),
    )
    fleet = Fleet(tuple(Stock(kind, 9) for kind in kinds))
    return rows_of(Order((Job(("m",), images),), able, fleet, 12.0, goal=Goal.COST))


def option(batch: int, first: float, later: float) -> Option:
    return Option(batch, Moment(first, 0.0, 0.0, 5, 5), Moment(later, 0.0, 0.0, 5, 5), first, later)


def every(table: Rows, images: int, mu: np.ndarray, needed: tuple[int, ...] = ()) -> float:
    """The least of all sets of up to `images` devices with the kinds that are needed."""
    single = [
        (int(kind), int(batch) * (1 + t), float(first + t * later + mu[kind]))
        for kind, batch, uses, first, later in zip(
            table.kind, table.batch, table.uses, table.first_cost, table.later_cost, strict=True
        )
        for t in range(int(uses) + 1)
    ]
    sets = (some for size in range(1, images + 1 + len(needed)) for some in combinations_with_replacement(single, size))
    return min(
        (
            sum(one[2] for one in some)
            for some in sets
            if sum(one[1] for one in some) >= images and set(needed) <= {one[0] for one in some}
        ),
        default=np.inf,
    )


@QUICK
@given(st.integers(1, 3), options, prices, st.sampled_from([(), (0,), (1,)]))
def test_the_cheapest_devices_are_those_of_all_sets(
    images: int, times: tuple[int, int, int, int], extra: list[int], needed: tuple[int, ...]
) -> None:
    """With prices of devices, and with a kind that must be used, the least amount is that of all sets of devices."""
    table = rows(images, times)
    (work,) = works_of(table)
    unit = round(1 / table.cost_unit)
    mu = np.array(extra, np.float64) * unit
    for kind in needed:
        if kind not in work.kinds:
            return
        work = work.requiring(kind)
    found = work.cheapest(mu)

    assert found is not None
    least, pattern = found
    assert least == every(table, images, mu, needed)
    if np.isfinite(least):
        assert pattern.amount + mu[list(pattern.kinds)].sum() == least
        assert sum(part for _, part in pattern.pieces) == images
        assert work.has(pattern)


@QUICK
@given(st.integers(1, 9), options)
def test_a_device_costs_the_least_of_its_rows(images: int, times: tuple[int, int, int, int]) -> None:
    """For each number of images a kind's amount is the least of all its rows and later uses that hold so many."""
    table = rows(images, times)
    (work,) = works_of(table)

    for (place, kind), wanted in product(enumerate(work.kinds.tolist()), range(images + 1)):
        amounts = [
            table.first_cost[row] + t * table.later_cost[row]
            for row in np.flatnonzero(table.kind == kind)
            for t in range(table.uses[row] + 1)
            if table.batch[row] * (1 + t) >= wanted
        ]
        assert work.amounts[place, wanted] == min(amounts, default=np.inf)


def test_a_kind_that_is_left_out_is_not_used() -> None:
    """Without a kind the other one does it, without both nobody."""
    (work,) = works_of(rows(3, (1, 1, 5, 5)))
    rest = work.without(0)
    found, none = rest.cheapest(np.zeros(2)), rest.without(1).cheapest(np.zeros(2))

    assert found is not None
    assert set(found[1].kinds) == {1}
    assert not rest.has(next_best(work))
    assert none is not None
    assert none[0] == pytest.approx(np.inf)


def next_best(work: Work):
    found = work.cheapest(np.zeros(2))
    assert found is not None
    return found[1]
