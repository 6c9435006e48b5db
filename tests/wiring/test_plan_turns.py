"""A plan of models side by side that is carried out with real processes, on a tiny model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from carried_plans import kept_job, ready
from profiled_models import given_profile
from timed_devices import planned

from vedette.cli.plan_verify import print_verification
from vedette.errors import UnsupportedError
from vedette.values.demand import PlanKind
from vedette.values.plan import Plan
from vedette.wiring.carried import Carried
from vedette.wiring.plan_store import home_plans
from vedette.wiring.plan_verify import duties_of, verify_plan


def silent(_: str) -> None:
    """Nothing of it is tested."""


def in_turn(plan: Plan) -> Plan:
    """The same work, one after the other on one device."""
    shared = tuple(replace(one, number=1) for one in plan.assignments)
    return replace(plan, demand=replace(plan.demand, kind=PlanKind.BESIDE), assignments=shared)


def test_models_take_turns_on_the_same_cores() -> None:
    """Where the plan is of devices of their own, the same one twice is refused."""
    plan, _ = planned(("cpu:0.5", 4, 8), ("cpu:0.5", 2, 6))
    plan = in_turn(plan)

    duties = duties_of(plan, {"p-1": given_profile({1: 0.01, 4: 0.03})}, ["a"], [3, 7])

    assert [duty.order.cores for duty in duties] == [duties[0].order.cores] * 2
    with pytest.raises(UnsupportedError, match=r"side by side on cpu:0\.5 1"):
        duties_of(replace(plan, demand=replace(plan.demand, kind=PlanKind.DEADLINE)), {}, ["a"], [3, 7])


def test_a_plan_of_two_models_is_carried_out_and_kept(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second is done after the first; the table names the models; the verification is found again."""
    ready(home)
    plan = in_turn(kept_job())
    home_plans().put(plan)

    found = verify_plan(plan, None, silent, Carried(probe=False))

    assert found.reason == ""
    assert [(run.model, run.images) for run in found.runs] == [("colour", 10), ("colour", 5)]
    assert found.measured_s == found.runs[1].took_s > found.runs[0].took_s > 0
    assert found.held is True
    assert any("the peaks of the 2 processes add up to" in note for note in found.notes)
    assert home_plans().verifications(plan.id) == ((found,), ())
    print_verification(found)
    assert "model" in capsys.readouterr().out
