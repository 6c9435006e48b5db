"""`vedette bench list`."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from made_runs import made_environment, made_run, made_spec
from typer.testing import CliRunner

from vedette.adapters.store.runs import RunsFolder
from vedette.cli import bench_list
from vedette.rules.bench.unfinished import unfinished
from vedette.values.evidence import Check, State
from vedette.values.trial import Introduction, Scope
from vedette.wiring.runs import home_runs

app = typer.Typer()
app.command()(bench_list.list_runs)


def listed(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def several(home: Path) -> None:
    """A valid run, an invalid one, one that broke off, and a damaged one."""
    runs = RunsFolder(home_runs())
    runs.create("good").finish(made_run(id="good"))
    runs.create("poor").finish(made_run(id="poor", checks=(Check("a", State.FAIL, "too late"),)))
    runs.create("torn").begin(unfinished("torn", "", made_spec(), made_environment(), Introduction(Scope.IMAGE)))
    (home / "runs/bad").mkdir()
    (home / "runs/bad/run.json").write_text("{")


def test_empty_home_says_how_to_measure(home: Path) -> None:
    """Without a run there is a next step, and an empty array for programs."""
    assert listed() == f"no run is in {home}/runs: measure one with `vedette bench run`\n"
    assert json.loads(listed("--format", "json")) == []


def test_every_run_has_a_line(home: Path) -> None:
    """A line a run with its verdict; what cannot be read is there too, with the reason below."""
    several(home)
    summary = made_run().run.summary
    assert summary.latency is not None
    tail, rate = {percent: one.value for percent, one in summary.latency.percentiles}, summary.throughput.value

    lines = {line.split()[0]: line for line in listed().splitlines() if line.strip()}

    assert " VALID " in lines["good"]
    assert " INVALID " in lines["poor"]
    assert " INCOMPLETE " in lines["torn"]
    assert lines["good"].split()[-4:] == ["1,000", f"{tail[50.0]:.3f}", f"{tail[99.0]:.2f}", f"{rate:.2f}"]
    assert "is not JSON" in lines["bad:"]


def test_json_is_an_array_of_runs(home: Path) -> None:
    """Programs get figures as numbers, and null with a problem where a run cannot be read."""
    several(home)
    found = {one["run"]: one for one in json.loads(listed("--format", "json"))}

    assert found["good"]["throughput"] == made_run().run.summary.throughput.value
    assert found["poor"]["reasons"] == ["too late"]
    assert (found["torn"]["finished"], found["torn"]["requests"], found["torn"]["p50_ms"]) == (False, None, None)
    assert found["bad"]["verdict"] is None
    assert "is not JSON" in found["bad"]["problem"]
