"""What a pair of runs says, in sentences."""

from __future__ import annotations

from made_runs import made_run

from vedette.adapters.report.comparing import pair_words
from vedette.adapters.report.view import Pair
from vedette.rules.stats.compare import compare, compare_all
from vedette.values.comparison import Metric


def test_interleaved_runs_are_told_apart_with_interval_and_chance() -> None:
    """Ten per cent between two runs in turns."""
    first = made_run(id="a", campaign="c", order=(0, 3, 4, 7, 8), count=600)
    second = made_run(id="b", campaign="c", order=(1, 2, 5, 6, 9), count=600, mean_ms=11.0, seed=5)

    (words,) = pair_words(Pair("a", "b", compare_all([first, second], metric=Metric.SERVICE)))

    assert words.startswith("Service time: a is faster than b by ")
    assert "[" in words
    assert "ms against" in words
    assert "; t(4) = " in words


def test_runs_that_were_not_interleaved_are_undecided_and_say_why() -> None:
    """Figures stand there, no verdict."""
    (words,) = pair_words(Pair("a", "b", (compare(made_run(id="a"), made_run(id="b", mean_ms=20.0)),)))

    assert "undecided between a and b" in words
    assert "not interleaved" in words


def test_incomparable_runs_give_the_reasons_only() -> None:
    """Nothing is compared."""
    assert pair_words(Pair("a", "b", incomparable=("another machine", "other images"))) == (
        "a and b may not be compared: another machine; other images.",
    )


def test_invalid_runs_are_named_first() -> None:
    """Before any figure."""
    pair = Pair("a", "b", (compare(made_run(id="a"), made_run(id="b")),), invalid=("a", "b"))

    assert pair_words(pair)[0] == "Not to be quoted: a and b are INVALID."
    assert pair_words(Pair("a", "b", invalid=("a",))) == ("Not to be quoted: a is INVALID.",)
