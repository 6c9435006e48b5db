"""The report of a plan that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

import vedette
from vedette.errors import NotFoundError
from vedette.wiring.plan_report import plan_view, write_plan_report

POINTS = "points: [{batch: 1, latency_ms: 40, between_ms: 1, warm_up_ms: 60, trials: 3}, {batch: 8, latency_ms: 250}]"


@pytest.fixture
def planned(tmp_path: Path):
    file = tmp_path / "det.yaml"
    file.write_text(f"model: det\ndevice: cpu:1\n{POINTS}\n", encoding="utf-8")
    return vedette.plan(
        "deadline", model="det", images=200, within="8s", devices="cpu:1,cpu:1,cpu:1,cpu:1", profiles=[file]
    )


def test_other_deadlines_are_planned_from_the_same_profiles(planned) -> None:
    """Fewer devices the longer it may take; where no plan is there is no point."""
    (devices,) = plan_view(planned.plan, planned.given).trade_offs

    within, counts = devices.series[0].x, devices.series[0].y
    assert 8.0 in within
    assert counts[within.index(8.0)] == len(planned.plan.assignments)
    assert list(counts) == sorted(counts, reverse=True)
    assert min(within) > 2.0 - 1e-9


def test_a_report_does_without_profiles_that_are_gone(planned, tmp_path) -> None:
    """It names them, and draws no curves."""
    view = plan_view(planned.plan)

    assert view.curves == ()
    assert view.trade_offs == ()
    assert any(fact.text == "no longer stored" for fact in view.facts)
    assert write_plan_report(planned.plan, tmp_path / "plan.html") > 0


def test_a_report_needs_a_folder(planned, tmp_path) -> None:
    """One that is there."""
    with pytest.raises(NotFoundError, match="no folder"):
        write_plan_report(planned.plan, tmp_path / "nowhere" / "plan.html")
