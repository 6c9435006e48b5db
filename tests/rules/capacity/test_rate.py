"""Plans for a rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import UsageError
from vedette.rules.batching.policy import policy_for
from vedette.rules.capacity.queueing import MDc
from vedette.rules.capacity.rate import plan_rate
from vedette.rules.capacity.replicas import (
    Case,
    Effort,
    Judge,
    ReplicaKind,
    expected,
    expected_with,
    interval_of_run,
    upper_of_run,
)
from vedette.rules.capacity.replicas import settings as settings_of
from vedette.rules.capacity.simulation import Routing
from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, Limits, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.moment import Moment
from vedette.values.plan import Status
from vedette.values.profile import AfterIdle

EFFORT = Effort(images=1500, runs=3, screened=1000)


def kind(*latencies_ms, available=8, price=0.1, spread=0.1, name="cpu:1"):
    points = [
        BatchPoint(2**power, ms, ms * 1.5, 50, Moment(ms / 1e3, spread * ms / 1e3, spread * ms / 3e3, 50, 3))
        for power, ms in enumerate(latencies_ms)
    ]
    return ReplicaKind(DeviceKind(name, price_per_hour=price), "m", "p", BatchCurve(tuple(points)), available)


FLAT = kind(10.0, 20.0, 40.0)
STEEP = kind(10.0, 12.0, 16.0, 24.0)


def demand(rate, p99_ms, **others):
    return Demand(PlanKind.RATE, ("m",), Fleet((Stock(FLAT.device, 8),)), rate_per_s=rate, p99_ms=p99_ms, **others)


def test_a_plan_has_the_fewest_replicas_that_hold() -> None:
    """120 images/s at 10 ms each need two at least; a goal of 90 ms is met with two, one of 18 ms takes more."""
    easy, strict = plan_rate([FLAT], demand(120, 90), EFFORT), plan_rate([FLAT], demand(120, 18), EFFORT)

    assert easy.replicas is not None
    assert strict.replicas is not None
    assert (easy.status, easy.replicas.count, easy.objective.bound) == (Status.OPTIMAL, 2, 2.0)
    assert easy.cost_per_hour == pytest.approx(0.2)
    assert strict.status is Status.FEASIBLE
    fewer = expected(Case(FLAT, strict.replicas.count - 1, 120.0, Judge(), EFFORT))
    assert fewer is not None
    assert fewer.judged_ms > 18 >= strict.replicas.p99_ms.expected
    assert [one.limit for one in strict.binding] == ["p99", "replicas"]
    assert easy.binding[0].one_more == "1 replica would keep up with 100 images/s at most"


def test_requests_count_as_if_every_batch_took_longer() -> None:
    """10 ms and 2 ms besides are 12 ms; who knows nothing of requests is told so."""
    besides = replace(kind(10.0, 20.0, spread=0.0), request=Moment(0.002))
    longer = replace(kind(12.0, 24.0, spread=0.0), request=Moment(0.0))

    found, same = (plan_rate([one], demand(60, 200), EFFORT) for one in (besides, longer))
    unknown = plan_rate([replace(besides, request=None)], demand(60, 200), EFFORT)

    assert found.replicas is not None
    assert same.replicas is not None
    assert found.replicas.p99_ms == same.replicas.p99_ms
    assert found.replicas.most_per_s == pytest.approx(1000 / 12)
    assert not any("besides its image" in one for one in found.warnings)
    assert any("besides its image" in one for one in unknown.warnings)


def test_requests_that_find_a_replica_idle_count_as_longer() -> None:
    """A rate so small that each image comes alone: p50 and p99 are those of a replica that is idle, and it is said."""
    still = replace(kind(10.0, spread=0.0), request=Moment(0.002))
    rested = replace(still, after_idle=(AfterIdle(0.02, 1.1), AfterIdle(0.1, 1.25)))

    found, unknown = (plan_rate([one], demand(0.01, 200), EFFORT) for one in (rested, still))

    assert found.replicas is not None
    assert unknown.replicas is not None
    assert (found.replicas.p50_ms.expected, found.replicas.p99_ms.expected) == pytest.approx((15.0, 15.0))
    assert unknown.replicas.p50_ms.expected == pytest.approx(12.0)
    assert found.replicas.most_per_s == unknown.replicas.most_per_s
    assert not any("idle" in one for one in found.warnings)
    assert any("finds a replica idle is not known" in one for one in unknown.warnings)


def test_one_replica_with_fixed_times_is_as_the_closed_form_says() -> None:
    """M/D/1 at 60 %: the p99 of the plan, and the bound that no policy beats, are those of the exact distribution."""
    still = kind(10.0, spread=0.0)
    exact = MDc(60, 0.01).wait_quantile(0.99) * 1e3 + 10

    found = plan_rate([still], demand(60, 60), Effort(images=10_000, runs=4)).replicas
    assert found is not None
    assert found.p99_ms.expected == pytest.approx(exact, rel=0.05)
    assert found.bound_p99_ms == pytest.approx(exact)
    assert found.utilisation == pytest.approx(0.6, rel=0.03)


def test_batches_are_taken_where_they_carry_what_single_rows_cannot() -> None:
    """200 images/s: one replica does it in batches that the server's own policy makes, or two would be needed."""
    found = plan_rate([STEEP], demand(200, 80), EFFORT)

    assert found.replicas is not None
    assert found.setting is not None
    assert (found.replicas.count, found.replicas.batch) == (1, found.setting.policy.size)
    assert found.replicas.batch > 2
    assert found.setting.policy == policy_for(STEEP.curve, found.setting.max_batch, found.setting.target_latency_ms)
    limited = plan_rate([STEEP], demand(200, 80, limits=Limits(batch=1)), EFFORT)
    assert limited.replicas is not None
    assert (limited.replicas.count, limited.replicas.batch) == (3, 1)


