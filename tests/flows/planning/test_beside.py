"""Plans of models side by side: against every set there is, and what they say of it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import product

import pytest
from allocation_cases import EveryValue
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planned import FakeSource, StoppedClock, made_profile

from vedette.errors import InvalidError, NotFoundError
from vedette.flows.planning.planner import Planner
from vedette.rules.capacity.capable import capability
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Limits, PlanKind
from vedette.values.device import Billing, DeviceKind, Fleet, Stock
from vedette.values.plan import Plan, Status
from vedette.values.profile import Profile

CORE = DeviceKind("cpu:1")
A = made_profile("a", a=0.02, c=0.01, batches=(1, 2), quality=20.0)
B = made_profile("b", a=0.01, c=0.05, batches=(1, 2), quality=50.0)
C = made_profile("c", a=0.04, c=0.02, batches=(1, 2), quality=30.0)


def demand(images: int = 10, within_s: float = 1.0, device: DeviceKind = CORE, **more: object) -> Demand:
    facts = {"deadline": DeadlineClass.RELAXED} | more
    return Demand(PlanKind.BESIDE, ("a", "b", "c"), Fleet((Stock(device, 1),)), images, within_s, **facts)  # type: ignore[arg-type]


def planned(asked: Demand, *profiles: Profile) -> Plan:
    return Planner(FakeSource(profiles or (A, B, C)), EveryValue(), StoppedClock(), 2).plan(asked)


def every_set(asked: Demand, within_s: float, memory: int | None, images: int) -> list[tuple[float, float]]:
    """(quality, time) of every set that fits, of models with one mini-batch size each."""
    found = []
    rows = [capability(one).options for one in (A, B, C)]
    for picks in product(*((None, *options) for options in rows)):
        names = {name for name, pick in zip("abc", picks, strict=True) if pick is not None}
        time = sum(
            one.first_s.mean + (math.ceil(images / one.batch) - 1) * one.later_s.mean
            for one in picks
            if one is not None
        )
        peak = sum(one.peak_bytes or 0 for one in picks if one is not None)
        if time > within_s or (memory is not None and peak > memory) or not names:
            continue
        if all(len(names & set(group)) == 1 for group in asked.groups) and (
            not asked.groups or names <= {name for group in asked.groups for name in group}
        ):
            found.append((sum({"a": 20.0, "b": 50.0, "c": 30.0}[name] for name in names), time))
    return found


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 20),
    st.sampled_from([0.03, 0.1, 0.3, 0.8, 1.5, 5.0]),
    st.sampled_from([None, 100, 200, 300, 400]),
    st.sampled_from([(), (("a",), ("b",)), (("a", "b"), ("c",))]),
)
def test_the_set_and_its_relaxations_are_those_of_trying_every_set(images, within_s, memory, groups) -> None:
    """The most quality, then the least time; where nothing fits, each change named is the least that would do."""
    device = replace(CORE, memory_bytes=None if memory is None else memory * 10**6)
    asked = demand(images, within_s, device, groups=groups)
    sets = every_set(asked, within_s, device.memory_bytes, images)

    plan = planned(asked)

    if sets:
        quality, time = max(sets, key=lambda one: (one[0], -one[1]))
        assert plan.status is Status.OPTIMAL
        assert plan.objective.value == plan.objective.bound == quality
        assert sum(one.time_s.expected for one in plan.assignments) <= time + 1e-9
        assert {(one.device.name, one.number) for one in plan.assignments} == {("cpu:1", 1)}
        return
    assert plan.status is Status.INFEASIBLE
    needed = {one.limit: one.needed for one in plan.relaxations}
    ends = [time for _, time in every_set(asked, math.inf, device.memory_bytes, images)]
    assert needed.get("within") == (pytest.approx(min(ends), abs=2e-3) if ends else None)
    fewer = [one for one in range(1, images) if every_set(asked, within_s, device.memory_bytes, one)]
    assert needed.get("images") == max(fewer, default=None)
    more = [one for one in range(100, 700, 100) if every_set(asked, within_s, one * 10**6, images)]
    assert needed.get("memory") == (min(more) * 10**6 if more and memory is not None else None)


def figure(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found is not None, text
    return float(found[1].replace(",", ""))


@pytest.mark.parametrize(
    ("within_s", "memory", "decides"),
    [(0.3, None, {"within"}), (5.0, 100, {"memory"}), (0.55, 200, {"within"}), (5.0, None, {"models"})],
)
def test_what_decides_holds_when_it_is_planned(within_s, memory, decides) -> None:
    """A time, or a memory, is named with which the planner does find a better set."""
    device = replace(CORE, memory_bytes=None if memory is None else memory * 10**6)
    asked = demand(10, within_s, device)
    plan = planned(asked)
    reached = plan.objective.value or 0.0
    words = {one.limit: one.one_more for one in plan.binding}
    if "within" in words:
        unit = 1e-3 if " ms " in words["within"] else 1.0
        needed = unit * figure(r"time of ([\d,.]+) m?s", words["within"])
        assert (planned(replace(asked, within_s=needed)).objective.value or 0.0) > reached
        assert (planned(replace(asked, within_s=needed - 0.005)).objective.value or 0.0) <= reached
    if "memory" in words:
        wider = replace(device, memory_bytes=int(figure(r"with ([\d,]+) MB", words["memory"])) * 10**6)
        assert (planned(replace(asked, fleet=Fleet((Stock(wider, 1),)))).objective.value or 0.0) > reached

    assert decides <= set(words)


def test_images_named_as_the_most_are_the_most() -> None:
    """One more of each gives a worse set."""
    asked = demand(10, 1.0)
    plan = planned(asked)
    (text,) = [one.one_more for one in plan.binding if one.limit == "images"]
    most = int(figure(r"do ([\d,]+) image", text))

    assert planned(replace(asked, images=most)).objective.value == plan.objective.value
    assert (planned(replace(asked, images=most + 1)).objective.value or 0.0) < (plan.objective.value or 0.0)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 2.0), st.floats(0.0, 0.3))
@example(0.99, 5e-160)
def test_a_soft_set_is_met_with_the_probability_that_was_asked(within_s: float, spread: float) -> None:
    """Each model ends in its part of T with probability^(1/models), so all of them end in T with more."""
    profiles = [
        made_profile(name, a=0.02, c=0.01, batches=(1,), quality=10.0, spread=spread) for name in ("a", "b", "c")
    ]
    plan = planned(demand(10, within_s, deadline=DeadlineClass.SOFT, probability=0.9), *profiles)

    assert plan.probability is None or plan.probability >= 0.9
    assert (plan.probability is None) == (plan.status is Status.INFEASIBLE)


def test_an_hour_that_was_begun_is_paid_once_for_all_models() -> None:
    """They share the device; by the second each pays its own part."""
    hourly = replace(CORE, price_per_hour=0.36, billing=Billing.HOUR)
    by_hour, by_second = (planned(demand(10, 5.0, one)) for one in (hourly, replace(hourly, billing=Billing.SECOND)))

    assert len(by_hour.assignments) == 3
    assert by_hour.cost == 0.36
    assert by_second.cost == pytest.approx(0.0001 * sum(one.time_s.expected for one in by_second.assignments))
    assert by_second.cost == pytest.approx(sum(one.cost or 0.0 for one in by_second.assignments))


def test_a_limit_of_the_mini_batch_is_kept() -> None:
    """Larger ones are left out."""
    plan = planned(demand(10, 5.0, limits=Limits(batch=1)))

    assert {one.batch for one in plan.assignments} == {1}


def test_words_tell_turns_memory_and_quality() -> None:
    """And that the sum of the peaks counts."""
    plan = planned(demand(10, 5.0, replace(CORE, memory_bytes=500_000_000)))

    assert plan.words[0].startswith("Keep these loaded on one cpu:1, and let them work in turn: a in mini-batches of")
    assert "of the 500 MB allowed" in plan.words[1]
    assert "Their qualities add up to 100." in plan.words
    assert any("peaks of all models are added" in one for one in plan.warnings)


def test_models_of_unknown_quality_need_to_be_named() -> None:
    """Nothing tells which set of them is best; named, they are taken."""
    unknown = made_profile("a", batches=(1, 2))

    with pytest.raises(InvalidError, match="quality of a is unknown"):
        planned(replace(demand(), models=("a",)), unknown)
    plan = planned(replace(demand(), models=("a",), groups=(("a",),)), unknown)
    assert [one.model for one in plan.assignments] == ["a"]
    assert any("quality unknown: a" in one for one in plan.warnings)


def test_a_group_without_a_profile_and_a_fleet_of_two_are_refused() -> None:
    """The first names the group, the second the number of devices."""
    with pytest.raises(NotFoundError, match="of b or c no profile fits"):
        planned(demand(groups=(("a",), ("b", "c"))), A)
    with pytest.raises(InvalidError, match="the fleet has 2"):
        planned(replace(demand(), fleet=Fleet((Stock(CORE, 2),))))


def test_a_quality_of_nothing_is_a_quality() -> None:
    """A model of quality 0 fits and is taken; the interval of what it takes is as sure as was asked."""
    worthless = made_profile("a", a=0.02, c=0.01, batches=(1, 2), quality=0.0)
    asked = demand(deadline=DeadlineClass.SOFT, probability=0.99)

    plan = planned(asked, worthless)

    assert plan.status is Status.OPTIMAL
    assert (plan.objective.value, plan.objective.bound) == (0.0, 0.0)
    assert plan.makespan_s is not None
    assert plan.makespan_s.confidence == plan.assignments[0].time_s.confidence == 0.99
