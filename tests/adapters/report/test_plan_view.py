"""What is shown of a plan."""

from __future__ import annotations

from dataclasses import replace

import made_profiles
import pytest
from made_plans import CORE, made_plan, made_profile, made_verification

from vedette.adapters.report.plan_charts import TradeOff
from vedette.adapters.report.plan_view import asked, build_plan_view
from vedette.adapters.report.ticks import ticks
from vedette.values.demand import Demand, Goal, PlanKind
from vedette.values.device import Fleet, Stock
from vedette.values.plan import Objective, Prediction, Relaxation, Status


def test_every_device_is_a_lane_that_ends_when_it_is_expected_to() -> None:
    """The doubt of its end is a stretch of its own, and the deadline lies on the same scale."""
    view = build_plan_view(made_plan())

    assert view.gantt is not None
    assert [lane.name for lane in view.gantt.lanes] == ["cpu:1 no. 1", "cpu:1 no. 2"]
    work, doubt = view.gantt.lanes[0].stretches
    assert (work.start_s, work.end_s) == (0.0, 8.2)
    assert (doubt.start_s, doubt.end_s) == (7.9, 8.6)
    assert view.gantt.within_s == 10.0
    assert view.gantt.end_s > 10.0


def test_a_device_that_stands_by_has_no_time() -> None:
    """Its lane and its row say so; one mini-batch is one, and 99.9 % are not rounded to certainty."""
    first, second = made_plan().assignments
    sure = replace(first, later_uses=0, images=16, time_s=Prediction(0.2, 0.19, 0.21, 0.999))
    idle = replace(second, later_uses=0, images=0, time_s=Prediction(0.0))

    view = build_plan_view(made_plan(assignments=(sure, idle)))

    assert view.gantt is not None
    works, waits = view.gantt.lanes
    assert [one.label for one in works.stretches] == ["1 mini-batch of 16, 0.200 s", "0.190 to 0.210 s with 99.9 %"]
    assert (waits.told, waits.stretches) == ("stands by", ())
    assert view.sheets[0].rows[1][5] == "stands by"


def test_the_curves_are_those_of_the_profile_with_the_chosen_point_marked() -> None:
    """What failed for want of memory has no point."""
    view = build_plan_view(made_plan(), [made_profile()])

    later, first, each, memory = view.curves
    assert later.series[0].x == (1.0, 2.0, 4.0, 8.0, 16.0)
    assert later.series[0].y[0] == pytest.approx(10.0)
    assert first.series[0].y[0] == pytest.approx(29.0)
    assert each.series[0].y[-1] == pytest.approx(130 / 16)
    assert memory.series[0].y[0] == 122.0
    assert [mark.x for mark in later.marks] == [16]


def test_other_deadlines_are_charts_where_they_change_something() -> None:
    """Where every deadline needs the same there is nothing to see; devices come in steps."""
    found = [
        TradeOff(5.0, Status.OPTIMAL, devices=4, cost=0.03),
        TradeOff(10.0, Status.OPTIMAL, devices=2, cost=0.03),
        TradeOff(2.0, Status.INFEASIBLE),
    ]

    (devices,) = build_plan_view(made_plan(), trade_offs=found).trade_offs

    stairs, points = devices.series
    assert tuple(zip(stairs.x, stairs.y, strict=True)) == ((5.0, 4.0), (10.0, 4.0), (10.0, 2.0))
    assert tuple(zip(points.x, points.y, strict=True)) == ((5.0, 4.0), (10.0, 2.0))
    assert devices.caption.endswith("No plan within 2 s.")
    assert [mark.x for mark in devices.marks] == [10.0]


def test_points_of_a_profile_say_whether_they_were_measured() -> None:
    """In the key and below the chart; mini-batches lie at powers of two."""
    given, measured = made_profile(), made_profiles.made_profile({1: 10.0, 2: 20.0, 4: 40.0})

    alone = build_plan_view(made_plan(), [given]).curves[0]
    both = build_plan_view(made_plan(), [measured, given]).curves[0]

    assert alone.series[1].label == "lite0 on cpu:1: given"
    assert alone.caption.startswith("Each point was given by hand;")
    assert [one.label.rpartition(": ")[2] for one in both.series[1::2]] == ["measured", "given"]
    assert "or was given by hand" in both.caption
    assert ticks(alone.x) == (1.0, 2.0, 4.0, 8.0, 16.0)


def test_what_is_nearly_certain_is_not_shown_as_certain() -> None:
    """Three figures of 99.998 % would read as 100 %."""
    nearly, surely = (build_plan_view(made_plan(probability=one)).figures[1].estimate for one in (0.99998, 1.0))

    assert (nearly.value, nearly.reason) == (99.9, "more than 99.99 % that the deadline is met")
    assert surely.value == 100.0


def test_one_device_and_its_cost_have_their_units() -> None:
    """In the singular, and with the currency."""
    view = build_plan_view(made_plan(objective=Objective(Goal.DEVICES, 1.0, 1.0, "devices")))

    assert view.binding[0].text == "1 device; proven bound 1"
    assert view.sheets[0].heads[-1] == ">cost, EUR"


def test_measured_stands_beside_predicted() -> None:
    """A row for each time that the plan was carried out."""
    carried_out = replace(made_verification(), created="2026-01-02T03:04:05.123456+00:00")
    view = build_plan_view(made_plan(), verifications=[carried_out])

    sheet = view.sheets[-1]
    assert sheet.rows == (("2026-01-02T03:04:05+00:00", "8.30", "8.50", "+2.4%", "yes", "yes"),)


def test_an_infeasible_demand_shows_what_would_do() -> None:
    """And neither devices nor charts of them."""
    plan = made_plan(
        status=Status.INFEASIBLE,
        assignments=(),
        makespan_s=None,
        probability=None,
        objective=Objective(Goal.DEVICES, None, None, "devices"),
        binding=(),
        relaxations=(Relaxation("within", 10.0, 14.0, "14 s in place of 10 s"),),
    )

    view = build_plan_view(plan)

    assert (view.status, view.good, view.gantt) == ("infeasible", False, None)
    assert [(one.name, one.text) for one in view.binding] == [("would do: within", "14 s in place of 10 s")]


def test_a_demand_is_told_in_a_sentence() -> None:
    """Of every kind."""
    fleet = Fleet((Stock(CORE, 2),))

    assert asked(Demand(PlanKind.BUDGET, ("a",), fleet, within_s=3.0)) == (
        "Asked: as many images as possible through a within 3 s, on 2 x cpu:1 at most; soft deadline."
    )
    assert asked(Demand(PlanKind.RATE, ("a",), fleet, rate_per_s=20.0, p99_ms=80.0)) == (
        "Asked: a at 20 images a second, p99 within 80 ms, on 2 x cpu:1 at most; Poisson arrivals."
    )
    assert asked(Demand(PlanKind.MODEL, ("a", "b"), fleet, images=1, within_s=4.0)).startswith(
        "Asked: the best of a, b for 1 image within 4 s"
    )


def test_a_profile_that_is_gone_is_named() -> None:
    """A plan outlives what it rests on."""
    view = build_plan_view(made_plan(), [])

    assert ("profile lite0-cpu-1", "no longer stored") in [(one.name, one.text) for one in view.facts]