def test_settings_are_each_policy_once_and_of_the_servers_own_making() -> None:
    """Where a batch buys nothing there is one; otherwise sizes with windows, none above the limit."""
    assert [one.policy.size for one in settings_of(FLAT)] == [1]
    policies = [one.policy for one in settings_of(replace(STEEP, max_batch=4))]
    assert len(set(policies)) == len(policies)
    assert {policy.size for policy in policies} == {1, 2, 4}


def test_what_nothing_can_do_is_answered_with_what_would_do() -> None:
    """Three devices for 500 images/s: each relaxation that is named, put into the demand, makes it feasible."""
    few = replace(FLAT, available=3)
    answer = plan_rate([few], demand(500, 60), EFFORT)
    named = {one.limit: one for one in answer.relaxations}

    assert answer.status is Status.INFEASIBLE
    assert answer.replicas is None
    assert set(named) == {"rate", "devices"}
    assert plan_rate([few], demand(named["rate"].needed, 60), EFFORT).replicas is not None
    enough = replace(few, available=int(named["devices"].needed))
    assert plan_rate([enough], demand(500, 60), EFFORT).replicas is not None
    assert plan_rate([replace(enough, available=enough.available - 1)], demand(500, 60), EFFORT).replicas is None


def test_a_goal_below_every_service_names_the_least_p99() -> None:
    """No number of replicas makes 5 ms of 10 ms; the least that is reached is named and suffices."""
    answer = plan_rate([FLAT], demand(50, 5), EFFORT)

    assert [one.limit for one in answer.relaxations] == ["p99"]
    assert answer.relaxations[0].needed > 10
    assert plan_rate([FLAT], demand(50, answer.relaxations[0].needed), EFFORT).replicas is not None


def test_the_cheapest_kind_is_taken_where_cost_counts() -> None:
    """Slow replicas cost less than fewer quick ones, of which fewest are needed; a cost limit names the cost needed."""
    quick, slow = kind(10.0, price=1.0), kind(20.0, price=0.3, name="slow")

    dear, cheap = (plan_rate([quick, slow], demand(120, 120, goal=goal), EFFORT) for goal in (None, Goal.COST))
    assert dear.replicas is not None
    assert cheap.replicas is not None
    assert (dear.replicas.device.name, cheap.replicas.device.name) == ("cpu:1", "slow")
    assert cheap.cost_per_hour == cheap.objective.value
    assert cheap.cost_per_hour < dear.cost_per_hour
    broke = plan_rate([quick], demand(120, 120, limits=Limits(cost=1.5)), EFFORT)
    assert {one.limit: one.needed for one in broke.relaxations}["cost"] == 2.0


def test_replicas_that_may_be_lost_are_kept_besides() -> None:
    """With one lost the rest is the plan without loss."""
    plain, safe = (plan_rate([FLAT], demand(120, 90, lost_devices=lost), EFFORT) for lost in (0, 1))

    assert plain.replicas is not None
    assert safe.replicas is not None
    assert safe.replicas.count == plain.replicas.count + 1
    assert safe.status is Status.OPTIMAL
    assert safe.binding[-1].limit == "lost_devices"


@pytest.mark.parametrize(("rate", "p99_ms", "lost"), [(90, 40, 1), (150, 60, 2), (400, 40, 1)])
def test_the_setting_suffices_with_and_without_the_replicas_that_may_be_lost(rate, p99_ms, lost) -> None:
    """Simulated by hand: servers keep their setting when one is lost, and small batches would not keep up then."""
    answer = plan_rate([STEEP], demand(rate, p99_ms, lost_devices=lost), EFFORT)

    assert answer.replicas is not None
    assert answer.setting is not None
    for count in (answer.replicas.count - lost, answer.replicas.count):
        assert expected_with(Case(STEEP, count, rate, Judge(), EFFORT), answer.setting).judged_ms <= p99_ms
    best = expected(Case(STEEP, answer.replicas.count, rate, Judge(), EFFORT))
    assert best is not None
    assert best.setting != answer.setting


