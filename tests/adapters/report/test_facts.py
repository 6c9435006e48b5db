"""The figures, tables and facts of a run."""

from __future__ import annotations

from dataclasses import replace

from made_runs import made_run
from report_runs import single, unanswered

from vedette.adapters.report.facts import failed_words, figures, headed, sheets, side_by_side
from vedette.values.run import Run


def fact(run: Run, name: str) -> str:
    return next(one.text for _, group in headed(run) for one in group if one.name == name)


def test_every_percentile_has_its_row_or_its_reason() -> None:
    """What the sample cannot support is a dash, and the note says why."""
    sheet = sheets(made_run(repeats=1, count=60).run)[0]

    rows = {(row[0], row[1]): row for row in sheet.rows}
    assert rows["latency", "p99"][2] == "-"
    assert "p99 needs" in sheet.note
    assert rows["latency", "p50"][2] != "-"


def test_repeats_carry_cuts_and_tests() -> None:
    """A row a repeat, with seed, cuts in requests and seconds, backlog slope and lateness."""
    sheet = next(one for one in sheets(made_run(repeats=3, seed=4).run) if one.title == "Repeats")

    assert [row[:2] for row in sheet.rows] == [("1", "4"), ("2", "5"), ("3", "6")]
    assert sheet.rows[0][2].startswith("5 (")
    assert sheet.rows[0][9] == "0 (-0.100 to 0.100)"
    assert sheet.rows[0][10] == "too few to tell"


def test_failures_are_counted_by_reason() -> None:
    """And none is left out."""
    summary = replace(made_run().run.summary, sent=100, failed=(("timeout", 2), ("http_error", 1)))

    assert failed_words(summary) == "3 of 100 requests (3 %): 2 timeout, 1 http error"


def test_without_answers_each_figure_says_so() -> None:
    """No value is 0 for want of an answer."""
    shown = figures(unanswered().run.summary)

    assert all(one.estimate.value is None or one.key == "throughput" for one in shown)
    assert "no request was answered rightly" in shown[0].estimate.reason


def test_what_the_target_did_not_tell_is_said() -> None:
    """With its reason, where there is one."""
    run = made_run().run
    told = replace(run.introduction, tensors=None, reason="it has no metadata")

    assert fact(replace(run, introduction=told), "tensors that entered the model") == "it has no metadata"
    assert fact(run, "tensors that entered the model") == "images FP32 [1, 3, 224, 224]"


def test_the_environment_is_told_as_it_was() -> None:
    """Cores, quota, governor, what the client cost."""
    run = made_run().run

    assert "2 cores, 2 allowed, quota 2 cores" in fact(run, "processor")
    assert fact(replace(run, environment=replace(run.environment, governor=None)), "frequency governor") == (
        "the system does not tell"
    )
    assert "us a request" in fact(run, "client")


def test_runs_in_a_row_each() -> None:
    """With verdicts; a run of one request has dashes for intervals."""
    sheet = side_by_side([made_run().run, unanswered().run, single().run])

    assert [row[2] for row in sheet.rows] == ["VALID", "INVALID", "VALID"]
    assert sheet.rows[2][4] == "-"
