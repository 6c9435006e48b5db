"""A run for people."""

from __future__ import annotations

import pytest
from made_runs import made_run

from vedette.cli.bench_tables import print_run


def test_run_of_one_request_prints_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    """One request gives its own time as every quartile, no deviation, and no tail."""
    print_run(made_run(repeats=1, count=1))
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if line.strip()}

    assert lines["min"][1] == lines["max"][1] == lines["mean"][1]
    assert lines["deviation"] == ["deviation", "-", "-", "-", "-"]
    assert lines["p99"] == ["p99", "-", "-", "-", "-"]


def test_reason_that_several_figures_share_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Latency and service time lack the same percentile for the same reason: one line."""
    print_run(made_run())

    assert capsys.readouterr().out.count("p99.9 needs 3688 values") == 1


def test_every_repeat_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Repeats are shown with their seed and what was cut."""
    print_run(made_run(repeats=3, seed=70))
    out = capsys.readouterr().out.split("repeats;")[1]

    assert [line.split()[:2] for line in out.splitlines() if "(0.10 s)" in line] == [
        ["0", "70"],
        ["1", "71"],
        ["2", "72"],
    ]
