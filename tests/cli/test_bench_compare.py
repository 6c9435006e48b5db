"""`vedette bench compare`."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import typer
from click.testing import Result
from made_runs import made_run, on_other_machine
from typer.testing import CliRunner

from vedette.adapters.store.runs import RunsFolder
from vedette.cli import bench_compare
from vedette.cli.bench_compare import parse_percent, plain
from vedette.errors import ConflictError, NotFoundError, UsageError
from vedette.values.evidence import Check, State
from vedette.values.run import RunData
from vedette.wiring.runs import home_runs

app = typer.Typer()
app.command()(bench_compare.compare)


def stored(data: RunData) -> RunData:
    RunsFolder(home_runs()).create(data.run.id).finish(data)
    return data


def turns(*means: float, repeats: int = 6, campaign: str | None = "c") -> None:
    """Runs a, b, c ... that took turns."""
    for place, mean in enumerate(means):
        order = tuple(range(place, repeats * len(means), len(means)))
        stored(
            made_run(
                id="abc"[place], campaign=campaign, repeats=repeats, order=order, mean_ms=mean, seed=place, count=150
            )
        )


def called(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def answer(*words: str) -> Any:
    return json.loads(called(*words, "--format", "json").stdout)


def test_the_sentence_comes_first_then_the_tables() -> None:
    """Faster, by how much, interval, probability; both t-tests with all rows of a spreadsheet's, and Mann-Whitney."""
    turns(10.0, 11.0)
    result = called("a", "b", "--metric", "service")

    assert result.exit_code == 0
    assert result.stdout.startswith("a is faster than b by ")
    for row in (
        "mean", "variance", "observations", "pooled variance", "hypothesized mean difference", "df ", "t  ",
        "P(T<=t) one-tail", "t critical one-tail", "P(T<=t) two-tail", "t critical two-tail",
    ):  # fmt: skip
        assert result.stdout.count(f"\n {row}") >= 2, row
    for title in ("Student's t-test", "Welch's t-test", "Mann-Whitney", "Cliff's delta"):
        assert title in result.stdout


def test_json_holds_what_the_table_holds() -> None:
    """Verdict, ratio with its interval, probability, corrected chances, tests both ways."""
    turns(10.0, 10.0, 12.0)
    found = answer("a", "b", "c", "--metric", "service")

    assert [one["second"] for one in found["comparisons"]] == ["b", "c"]
    worst = found["comparisons"][1]
    assert worst["verdict"] == "faster"
    assert worst["ratio"]["low"] < 1.2 < worst["ratio"]["high"]
    assert worst["probability"] > 0.999
    assert worst["p_corrected"] == pytest.approx(2 * worst["p"])
    assert worst["shown_slower"] is None
    assert found["tests"][1]["student"]["naive"]["first"]["count"] > 500
    assert set(found["tests"][1]) >= {"first", "second", "subject", "student", "welch", "rank", "rank_naive", "effect"}


@pytest.mark.parametrize(
    ("second", "limit", "code"), [(12.0, "5%", 1), (12.0, "30%", 0), (10.0, "5%", 0), (8.0, "5%", 0)]
)
def test_the_exit_code_tells_whether_a_later_run_is_shown_slower(second: float, limit: str, code: int) -> None:
    """1 only where its interval lies above the limit."""
    turns(10.0, second)
    result = called("a", "b", "--metric", "service", "--fail-if-slower", limit)

    assert result.exit_code == code
    word = "is" if code else "is not"
    assert f"b {word} shown slower than a by more than {limit.replace('%', ' %')}" in result.stdout


def test_runs_that_did_not_take_turns_are_undecided_and_do_not_fail() -> None:
    """However much slower: figures, the reason, exit code 0."""
    turns(10.0, 20.0, campaign=None)
    result = called("a", "b", "--fail-if-slower", "5%")

    assert result.exit_code == 0
    assert result.stdout.startswith("undecided between a and b: a was faster by ")
    assert "not interleaved" in result.stdout
    assert "nothing can be shown" in result.stdout


def test_a_throughput_and_a_feature_are_compared_too() -> None:
    """Units follow the subject."""
    turns(10.0, 10.0)
    found = answer("a", "b", "--metric", "throughput", "--feature", "process.server.cpu_time")

    assert [(one["subject"], one["unit"]) for one in found["tests"]] == [
        ("throughput", "/s"),
        ("process.server.cpu_time", "s/s"),
    ]


def test_degrees_of_freedom_are_rounded_on_request() -> None:
    """As spreadsheets do."""
    turns(10.0, 11.0)

    assert answer("a", "b", "--round-df")["tests"][0]["welch"]["naive"]["df"] % 1 == 0
    assert answer("a", "b")["tests"][0]["welch"]["naive"]["df"] % 1 != 0


def test_incomparable_runs_are_refused_with_the_reasons() -> None:
    """Another machine."""
    stored(made_run(id="a"))
    stored(on_other_machine(made_run(id="b")))

    with pytest.raises(ConflictError, match="b: other machine"):
        called("a", "b")


def test_invalid_runs_are_refused_unless_accepted_and_then_named() -> None:
    """With the sentence of the check that failed."""
    stored(made_run(id="a"))
    stored(made_run(id="b", checks=(Check("failures", State.FAIL, "2 % of requests failed"),)))

    with pytest.raises(ConflictError, match=r"b: 2 % of requests failed"):
        called("a", "b")
    assert "run b is INVALID and used nevertheless" in called("a", "b", "--accept-invalid").stdout
    assert answer("a", "b", "--accept-invalid")["invalid"] == ["b"]


def test_runs_without_right_answers_are_told_and_do_not_crash() -> None:
    """Nothing to compare: undecided, not tested."""
    turns(10.0)
    stored(made_run(id="b", campaign="c", repeats=6, order=tuple(range(1, 7)), failed=150, count=150))
    result = called("a", "b")

    assert result.exit_code == 0
    assert "undecided" in result.stdout
    assert "not tested: latency" in result.stdout
    assert answer("a", "b")["comparisons"][0]["ratio"]["value"] is None


def test_wrong_words_are_told() -> None:
    """One run, the same twice, one that is not there, a metric and a percentage that are none."""
    turns(10.0, 11.0)

    for words in (["a"], ["a", "a"], ["a", "b", "--metric", "latencies"], ["a", "b", "--fail-if-slower", "5"]):
        with pytest.raises(UsageError):
            called(*words)
    with pytest.raises(NotFoundError):
        called("a", "nowhere")


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.5 %", 0.005), ("0%", 0.0), ("150%", 1.5)])
def test_percentages_are_read(text: str, share: float) -> None:
    """With the sign, so that 5 is never taken for 500."""
    assert parse_percent(text, "--x") == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "5", "five%", "-1%", "nan%", "inf%", "5%%", "5%x"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    """And the help shows one."""
    with pytest.raises(UsageError, match="no percentage"):
        parse_percent(text, "--x")


def test_json_knows_no_infinity() -> None:
    """An infinite t is null."""
    assert plain({"t": math.inf, "l": (1.0, math.nan), "n": 3, "s": "x"}) == {
        "t": None,
        "l": [1.0, None],
        "n": 3,
        "s": "x",
    }


def test_a_run_without_a_monitor_has_no_feature() -> None:
    """Asked for by name, it is an error."""
    turns(10.0)
    stored(replace(made_run(id="b", campaign="c", repeats=6, order=tuple(range(1, 7))), samples=None))

    with pytest.raises(Exception, match="not monitored"):
        called("a", "b", "--feature", "system.cpu.busy")
