"""Plans that choose a model, and plans for a rate, through made profiles."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from planned import FakeSource, StoppedClock, made_profile

from vedette.adapters.solvers.cpsat import CpSat
from vedette.errors import InvalidError, NotFoundError
from vedette.flows.planning.planner import Planner
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Limits, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.plan import Plan, Status
from vedette.values.profile import Profile

CPU = DeviceKind("cpu:1")
SLOWNESS = {"a": (1, 20.0), "b": (3, 30.0), "c": (9, 40.0)}


def profiles() -> tuple[Profile, ...]:
    return tuple(
        made_profile(name, a=0.02 * slow, c=0.01 * slow, quality=quality) for name, (slow, quality) in SLOWNESS.items()
    )


def planned(demand: Demand, *known: Profile) -> Plan:
    return Planner(FakeSource(known), CpSat(), StoppedClock(), 2).plan(demand)


def choice(within_s: float, models: tuple[str, ...] = ("a", "b", "c"), images: int = 60) -> Demand:
    return Demand(
        PlanKind.MODEL,
        models,
        Fleet((Stock(CPU, 1),)),
        images=images,
        within_s=within_s,
        deadline=DeadlineClass.RELAXED,
    )


@pytest.mark.parametrize("within_s", [0.5, 0.95, 1.0, 2.7, 3.0, 8.0, 9.0, 20.0])
def test_the_best_model_is_that_of_brute_force(within_s) -> None:
    """Every model, every mini-batch size, every number of uses."""
    able = {
        name
        for name, (slow, _) in SLOWNESS.items()
        for batch, uses in product(range(1, 9), range(60))
        if (uses + 1) * batch >= 60 and (uses + 2) * slow * (0.02 + 0.01 * batch) <= within_s + 1e-9
    }
    plan = planned(choice(within_s), *profiles())

    if able:
        assert plan.status is Status.OPTIMAL
        assert {one.model for one in plan.assignments} == {max(able)}
        assert plan.objective.value == SLOWNESS[max(able)][1]
    else:
        assert plan.status is Status.INFEASIBLE
        assert not plan.assignments


def test_an_infeasible_choice_names_what_makes_it_feasible() -> None:
    """The smallest change over all models."""
    plan = planned(choice(0.5), *profiles())
    (needed,) = [one for one in plan.relaxations if one.limit == "within"]

    assert needed.text.endswith("with a")
    assert planned(choice(needed.needed), *profiles()).status is Status.OPTIMAL


def test_a_limit_of_nothing_is_named_where_more_of_it_would_do() -> None:
    """With no later use of a device there are 8 images; 60 take 7 later uses of mini-batches of 8."""
    plan = planned(replace(choice(9.0), limits=Limits(uses=0)), *profiles())
    (needed,) = [one for one in plan.relaxations if one.limit == "uses"]

    assert (needed.asked, needed.needed) == (0, 7)
    assert planned(replace(choice(9.0), limits=Limits(uses=7)), *profiles()).status is Status.OPTIMAL


def test_a_model_of_unknown_quality_is_only_taken_where_no_other_will_do() -> None:
    """And the plan says so."""
    quick = made_profile("quick", a=0.002, c=0.001)
    slow = made_profile("a", quality=20.0)

    assert planned(choice(9.0, ("quick", "a")), quick, slow).assignments[0].model == "a"
    alone = planned(choice(0.3, ("quick", "a")), quick, slow)
    assert alone.assignments[0].model == "quick"
    assert alone.objective.value is None
    assert any("quality unknown: quick" in one for one in alone.warnings)


def test_a_model_without_a_profile_is_left_out_and_named() -> None:
    """Unless none is left."""
    plan = planned(choice(9.0, ("a", "nowhere")), *profiles())

    assert plan.assignments[0].model == "a"
    assert any("left out: no profile of nowhere" in one for one in plan.warnings)
    with pytest.raises(NotFoundError, match="nowhere"):
        planned(choice(9.0, ("nowhere",)), *profiles())


def test_a_model_has_one_quality() -> None:
    """Two profiles that disagree are refused."""
    demand = Demand(
        PlanKind.MODEL, ("a",), Fleet((Stock(CPU, 1), Stock(DeviceKind("x", None), 1))), images=6, within_s=9.0
    )
    with pytest.raises(InvalidError, match="two qualities"):
        planned(demand, made_profile("a", quality=20.0), made_profile("a", DeviceKind("x", None), quality=21.0))


def rate(rate_per_s: float, p99_ms: float, count: int = 3) -> Demand:
    return Demand(PlanKind.RATE, ("m",), Fleet((Stock(CPU, count),)), rate_per_s=rate_per_s, p99_ms=p99_ms)


def test_a_low_rate_takes_one_replica() -> None:
    """An image takes 30 ms: two in a second hardly ever meet."""
    plan = planned(rate(2.0, 200.0), made_profile(spread=0.01))

    assert plan.method == "simulation"
    assert plan.replicas is not None
    assert plan.replicas.count == plan.objective.value == 1
    assert plan.status is Status.OPTIMAL
    assert 30 <= plan.replicas.p99_ms.expected <= 200
    assert plan.words[0].startswith("Serve m with 1 replica, on cpu:1")


def test_a_goal_below_one_image_is_infeasible_at_any_rate() -> None:
    """No number of replicas helps; a longer p99 is named."""
    plan = planned(rate(2.0, 10.0), made_profile(spread=0.01))

    assert plan.status is Status.INFEASIBLE
    assert "p99" in {one.limit for one in plan.relaxations}
    assert "devices" not in {one.limit for one in plan.relaxations}