@pytest.mark.parametrize("routing", list(Routing))
def test_every_routing_is_simulated_and_said(routing) -> None:
    """What is assumed of the proxy stands in the warnings."""
    answer = plan_rate([FLAT], demand(120, 60), replace(EFFORT, routing=routing))

    assert answer.replicas is not None
    told = {"round-robin": "in turn", "random": "at random", "least-loaded": "fewest under way"}
    assert told[routing] in answer.warnings[0]


def test_a_hard_deadline_asks_for_more_than_a_relaxed_one() -> None:
    """Hard counts with the longest times that were seen, soft with a probability, relaxed with the mean."""
    judged = {}
    for deadline in (DeadlineClass.HARD, DeadlineClass.SOFT, DeadlineClass.RELAXED):
        given = expected(Case(FLAT, 3, 120.0, Judge(deadline), EFFORT))
        assert given is not None
        judged[deadline] = given.judged_ms

    assert judged[DeadlineClass.HARD] > judged[DeadlineClass.SOFT] > judged[DeadlineClass.RELAXED]


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 4), st.floats(0.2, 0.95), st.integers(0, 99))
def test_more_replicas_never_raise_the_p99(count, load, seed) -> None:
    """With common random numbers, beyond a noise of 2 %; and what is expected works for less than all of the time."""
    effort = replace(EFFORT, runs=2, seed=seed)
    few, more = (expected(Case(FLAT, some, load * 100 * count, Judge(), effort)) for some in (count, count + 1))

    assert few is not None
    assert more is not None
    assert more.p99_ms.expected <= few.p99_ms.expected * 1.02
    assert 0 < more.utilisation < 1
    assert few.rate_per_s < few.most_per_s


@settings(max_examples=8, deadline=None)
@given(st.floats(20, 400), st.floats(1.0, 1.5), st.floats(25, 80))
def test_a_larger_rate_never_needs_fewer_replicas(rate, growth, p99_ms) -> None:
    """An infeasible one needs more than there are; the mean over runs decides, whose spread no rate orders."""
    effort = replace(EFFORT, images=1000, runs=2)
    counts = []
    for asked in (rate, rate * growth):
        relaxed = demand(asked, p99_ms, deadline=DeadlineClass.RELAXED)
        found = plan_rate([replace(FLAT, available=30)], relaxed, effort).replicas
        counts.append(np.inf if found is None else found.count)
        assert found is None or found.utilisation < 1

    assert counts[0] <= counts[1]


def test_the_interval_of_one_more_run_holds_it_as_often_as_it_says() -> None:
    """Of log-normal runs, 95 % of the seventh lie in the interval of six, and below the one-sided bound."""
    runs = np.exp(np.random.default_rng(1).normal(3.0, 0.3, (4000, 7)))
    held = [interval_of_run(row[:6]) for row in runs]

    inside = np.mean([one.low <= row[6] <= one.high for one, row in zip(held, runs, strict=True)])
    below = np.mean([row[6] <= upper_of_run(row[:6], 0.95) for row in runs])
    assert inside == pytest.approx(0.95, abs=0.012)
    assert below == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(
    ("kinds", "asked", "message"),
    [
        ([], demand(10, 50), "needs a rate"),
        ([FLAT], replace(demand(10, 50), p99_ms=None), "needs a rate"),
        ([kind(10.0, price=None)], demand(10, 50, goal=Goal.COST), "has no price"),
        ([kind(10.0, price=None)], demand(10, 50, limits=Limits(cost=1.0)), "has no price"),
        ([FLAT], demand(10, 50, goal=Goal.IMAGES), "cannot make images best"),
        ([FLAT], demand(10, 50, limits=Limits(energy_wh=1.0)), "energy cannot be limited"),
        ([FLAT], demand(10, 50, limits=Limits(uses=1)), "uses of a device cannot be limited"),
        ([replace(FLAT, curve=BatchCurve())], demand(10, 50), "the profile has no batch"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused(kinds, asked, message) -> None:
    """With what is wrong, and a next step."""
    with pytest.raises(UsageError, match=message) as refused:
        plan_rate(kinds, asked, EFFORT)
    assert refused.value.help


def test_profiles_without_deviations_are_said() -> None:
    """A curve of medians, and one of a single trial."""
    bare = replace(FLAT, curve=BatchCurve((BatchPoint(1, 10.0, 12.0, 5),)))
    single = replace(FLAT, curve=BatchCurve((BatchPoint(1, 10.0, 12.0, 5, Moment(0.01, 0.001)),)))

    assert "no deviations" in plan_rate([bare], demand(30, 60), EFFORT).warnings[1]
    assert "one trial only" in plan_rate([single], demand(30, 60), EFFORT).warnings[1]
    with pytest.raises(ValueError, match="2 runs of 1000"):
        Effort(images=10)
