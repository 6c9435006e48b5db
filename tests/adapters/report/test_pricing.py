"""What images cost on a device."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_runs import made_run
from report_runs import unanswered

from vedette.adapters.report.pricing import cost_sheet
from vedette.rules.capacity.cost import Tariff
from vedette.rules.capacity.energy import estimated_power
from vedette.values.device import Billing
from vedette.values.evidence import Estimate
from vedette.values.run import Run

TARIFF = Tariff("box", "a box", 1.25, "EUR", Billing.SECOND, 10.0, "the seller")


def at(rate: Estimate) -> Run:
    run = made_run().run
    return replace(run, summary=replace(run.summary, throughput=rate))


def test_a_million_images_by_hand() -> None:
    """At 100 a second: 2.78 h, 3.47 EUR at 1.25 an hour; 5 W are 0.05 J, 0.0000139 Wh an image."""
    sheet = cost_sheet([at(Estimate(100.0, 80.0, 125.0))], TARIFF, [estimated_power(0.5, 10.0, "box")])

    assert sheet.rows[0][1:5] == ("2.78", "2.22 to 3.47", "3.47", "2.78 to 4.34")
    assert float(sheet.rows[0][5]) == pytest.approx(5 / 100 / 3600, rel=0.01)
    assert "an estimate" in sheet.note
    assert "the seller" in sheet.note


def test_what_is_not_known_is_a_dash_with_its_reason() -> None:
    """No answers, no watts: no cost, and why."""
    sheet = cost_sheet([unanswered().run], TARIFF, ["not told (no CPU time)"])

    assert set(sheet.rows[0][1:]) == {"-"}
    assert "no CPU time" in sheet.note
    assert unanswered().run.summary.throughput.reason in sheet.note
