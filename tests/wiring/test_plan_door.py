"""`vedette.plan`: the library's call, on given profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

import vedette
from vedette.errors import InvalidError, NotFoundError, UsageError
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import PlanKind
from vedette.values.plan import Plan, Status
from vedette.wiring.plan_store import home_plans

POINTS = "points: [{batch: 1, latency_ms: 40, between_ms: 1, warm_up_ms: 60, trials: 3}, {batch: 8, latency_ms: 250}]"


RATE = {"images": None, "within": None, "rate": 5.0, "p99": "1s"}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Of a detector on one core."""
    file = tmp_path / "det.yaml"
    file.write_text(f"model: det\ndevice: cpu:1\nquality: 24.3\n{POINTS}\n", encoding="utf-8")
    return file


def planned(profile: Path, kind: str = "deadline", **more: object) -> Plan:
    asked = {"model": "det", "images": 100, "within": "20s", "devices": "cpu:1,cpu:1", "profiles": [profile]} | more
    return vedette.plan(kind, **asked).plan  # type: ignore[arg-type]


def test_a_plan_is_made_and_kept(profile) -> None:
    """Text or seconds for a time, the same plan; it is found again under its id."""
    plan = planned(profile)

    assert plan.status is Status.OPTIMAL
    assert plan.images == 100
    assert plan.demand.within_s == planned(profile, within=20.0).demand.within_s == 20.0
    assert home_plans().get(plan.id) == plan


def test_each_kind_is_asked_with_its_own_words(profile) -> None:
    """A budget is relaxed unless told, a model has no need of a name."""
    budget = planned(profile, "budget", images=None)
    model = planned(profile, "model", model=())

    assert budget.demand.kind is PlanKind.BUDGET
    assert budget.demand.deadline is DeadlineClass.RELAXED
    assert model.demand.models == ("det",)
    assert model.objective.value == 24.3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"images": 0}, "images=0 cannot be used"),
        ({"within": "20"}, "within='20' is no time"),
        ({"within": None}, "within is missing"),
        ({"rate": 3.0}, "rate is of no use"),
        ({"kind": "fastest"}, "kind='fastest' is not known"),
        ({"deadline": "firm"}, "deadline='firm' is not known"),
        ({"start": "hot"}, "start='hot' is not known"),
        ({"goal": "fame"}, "goal='fame' is not known"),
        ({"goal": "quality"}, "goal=quality is of no use in a plan of kind deadline"),
        ({"kind": "model", "goal": "cost"}, "goal=cost is of no use in a plan of kind model"),
        ({"kind": "budget", "images": None, "goal": "energy"}, "goal=energy is of no use in a plan of kind budget"),
        ({"kind": "rate", **RATE, "goal": "devices"}, "goal=devices is of no use in a plan of kind rate"),
        ({"kind": "rate", **RATE, "start": "cold"}, "start=cold is of no use in a plan of kind rate"),
        ({"model": ["det", "other"]}, "2 models"),
        ({"overlap": 3}, "overlap and fill belong to tiles"),
        ({"refresh": "10"}, "refresh='10' is no time"),
        ({"probability": 95.0}, "between 0 and 1"),
        ({"size": (640,)}, r"size=\(640,\) cannot be used"),
    ],
)
def test_what_cannot_be_planned_is_told(profile, more, told) -> None:
    """With the next step."""
    with pytest.raises(InvalidError, match=told) as caught:
        planned(profile, **more)

    assert caught.value.help


def test_the_same_errors_as_on_the_command_line(profile) -> None:
    """Devices that are none, profiles that are not there, a model that was not profiled."""
    with pytest.raises(UsageError, match="'gpu' is no device"):
        planned(profile, devices="gpu")
    with pytest.raises(UsageError, match=r"0\.2 s is no time to look"):
        planned(profile, refresh="200ms")
    with pytest.raises(NotFoundError, match=r"none\.yaml"):
        planned(profile, profiles=["none.yaml"])
    with pytest.raises(NotFoundError, match=r"with 1 cores \(cpu:1\), not with 0.5"):
        planned(profile, devices="cpu:0.5")


def test_a_notebook_shows_a_plan_as_a_page(profile) -> None:
    """With the curves of a profile that is kept nowhere; as text it is what is recommended."""
    planned = vedette.plan("deadline", model="det", images=100, within="20s", devices="cpu:1,cpu:1", profiles=[profile])

    shown = planned._repr_html_()

    assert "Time of a later mini-batch" in shown
    assert "OPTIMAL" in shown
    assert str(planned).splitlines()[1:] == list(planned.words)
    assert planned.status is planned.plan.status


def test_a_plan_is_written_as_a_report_and_as_a_configuration(profile, tmp_path) -> None:
    """Both name the plan."""
    planned = vedette.plan("deadline", model="det", images=100, within="20s", devices="cpu:1", profiles=[profile])

    report = planned.report(tmp_path / "plan.html")
    (configuration,) = planned.apply(tmp_path / "vedette.yaml")

    assert planned.plan.id in report.read_text(encoding="utf-8")
    assert planned.plan.id in configuration.read_text(encoding="utf-8")


def test_a_plan_that_cannot_be_kept_is_told_all_the_same(profile, monkeypatch, tmp_path) -> None:
    """In a container the home folder may be read-only."""
    (tmp_path / "home").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("VEDETTE_HOME", str(tmp_path / "home"))

    plan = planned(profile)

    assert plan.status is Status.OPTIMAL
    assert plan.warnings[-1].startswith(f"this plan is not kept: {tmp_path / 'home' / 'plans' / plan.id}.json cannot")
