"""Bounds of an allocation against every plan that there is."""

from __future__ import annotations

from allocation_cases import orders, plans, value
from hypothesis import HealthCheck, given, settings

from vedette.rules.capacity.allocation import Order, rows_of
from vedette.rules.capacity.allocation_bound import relaxed
from vedette.values.demand import Goal


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(orders())
def test_no_plan_is_better_than_its_bounds(order: Order) -> None:
    """No plan beats the bound, none that uses a row beats the row's, and where the bound says none there is none."""
    rows = rows_of(order)
    bounds = relaxed(rows)
    sign = -1 if order.goal is Goal.IMAGES else 1
    places = zip(rows.capability, rows.option, strict=True)
    keys = [(id(order.capabilities[one]), order.capabilities[one].options[row].batch) for one, row in places]
    every = list(plans(order))

    assert bounds.bound is not None or not every
    for plan in every:
        reached = sign * float(value(order, plan)) / rows.unit()
        assert bounds.bound is not None
        assert bounds.bound <= reached + len(plan) * 99
        for used in plan:
            alike = (id(used.capability), used.option.batch)
            least = min(each for each, key in zip(bounds.with_row, keys, strict=True) if key == alike)
            assert least <= reached + len(plan) * 99
