"""The recommendation in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.rules.capacity.explain import explain
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, Limits, PlanKind, Start
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.plan import Assignment, Binding, Objective, Plan, Prediction, Relaxation, Replicas, Status

CPU, HALF = DeviceKind("cpu:1"), DeviceKind("cpu:0.5", 0.5)
DEMAND = Demand(PlanKind.DEADLINE, ("ssd",), Fleet((Stock(CPU, 4), Stock(HALF, 1))), images=6080, within_s=20.0)


def work(images: int, device: DeviceKind = CPU, model: str = "ssd", batch: int = 8) -> Assignment:
    return Assignment(device, 1, model, "p", batch, 9, images, Prediction(17.0))


PLAN = Plan(
    "id",
    DEMAND,
    Status.OPTIMAL,
    Objective(Goal.DEVICES, 2, 2, "devices"),
    "closed form",
    assignments=(work(3040), work(3040)),
    makespan_s=Prediction(17.43, 16.9, 17.94),
    probability=0.992,
    images=6080,
)


def test_a_plan_in_time_is_told_whole() -> None:
    """What to run where, what it takes, how sure that is, how good it is."""
    assert explain(PLAN) == (
        "Run ssd on 2 x cpu:1 in mini-batches of 8 (3,040 images each).",
        (
            "The 6,080 images take 17.4 s (95 % interval 16.9 to 17.9 s) of the 20 s allowed, counted from loaded "
            "processes."
        ),
        "The time is met with a probability of 99 % (95 % asked).",
        "No plan with fewer devices meets the demand: this is proven.",
    )


def test_money_energy_and_what_decides_are_told() -> None:
    """The two limits that decide most; the others are in the plan."""
    binding = tuple(Binding(name, f"one more {name} buys 3 images") for name in ("second", "device", "image"))
    words = explain(replace(PLAN, cost=0.00125, currency="EUR", energy_wh=0.5, binding=binding))

    assert words[3] == "It costs 0.00125 EUR and takes 0.5 Wh."
    assert words[5:] == ("One more second buys 3 images.", "One more device buys 3 images.")


def test_devices_that_work_differently_are_told_apart() -> None:
    """By kind and mini-batch; different shares of images as a range; idle ones stand by."""
    plan = replace(PLAN, assignments=(work(3000), work(2980), work(100, HALF, batch=4), work(0)))

    assert explain(plan)[0] == (
        "Run ssd on 1 x cpu:0.5 in mini-batches of 4 (100 images), and on 2 x cpu:1 in mini-batches of 8 (2,980 to "
        "3,000 images each), and on 1 x cpu:1 standing by."
    )


def test_several_models_are_named_each() -> None:
    """With the devices that run them."""
    plan = replace(PLAN, assignments=(work(10, model="a"), work(10, model="b")))

    assert explain(plan)[0] == (
        "Run a on 1 x cpu:1 in mini-batches of 8 (10 images), and b on 1 x cpu:1 in mini-batches of 8 (10 images)."
    )


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (DeadlineClass.HARD, "even if every mini-batch takes the longest that was seen; the probability is 99 %."),
        (DeadlineClass.RELAXED, "Each device is in time on average; the probability that all are is 99 %."),
        (
            DeadlineClass.BEST_EFFORT,
            "in time on average, and nothing is promised; the probability that all are is 99 %.",
        ),
    ],
)
def test_each_class_of_deadline_has_its_own_promise(kind, told) -> None:
    """Only a soft one promises a probability."""
    assert explain(replace(PLAN, demand=replace(DEMAND, deadline=kind)))[2].endswith(told)


def test_a_probability_that_is_not_known_is_not_made_up() -> None:
    """With the next step."""
    plan = replace(PLAN, probability=None, makespan_s=Prediction(17.0))

    assert explain(plan)[1].startswith("The 6,080 images take 17 s of the 20 s allowed")
    assert explain(plan)[2] == "How probable it is cannot be told: measure three trials or more."


def test_the_start_and_lost_devices_are_told() -> None:
    """What the time counts from, and what may fail."""
    words = explain(replace(PLAN, demand=replace(DEMAND, start=Start.COLD, lost_devices=1)))

    assert words[1].endswith("counted from the start of the processes, loading included.")
    assert words[2] == "The others still end in time if the best device of these fails at the start."


def test_an_infeasible_demand_says_what_was_asked_and_what_would_do() -> None:
    """Everything that was asked, why, and each relaxation."""
    plan = Plan(
        "id",
        replace(DEMAND, limits=Limits(cost=2.5, energy_wh=5)),
        Status.INFEASIBLE,
        Objective(Goal.DEVICES, None, None, "devices"),
        "closed form",
        binding=(Binding("within", "5 devices of the fleet do 5,000 of 6,080 images within 20 s"),),
        relaxations=(
            Relaxation("images", 6080, 5000, "5,000 images at most"),
            Relaxation("within", 20, 23.1, "a time of 23.1 s"),
        ),
    )

    assert explain(plan) == (
        (
            "No plan meets this demand: 6,080 images through ssd on 4 x cpu:1 and 1 x cpu:0.5 within 20 s with a "
            "probability of 95 % for 2.50 EUR and 5 Wh at most."
        ),
        "5 devices of the fleet do 5,000 of 6,080 images within 20 s.",
        "Any one of these changes alone would do: 5,000 images at most; a time of 23.1 s.",
    )
    assert explain(replace(plan, relaxations=plan.relaxations[:1]))[-1] == (
        "This change alone would do: 5,000 images at most."
    )
    assert explain(replace(plan, relaxations=()))[-1].startswith(
        "No other time, cost, energy or number of images alone would do"
    )
    unlimited = replace(plan, relaxations=(), demand=DEMAND)
    assert explain(unlimited)[-1].startswith("No change of one limit alone would do")
    assert explain(replace(plan, status=Status.UNKNOWN))[0].startswith("Whether a plan exists was not found out")


def test_what_is_not_proven_is_not_called_so() -> None:
    """The bound is told instead."""
    plan = replace(PLAN, status=Status.FEASIBLE, objective=Objective(Goal.COST, 3.0, 2.5, "EUR"))

    assert explain(plan)[-1] == "A plan with less money may exist: 2.5 at least is proven."


def test_a_model_is_told_with_its_quality() -> None:
    """Unknown is said to be unknown."""
    demand = replace(DEMAND, kind=PlanKind.MODEL)
    known = replace(PLAN, demand=demand, objective=Objective(Goal.QUALITY, 22.0, 22.0, "quality"))

    assert "Its quality is 22." in explain(known)
    unknown = replace(known, objective=Objective(Goal.QUALITY, None, None, "quality"))
    assert "Its quality is unknown." in explain(unknown)


def test_a_rate_is_told_whole() -> None:
    """Replicas, batch, delay, p99, load and where it ends."""
    replicas = Replicas(CPU, "ssd", "p", 2, 8, 2.5, Prediction(12.0), Prediction(41.0, 39.0, 43.0), 0.61, 61.3)
    demand = Demand(PlanKind.RATE, ("ssd",), DEMAND.fleet, rate_per_s=30.0, p99_ms=50.0)
    plan = Plan(
        "id", demand, Status.OPTIMAL, Objective(Goal.REPLICAS, 2, 2, "replicas"), "simulation", replicas=replicas
    )

    assert explain(plan) == (
        (
            "Serve ssd with 2 replicas, each on cpu:1; put up to 8 rows in a batch and let a row wait 2.5 ms for "
            "others at most."
        ),
        (
            "At 30 images a second the 99th percentile of the latency is 41 ms (95 % interval 39 to 43 ms) of the 50 "
            "ms allowed, half of the answers come within 12 ms."
        ),
        "The replicas work 61 % of the time; from 61.3 images a second on the queue grows without end.",
        "No plan with fewer replicas meets the demand: this is proven.",
    )


def test_last_of_several_devices_may_be_expected_late() -> None:
    """Each is in time on average, the last of them is not: the words say both, and do not contradict each other."""
    demand = replace(DEMAND, kind=PlanKind.BUDGET, images=None, deadline=DeadlineClass.RELAXED)
    plan = replace(PLAN, demand=demand, makespan_s=Prediction(20.1, 19.4, 21.1), probability=0.39)

    words = explain(plan)

    assert words[1].startswith(
        "The 6,080 images take 20.1 s (95 % interval 19.4 to 21.1 s), more than the 20 s allowed,"
    )
    assert words[2] == "Each device is in time on average; the probability that all are is 39 %."
    alone = replace(plan, assignments=(work(6080),), makespan_s=Prediction(17.0), probability=0.99)
    assert explain(alone)[2] == "The time is met on average; the probability is 99 %."


def test_model_at_the_start_of_a_sentence_keeps_its_name() -> None:
    """Names of models are told apart by case."""
    binding = (Binding("within", "ssd: 2 devices do 10 of 20 images"), Binding("devices", "one more device: nothing"))

    words = explain(replace(PLAN, binding=binding))

    assert words[-2:] == ("ssd: 2 devices do 10 of 20 images.", "One more device: nothing.")


def test_limit_of_money_is_told_in_the_currency_of_those_that_have_a_price() -> None:
    """Without powers of ten."""
    own, hired = DeviceKind("own"), DeviceKind("hired", price_per_hour=1.0, currency="CHF")
    fleet = Fleet((Stock(own, 1), Stock(hired, 1)))
    demand = replace(DEMAND, fleet=fleet, limits=Limits(cost=0.00001))
    plan = replace(PLAN, demand=demand, status=Status.INFEASIBLE, assignments=(), makespan_s=None, probability=None)

    assert "for 0.00001 CHF at most" in explain(plan)[0]


def test_one_replica_is_told_in_the_singular() -> None:
    """And a batch of one has no others to wait for."""
    replicas = Replicas(CPU, "ssd", "p", 1, 1, 0.0, Prediction(12.0), Prediction(41.0), 0.61, 61.3)
    demand = Demand(PlanKind.RATE, ("ssd",), DEMAND.fleet, rate_per_s=30.0, p99_ms=50.0)
    objective = Objective(Goal.REPLICAS, 1, 1, "replicas")

    words = explain(Plan("id", demand, Status.OPTIMAL, objective, "simulation", replicas=replicas))

    assert words[0] == "Serve ssd with 1 replica, on cpu:1; put one row in a batch."
    assert words[2].startswith("The replica works 61 % of the time;")


@pytest.mark.parametrize(
    ("models", "told"),
    [
        (("a",), ("Keep a in mini-batches of 8 (10 images) alone on one cpu:1.", "It needs 90 MB", "Its quality is 4")),
        (("a", "b"), ("Keep these loaded on one cpu:1", "Together they need 180 MB", "Their qualities add up to 4")),
    ],
)
def test_one_model_alone_is_no_set(models, told) -> None:
    """Its memory and its quality are its own; several are added up."""
    works = tuple(replace(work(10, model=name), peak_bytes=90_000_000) for name in models)
    demand = Demand(PlanKind.BESIDE, models, Fleet((Stock(CPU, 1),)), images=10, within_s=20.0)
    plan = replace(PLAN, demand=demand, assignments=works, objective=Objective(Goal.QUALITY, 4.0, 4.0, "quality"))

    for text in told:
        assert any(words.startswith(text) for words in explain(plan))


def test_the_memory_that_is_too_little_is_told_with_the_demand() -> None:
    """Of models side by side, which share it."""
    kind = replace(CPU, memory_bytes=300_000_000)
    demand = Demand(PlanKind.BESIDE, ("a", "b"), Fleet((Stock(kind, 1),)), images=10, within_s=20.0)
    none = Objective(Goal.QUALITY, None, None, "quality")

    words = explain(Plan("id", demand, Status.INFEASIBLE, none, "CP-SAT"))

    assert "on 1 x cpu:1 with 300 MB within 20 s" in words[0]
