"""Everything that is told of several runs."""

from __future__ import annotations

import pytest
from made_runs import made_run

from vedette.errors import NotFoundError
from vedette.rules.stats.compared import compared
from vedette.values.comparison import Metric, Word
from vedette.values.evidence import Check, State
from vedette.values.run import RunData


def runs(*means: float, failed: int = 0) -> list[RunData]:
    names = "abc"[: len(means)]
    return [
        made_run(
            id=name, campaign="c", repeats=6, order=tuple(range(place, 6 * len(means), len(means))), mean_ms=mean,
            seed=place, count=150, failed=failed,
        )
        for place, (name, mean) in enumerate(zip(names, means, strict=True))
    ]  # fmt: skip


def test_each_later_run_is_held_against_the_first() -> None:
    """Comparisons and tests, pair by pair; features are tested beside the metric."""
    found = compared(runs(10.0, 10.0, 12.0), Metric.SERVICE, features=["system.cpu.busy"])

    assert [one.second for one in found.comparisons] == ["b", "c"]
    assert [(one.second, one.tests.subject) for one in found.tests] == [
        ("b", "service"),
        ("b", "system.cpu.busy"),
        ("c", "service"),
        ("c", "system.cpu.busy"),
    ]
    assert found.comparisons[1].word is Word.FASTER


def test_the_limit_is_held_against_each() -> None:
    """Only the third is shown slower by more than 5 %."""
    assert compared(runs(10.0, 10.0, 12.0), Metric.SERVICE, limit=0.05).shown_slower == (False, True)
    assert compared(runs(10.0, 12.0), Metric.SERVICE).shown_slower == (False,)


def test_what_cannot_be_tested_is_told() -> None:
    """No right answer at all: no test, a reason, no crash."""
    found = compared(runs(10.0, 10.0, failed=150))

    assert found.tests == ()
    assert "two finite values" in found.untested[0]
    assert found.comparisons[0].word is Word.UNDECIDED


def test_a_feature_that_was_not_read_is_an_error() -> None:
    """It was asked for by name."""
    with pytest.raises(NotFoundError):
        compared(runs(10.0, 10.0), features=["no.such.feature"])


def test_invalid_runs_are_named() -> None:
    """They were accepted, and that is said."""
    first, second = runs(10.0, 10.0)
    spoilt = made_run(id="b", checks=(Check("failures", State.FAIL, "2 % failed"),))

    assert compared([first, second]).invalid == ()
    assert compared([first, spoilt]).invalid == ("b",)
