"""The list of plans: 80 columns, and nothing that tells one plan from another is left out."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_plans import CORE, made_plan

from vedette.cli.plan_list import _starts, print_plan_list
from vedette.values.demand import Demand, Goal, PlanKind
from vedette.values.device import Fleet, Stock
from vedette.values.plan import Objective, Plan, Prediction, Status

FLEET = Fleet((Stock(CORE, 3),))


def listed(capsys: pytest.CaptureFixture[str], *plans: Plan) -> list[list[str]]:
    """The cells of each line below the head."""
    print_plan_list(plans)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    _, head, _, *lines, _ = text.splitlines()
    assert head.split() == ["plan", "asked", "(images)", "status", "objective", "makespan"]
    return [line.split("   ") for line in lines]


def test_a_plan_is_told_with_what_was_asked_and_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Model, images and time tell plans of one day apart."""
    lines = listed(capsys, made_plan(id="20261123-175802-bea25835"))

    told = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert told == [
        ["20261123-175802", "lite0", "optimal", "2 devices", "8.3 s"],
        ["deadline: 2,000 in 10 s"],
    ]


@pytest.mark.parametrize(
    ("demand", "told"),
    [
        (Demand(PlanKind.BUDGET, ("lite0",), FLEET, within_s=10.0), "budget: in 10 s"),
        (Demand(PlanKind.DEADLINE, ("lite0",), FLEET, images=1, within_s=0.5), "deadline: 1 in 500 ms"),
        (Demand(PlanKind.RATE, ("lite0",), FLEET, rate_per_s=30.0, p99_ms=120.0), "rate: 30/s, p99 120 ms"),
        (Demand(PlanKind.BESIDE, ("a", "b"), FLEET, images=50, within_s=60.0), "beside: 50 in 60 s"),
    ],
)
def test_every_kind_says_what_it_was_asked(capsys: pytest.CaptureFixture[str], demand: Demand, told: str) -> None:
    """Without a makespan there is a dash."""
    text = "\n".join("   ".join(line) for line in listed(capsys, made_plan(demand=demand, makespan_s=None)))

    assert told in text
    assert ", ".join(demand.models) in text
    assert " -" in text


def test_an_infeasible_plan_has_neither_objective_nor_makespan(capsys: pytest.CaptureFixture[str]) -> None:
    """Its status says why."""
    plan = made_plan(status=Status.INFEASIBLE, objective=Objective(Goal.DEVICES, None, None, ""), makespan_s=None)
    first = [cell.strip() for cell in listed(capsys, plan)[0] if cell.strip()]

    assert first == ["plan-1", "lite0", "infeasible", "-", "-"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True), min_size=1, max_size=4, unique=True),
            st.integers(1, 10**15),
            st.floats(0.001, 1e9),
            st.floats(0.001, 1e9),
            st.sampled_from(Status),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_plan_is_wider_than_80_columns_and_no_word_is_lost(
    capsys: pytest.CaptureFixture[str], drawn: list[tuple[list[str], int, float, float, Status]]
) -> None:
    """Whatever its models are called: read without the folds, every name is there."""
    plans = [
        made_plan(
            id=f"20261123-17580{number}-bea25835",
            demand=Demand(PlanKind.DEADLINE, tuple(models), FLEET, images=images, within_s=within),
            status=status,
            objective=Objective(Goal.COST, value, value, "EUR"),
            makespan_s=Prediction(within),
        )
        for number, (models, images, within, value, status) in enumerate(drawn)
    ]

    print_plan_list(plans)

    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    start, end = (text.splitlines()[1].index(head) for head in ("asked", "status"))
    asked = "".join(line[start:end].strip() for line in text.splitlines())
    assert all(model in asked for models, *_ in drawn for model in models)


@given(st.lists(st.from_regex(r"2026112[0-3]-17580[0-3]-[ab]{8}", fullmatch=True), min_size=1, max_size=9, unique=True))
def test_the_start_of_an_id_is_of_that_plan_alone(ids: list[str]) -> None:
    """As `vedette plan show` takes it; by brute force over all pairs."""
    starts = _starts(ids)

    for start, id_ in zip(starts, ids, strict=True):
        assert [one for one in ids if one.startswith(start)] == [id_]
        assert len(start) == 15 or any(one != id_ and one.startswith(start[:-1]) for one in ids)
