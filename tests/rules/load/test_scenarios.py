"""The four scenarios as loads."""

from __future__ import annotations

import pytest

from vedette.errors import UsageError
from vedette.rules.load.figures import check
from vedette.rules.load.scenarios import expanded
from vedette.values.workload import Load, LoadKind, Order

SCENARIOS = [kind for kind in LoadKind if kind.is_scenario]


@pytest.mark.parametrize(
    ("kind", "warm_up", "order"),
    [
        (LoadKind.SCENARIO_1, 0, Order.SAME),
        (LoadKind.SCENARIO_2, 10, Order.SAME),
        (LoadKind.SCENARIO_3, 10, Order.CYCLE),
        (LoadKind.SCENARIO_4, 10, Order.CYCLE),
    ],
)
def test_each_scenario_has_its_number_its_warm_up_and_its_order(kind: LoadKind, warm_up: int, order: Order) -> None:
    """1000 requests of one client unless another number is asked."""
    load = expanded(Load(kind))

    assert (load.requests, load.warm_up, load.order, load.clients) == (1000, warm_up, order, 1)
    check(load)


@pytest.mark.parametrize("kind", SCENARIOS)
def test_what_is_asked_is_kept(kind: LoadKind) -> None:
    """A number, or a duration, which then decides alone."""
    assert expanded(Load(kind, requests=7)).requests == 7
    timed = expanded(Load(kind, duration_s=2.0))
    assert (timed.requests, timed.duration_s) == (None, 2.0)


def test_a_warm_up_of_ones_own_is_kept_where_there_is_one() -> None:
    """Scenario 1 is about the first request: it has none."""
    assert expanded(Load(LoadKind.SCENARIO_2, warm_up=3)).warm_up == 3
    with pytest.raises(UsageError, match="scenario-1 has no warm-up"):
        expanded(Load(LoadKind.SCENARIO_1, warm_up=3))


@pytest.mark.parametrize("kind", [kind for kind in LoadKind if not kind.is_scenario])
def test_any_other_load_is_left_as_it_is(kind: LoadKind) -> None:
    """The same object."""
    load = Load(kind, requests=5)

    assert expanded(load) is load
