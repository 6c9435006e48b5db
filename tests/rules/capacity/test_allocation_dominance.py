"""Rows that are left out because another does as well, against the whole table and every option."""

from __future__ import annotations

import numpy as np
from allocation_cases import orders
from hypothesis import HealthCheck, given, settings

from vedette.adapters.solvers.cpsat import CpSat
from vedette.rules.capacity.allocation import Order, counted, rows_of, tightened, true_uses
from vedette.rules.capacity.allocation_dominance import undominated
from vedette.rules.capacity.allocation_program import program_of

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(orders())
def test_the_rows_that_are_left_hold_the_best_answer(order: Order) -> None:
    """The problem over the rows that are left has the same status and value as over all of them."""
    rows = rows_of(order)
    left = undominated(rows, 2)
    every, some = (counted(one, np.arange(len(one)), 2) for one in (rows, left))

    whole, pruned = (CpSat().solve(program_of(one), 10.0) for one in (every, some))

    assert len(left) <= len(rows)
    assert (pruned.status, pruned.objective) == (whole.status, whole.objective)


@QUICK
@given(orders())
def test_hours_are_filled_by_the_row_that_holds_most(order: Order) -> None:
    """Of each kind, job and number of hours the most images of any row are those of a row that is left."""
    rows = rows_of(order)
    left = undominated(rows, 2)

    def most(some: object) -> dict[tuple[int, int, int], int]:
        found: dict[tuple[int, int, int], int] = {}
        true = true_uses(some, np.arange(len(some)), 2)
        for row in np.flatnonzero((some.hours > 0) & (true >= 0)).tolist():
            key = (int(some.kind[row]), int(some.job[row]), int(some.hours[row]))
            held = int(some.batch[row] * (1 + min(true[row], some.uses[row])))
            found[key] = max(held, found.get(key, 0))
        return found

    assert most(left) == most(rows)


@QUICK
@given(orders())
def test_uses_that_are_tightened_are_never_too_few(order: Order) -> None:
    """What the table of bounds allows is at least the true t_r, and a row that it leaves out has none."""
    rows = rows_of(order)
    tight = tightened(rows, 2)
    true = true_uses(rows, np.arange(len(rows)), 2)
    keys = dict(zip(_keys(tight), tight.uses.tolist(), strict=True))

    for key, uses, most in zip(_keys(rows), rows.uses.tolist(), true.tolist(), strict=True):
        assert keys.get(key, -1) >= min(uses, most)
        assert keys.get(key, -1) <= uses


def _keys(rows: object) -> list[tuple[int, int, int]]:
    return list(zip(rows.capability.tolist(), rows.option.tolist(), rows.hours.tolist(), strict=True))
