"""The tally counts outcomes and the time of every stage."""

from __future__ import annotations

import pytest

from vedette.adapters.sinks.tally import Tally
from vedette.flows.inference.postprocess import Delivery
from vedette.values.frame import Size
from vedette.values.result import Failure, Result
from vedette.values.timeline import STAGES, Span, Timeline


def result(*spans: Span) -> Delivery:
    return Delivery(Result("ab", "cat.jpg", 0, None, Size(4, 3), "m", "1", "r", "p", (), Timeline(spans)))


def test_results_and_failures_are_counted_apart() -> None:
    """Each model's answer for an image counts."""
    tally = Tally()
    for delivery in (result(), Delivery(Failure("cd", "x", 0, "invalid", "no", "help")), result()):
        tally.write(delivery)
    tally.close(complete=False)

    assert (tally.done, tally.failed) == (2, 1)


def test_the_time_of_each_stage_is_that_of_the_results() -> None:
    """Milliseconds of the stages that took part, and of the whole; the mean is exact, a median within 1 %."""
    tally = Tally()
    for milliseconds in (1, 2, 6):
        tally.write(result(Span("decode", 0, 1_000_000), Span("infer", 2_000_000, (2 + milliseconds) * 1_000_000)))
    infer = tally.stages["infer"]

    assert (infer.count, infer.mean, infer.maximum) == (3, 3.0, 6.0)
    assert infer.quantile(0.5) == pytest.approx(2.0, rel=0.01)
    assert tally.stages["total"].mean == pytest.approx(5.0)
    assert tally.stages["queue"].count == 0
    assert list(tally.stages) == [*STAGES, "total"]


def test_failures_have_no_times() -> None:
    """A run of which all failed has empty stages."""
    tally = Tally()
    tally.write(Delivery(Failure("cd", "x", 0, "invalid", "no", "help")))

    assert all(stage.count == 0 for stage in tally.stages.values())
