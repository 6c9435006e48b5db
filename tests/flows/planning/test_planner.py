"""From a demand to a plan, through made profiles."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from planned import FakeSource, StoppedClock, made_profile

from vedette.adapters.solvers.cpsat import CpSat
from vedette.errors import InvalidError, NotFoundError, VedetteError
from vedette.flows.planning.planner import Planner
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, Limits, PlanKind, Start
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.frame import Size
from vedette.values.plan import Plan, Status
from vedette.values.profile import Profile

HALF = DeviceKind("cpu:0.5", 0.5)


def fleet(*kinds: tuple[DeviceKind, int]) -> Fleet:
    return Fleet(tuple(Stock(kind, count) for kind, count in kinds or ((DeviceKind("cpu:1"), 3),)))


def planner(*profiles: Profile, measurable: tuple[Profile, ...] = ()) -> Planner:
    return Planner(FakeSource(profiles, measurable), CpSat(), StoppedClock(), 2)


def planned(demand: Demand, *profiles: Profile) -> Plan:
    return planner(*(profiles or (made_profile(),))).plan(demand)


def job(images: int | None = 400, within_s: float = 4.0, **more: object) -> Demand:
    more = {"kind": PlanKind.DEADLINE, "models": ("m",), "fleet": fleet(), "deadline": DeadlineClass.RELAXED} | more
    return Demand(images=images, within_s=within_s, **more)  # type: ignore[arg-type]


def most(profile: Profile, within_s: float) -> int:
    """Most images of one device, every mini-batch size and every number of uses tried."""
    best = 0
    for point in profile.points:
        assert point.latency_s is not None
        assert point.warm_up_s is not None
        for batch in range(1, 9):
            later = 0.02 + 0.01 * batch
            for uses in range(1000):
                if 2 * later + uses * later <= within_s + 1e-9:
                    best = max(best, (uses + 1) * batch)
    return best


@pytest.mark.parametrize(("images", "within_s"), [(1, 1.0), (100, 4.0), (312, 4.0), (313, 4.0), (600, 4.0), (936, 4.0)])
def test_a_deadline_takes_as_few_devices_as_brute_force_does(images, within_s) -> None:
    """ceil(N / most images of one device), for equal devices."""
    plan = planned(job(images, within_s))

    assert plan.status is Status.OPTIMAL
    assert plan.method == "closed form"
    assert len(plan.assignments) == plan.objective.value == -(-images // most(made_profile(), within_s))
    assert sum(one.images for one in plan.assignments) == images == plan.images
    assert plan.makespan_s is not None
    assert plan.makespan_s.expected <= within_s


def test_a_budget_processes_as_many_images_as_brute_force_does() -> None:
    """On each device of the fleet; equation 2 as it is printed is told beside it."""
    plan = planned(job(None, kind=PlanKind.BUDGET))

    assert plan.images == 3 * most(made_profile(), 4.0)
    assert plan.printed_objective == 3 * plan.images
    assert plan.objective.goal is Goal.IMAGES


def test_the_least_cost_is_that_of_brute_force() -> None:
    """Two kinds, one twice as quick and three times as dear: every division of the images is tried."""
    cheap, dear = DeviceKind("cheap", None, price_per_hour=1.0), DeviceKind("dear", None, price_per_hour=3.0)
    slow = made_profile(device=cheap, batches=(1, 2))
    quick = made_profile(device=dear, a=0.01, c=0.005, batches=(1, 2))
    plan = planned(job(60, 1.0, fleet=fleet((cheap, 1), (dear, 1)), goal=Goal.COST), slow, quick)
    costs = []
    for (t1, b1), (t2, b2) in product(product(range(-1, 80), (1, 2)), repeat=2):
        first, second = (t1 + 2) * (0.02 + 0.01 * b1), (t2 + 2) * (0.01 + 0.005 * b2)
        used = (t1 >= 0, t2 >= 0)
        times = [time for time, one in zip((first, second), used, strict=True) if one]
        if times and max(times) <= 1 + 1e-9 and (t1 + 1) * b1 + (t2 + 1) * b2 >= 60:
            costs.append((used[0] * first * 1.0 + used[1] * second * 3.0) / 3600)

    assert plan.method == "CP-SAT"
    assert plan.status is Status.OPTIMAL
    assert plan.objective.value == pytest.approx(min(costs), rel=1e-6)
    assert plan.cost == pytest.approx(min(costs), rel=1e-6)
    assert plan.currency == "EUR"


def test_a_start_decides_what_counts() -> None:
    """Cold adds the load time of half a second, warm has no first mini-batch that is slower."""
    times = {}
    for start in Start:
        plan = planned(job(1, start=start))
        assert plan.makespan_s is not None
        times[start] = plan.makespan_s.expected

    assert times[Start.LOADED] == pytest.approx(0.06)
    assert times[Start.COLD] == pytest.approx(0.56)
    assert times[Start.WARM] == pytest.approx(0.03)


@pytest.mark.parametrize("limit", ["within", "devices", "images"])
def test_an_infeasible_demand_names_what_makes_it_feasible(limit) -> None:
    """Applied, the relaxation suffices; a little less does not."""
    demand = job(2000, 4.0)
    plan = planned(demand)
    (relaxed,) = [one for one in plan.relaxations if one.limit == limit]

    def with_limit(needed: float) -> Status:
        if limit == "within":
            return planned(job(2000, needed)).status
        if limit == "devices":
            return planned(job(2000, fleet=fleet((DeviceKind("cpu:1"), round(needed))))).status
        return planned(job(round(needed))).status

    assert plan.status is Status.INFEASIBLE
    assert not plan.assignments
    assert with_limit(relaxed.needed) is Status.OPTIMAL
    less = {"within": relaxed.needed * 0.999, "devices": relaxed.needed - 1, "images": relaxed.needed + 1}
    assert with_limit(less[limit]) is Status.INFEASIBLE


def test_a_mini_batch_that_is_not_allowed_is_named_where_it_would_help() -> None:
    """Rows beyond the limit are known, and used by no plan."""
    plan = planned(job(900, limits=Limits(batch=1)))

    assert plan.status is Status.INFEASIBLE
    assert "batch" in {one.limit for one in plan.relaxations}
    assert all(one.batch == 1 for one in planned(job(100, limits=Limits(batch=1))).assignments)


def test_the_memory_of_a_device_bounds_its_mini_batches() -> None:
    """A profile without that limit tells how much each takes."""
    small = DeviceKind("cpu:1", memory_bytes=250_000_000)
    plan = planned(job(100, fleet=fleet((small, 3))))

    assert {one.batch for one in plan.assignments} == {2}


def test_each_kind_has_its_own_profile() -> None:
    """Devices of a kind are numbered from 1; the plan names every profile that it rests on."""
    plan = planned(
        job(700, fleet=fleet((DeviceKind("cpu:1"), 2), (HALF, 2))),
        made_profile(),
        made_profile(device=HALF, a=0.04, c=0.02),
    )

    assert [(one.device.name, one.number) for one in plan.assignments] == [("cpu:1", 1), ("cpu:1", 2), ("cpu:0.5", 1)]
    assert plan.profiles == ("m-cpu-1", "m-cpu-0.5")


def test_what_is_not_profiled_is_measured() -> None:
    """With as many busy neighbours as the plan has, and the machine cores."""
    source = FakeSource((), (made_profile(),))
    plan = Planner(source, CpSat(), StoppedClock(), 2).plan(job(8))

    assert plan.profiles == ("m-cpu-1",)
    assert [(one.model, one.busy_neighbours) for one in source.asked] == [("m", 1)]


def test_a_model_without_a_profile_is_an_error_with_the_next_step() -> None:
    """What is there is told with the reason why it does not fit."""
    with pytest.raises(NotFoundError) as caught:
        planned(job(fleet=fleet((HALF, 1))), made_profile())

    assert "no profile of m on cpu:0.5 fits" in caught.value.message
    assert "with 1 cores (cpu:1), not with 0.5" in caught.value.message
    assert caught.value.help == "profile it: vedette profile m --device cpu:0.5"


def test_a_size_that_was_not_profiled_is_refused() -> None:
    """Nothing is extrapolated."""
    with pytest.raises(NotFoundError, match="640x480"):
        planned(job(size=Size(640, 480)))


def test_a_goal_of_cost_without_a_price_is_refused() -> None:
    """The device is named."""
    with pytest.raises(InvalidError, match="no price is known of cpu:1"):
        planned(job(goal=Goal.COST))


def test_the_same_demand_has_the_same_plan() -> None:
    """Id and figures, at the same time on the same profiles."""
    assert planned(job(313)) == planned(job(313))
    assert planned(job(313)).id.startswith("20260102-030405-")
    assert planned(job(313)).id != planned(job(314)).id


def test_a_soft_plan_tells_its_probability() -> None:
    """It is what was asked for, or more."""
    plan = planned(job(300, deadline=DeadlineClass.SOFT), made_profile(spread=0.02))

    assert plan.probability is not None
    assert plan.probability >= 0.95
    assert plan.makespan_s is not None
    assert plan.makespan_s.high is not None
    assert plan.makespan_s.low is not None
    assert plan.makespan_s.low < plan.makespan_s.expected < plan.makespan_s.high


def test_devices_that_may_be_lost_are_planned_for() -> None:
    """With one lost of equal ones, the rest still does everything."""
    plan = planned(job(300, lost_devices=1))

    assert len(plan.assignments) == 2
    with pytest.raises(VedetteError):
        planned(job(fleet=fleet((HALF, 1)), lost_devices=1))


def test_money_that_does_not_suffice_names_what_would() -> None:
    """The least cost, and no less; the two limits that contradict each other are named."""
    priced = fleet((DeviceKind("cpu:1", price_per_hour=1.0), 3))
    plan = planned(job(600, fleet=priced, limits=Limits(cost=1e-6)))
    (relaxed,) = [one for one in plan.relaxations if one.limit == "cost"]

    assert plan.status is Status.INFEASIBLE
    assert plan.binding
    assert planned(job(600, fleet=priced, limits=Limits(cost=relaxed.needed))).status is Status.OPTIMAL
    assert planned(job(600, fleet=priced, limits=Limits(cost=relaxed.needed * 0.999))).status is Status.INFEASIBLE


def test_the_interval_is_as_sure_as_the_plan_whoever_solves_it() -> None:
    """By the closed form or by the solver the makespan of one device has the interval of that device."""
    priced = fleet((DeviceKind("cpu:1", price_per_hour=1.0), 3))
    for limits in (Limits(), Limits(cost=9.0)):
        plan = planned(job(60, fleet=priced, limits=limits, deadline=DeadlineClass.SOFT, probability=0.999))

        assert len(plan.assignments) == 1
        assert plan.makespan_s is not None
        assert plan.makespan_s.confidence == plan.assignments[0].time_s.confidence == 0.999
        assert plan.makespan_s.high == pytest.approx(plan.assignments[0].time_s.high)


def test_lost_devices_are_not_passed_over_where_money_limits_the_images() -> None:
    """It is refused, with what can be asked instead; without money the closed form counts what is left."""
    priced = fleet((DeviceKind("cpu:1", price_per_hour=1.0), 3))
    asked = Demand(PlanKind.BUDGET, ("m",), priced, within_s=5.0, deadline=DeadlineClass.RELAXED, lost_devices=1)

    assert (
        planned(asked).objective.value
        == planned(replace(asked, fleet=fleet((DeviceKind("cpu:1"), 2)), lost_devices=0)).images
    )
    with pytest.raises(VedetteError, match="may be lost") as caught:
        planned(replace(asked, limits=Limits(cost=1.0)))
    assert "plan deadline" in caught.value.help
