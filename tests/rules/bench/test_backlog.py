"""When requests are said to pile up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_runs import made_run

from vedette.rules.bench.backlog import piles_up
from vedette.values.evidence import Estimate, RepeatSummary


def repeat(slope: Estimate | None, answered: float | None = 100.0) -> RepeatSummary:
    made = made_run(repeats=1, count=20, monitored=False).run.summary.repeats[0]
    return replace(made, slope=slope, throughput=Estimate(answered))


@pytest.mark.parametrize(
    ("slope", "grows"),
    [
        (Estimate(5.0, 2.0, 8.0), True),
        (Estimate(5.0, -0.1, 10.1), False),  # it may as well be chance
        (Estimate(0.9, 0.5, 1.3), False),  # surely, and less than 1 % of what is answered
        (Estimate(1.1, 0.5, 1.7), True),
        (Estimate(-5.0, -8.0, -2.0), False),
        (Estimate(5.0, reason="no interval"), False),
        (Estimate(None, reason="too few"), False),
        (None, False),
    ],
)
def test_growth_counts_where_it_is_sure_and_more_than_a_hundredth(slope: Estimate | None, grows: bool) -> None:  # noqa: FBT001
    """Of 100 answers a second."""
    assert piles_up(repeat(slope)) is grows


def test_a_target_that_answers_nothing_piles_up_by_any_growth() -> None:
    """A hundredth of nothing."""
    assert piles_up(repeat(Estimate(0.5, 0.1, 0.9), None))
