"""Stored runs are opened to be compared, or refused with all reasons."""

from __future__ import annotations

import pytest
from made_runs import made_run, on_other_machine

from vedette.adapters.store.runs import RunsFolder
from vedette.errors import ConflictError, NotFoundError, UsageError
from vedette.values.evidence import Check, State
from vedette.values.run import RunData
from vedette.wiring.comparing import opened, opened_to_compare
from vedette.wiring.runs import home_runs


def stored(data: RunData) -> RunData:
    RunsFolder(home_runs()).create(data.run.id).finish(data)
    return data


def spoilt(name: str) -> RunData:
    return made_run(id=name, checks=(Check("a", State.FAIL, "it was late"), Check("b", State.FAIL, "it failed")))


def test_runs_come_in_the_order_of_their_names() -> None:
    """As they were stored."""
    for name in ("a", "b"):
        stored(made_run(id=name))

    assert [data.run.id for data in opened(["b", "a"])] == ["b", "a"]
    assert [data.run.id for data in opened_to_compare(["b", "a"])] == ["b", "a"]


def test_all_reasons_of_all_invalid_runs_are_told() -> None:
    """One line each, and the way out."""
    stored(made_run(id="a"))
    stored(spoilt("b"))
    stored(spoilt("c"))

    with pytest.raises(ConflictError) as error:
        opened(["a", "b", "c"])
    assert error.value.message.splitlines() == [
        "2 of 3 runs are INVALID:",
        "  b: it was late",
        "  b: it failed",
        "  c: it was late",
        "  c: it failed",
    ]
    assert "--accept-invalid" in error.value.help
    assert len(opened(["a", "b", "c"], accept_invalid=True)) == 3


def test_each_is_held_against_the_first() -> None:
    """The refusal names the runs that do not fit."""
    stored(made_run(id="a"))
    stored(made_run(id="b"))
    stored(on_other_machine(made_run(id="c")))

    with pytest.raises(ConflictError) as error:
        opened_to_compare(["a", "b", "c"])
    assert "cannot be compared with a" in error.value.message
    assert "c: other machine" in error.value.message
    assert "\n  b:" not in error.value.message


def test_a_run_is_not_compared_with_itself() -> None:
    """By whichever name it was called."""
    stored(made_run(id="alpha"))

    with pytest.raises(UsageError, match="alpha stands twice"):
        opened_to_compare(["alpha", "alp"])
    with pytest.raises(NotFoundError):
        opened(["nowhere"])
