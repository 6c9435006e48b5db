"""`vedette bench correlate` and `vedette bench importance`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import typer
from click.testing import Result
from made_runs import made_run
from typer.testing import CliRunner

from vedette.adapters.store.runs import RunsFolder
from vedette.cli import bench_explain
from vedette.errors import InvalidError, UsageError
from vedette.rules.stats.importance import MINIMUM_RUNS
from vedette.values.run import RunData
from vedette.wiring.runs import home_runs

app = typer.Typer()
app.command("correlate")(bench_explain.correlate)
app.command("importance")(bench_explain.importance)


def stored(data: RunData) -> RunData:
    RunsFolder(home_runs()).create(data.run.id).finish(data)
    return data


def called(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def following(data: RunData) -> RunData:
    """The frequency falls where the service time is long."""
    assert data.samples is not None
    rows, at_ns = data.requests, data.samples.at_ns
    place = np.clip(np.searchsorted(rows.sent, at_ns, side="right") - 1, 0, None)
    columns = {**data.samples.columns, "system.cpu.frequency.mean": 3000 - rows.service_ms[place]}
    return replace(data, samples=replace(data.samples, columns=columns))


def test_the_feature_that_goes_with_the_times_comes_first() -> None:
    """Of all features that were recorded; chances before and after Holm."""
    stored(following(made_run(id="a", count=300, rate=5.0)))
    result = called("correlate", "a", "--metric", "service")
    found = json.loads(called("correlate", "a", "--metric", "service", "--format", "json").stdout)

    assert result.exit_code == 0
    assert found["features"][0]["name"] == "system.cpu.frequency.mean"
    assert found["features"][0]["spearman"] < -0.9
    assert found["features"][0]["spearman_corrected"] < 0.001
    assert len(found["features"]) == 6
    assert "an association is no cause" in result.stdout
    assert result.stdout.index("frequency") < result.stdout.index("system.memory.available")


@pytest.mark.parametrize("by", ["window", "request", "run"])
def test_rows_are_windows_requests_or_runs(by: str) -> None:
    """Each gives a table, and the first line says of what."""
    for name in "abcd":
        stored(made_run(id=name, count=100))
    text = called("correlate", "a", "b", "c", "d", "--by", by, "--window", "500ms", "--top", "2").stdout

    assert f"pairs ({by}) of 4 runs, 6 features" in text


def test_wrong_words_are_told() -> None:
    """A row, a metric and a window that are none; a run without a monitor."""
    stored(made_run(id="a"))
    stored(made_run(id="b", monitored=False))

    for words in (["--by", "day"], ["--metric", "throughput"], ["--window", "wide"]):
        with pytest.raises(UsageError):
            called("correlate", "a", *words)
    with pytest.raises(InvalidError, match="not monitored"):
        called("correlate", "b")


def test_importance_over_many_runs() -> None:
    """The feature that was tied to the first request is first; it is called an association."""
    rng = np.random.default_rng(0)
    names = [f"r{number:02}" for number in range(MINIMUM_RUNS + 5)]
    for number, name in enumerate(names):
        data = made_run(id=name, repeats=1, count=20, seed=number)
        assert data.samples is not None
        load = rng.uniform(0, 100)
        rows = data.requests
        done = rows.done.copy()
        done[0] = rows.sent[0] + int((20 + load) * 1e6)
        columns = {**data.samples.columns, "system.cpu.frequency.mean": np.full(len(data.samples.at_ns), 3000 - load)}
        stored(replace(data, requests=replace(rows, done=done), samples=replace(data.samples, columns=columns)))

    text = called("importance", *names).stdout
    found = json.loads(called("importance", *names, "--format", "json").stdout)

    assert found["features"][0]["name"] == "system.cpu.frequency.mean"
    assert found["out_of_bag_r2"] > 0.5
    assert "not a cause" in text
    assert "out-of-bag R2" in text
    assert "system.cpu.steal" in found["left_out"]


def test_too_few_runs_are_refused_with_the_number() -> None:
    """Ten are not enough."""
    for number in range(10):
        stored(made_run(id=f"r{number}", repeats=1, count=20))

    with pytest.raises(InvalidError, match=f"10 runs are too few .*{MINIMUM_RUNS} at least"):
        called("importance", *(f"r{number}" for number in range(10)))


def test_the_commands_cost_no_start() -> None:
    """Their modules are loaded by every command: none of them brings numpy or scipy."""
    code = (
        "import sys, vedette.cli.bench_compare, vedette.cli.bench_cost, vedette.cli.bench_explain;"
        "sys.exit(bool({'numpy', 'scipy', 'sklearn', 'pydantic'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
