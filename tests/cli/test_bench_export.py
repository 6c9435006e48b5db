"""`vedette bench export`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from made_runs import made_run
from scarce import room_for
from typer.testing import CliRunner

from vedette.adapters.exporters import wandb as exporter
from vedette.adapters.store.runs import RunsFolder
from vedette.cli import bench_export
from vedette.errors import ConflictError, ExhaustedError, UnavailableError
from vedette.values.run import RunData
from vedette.wiring.runs import home_runs


def stored(data: RunData) -> RunData:
    RunsFolder(home_runs()).create(data.run.id).finish(data)
    return data


def call(*words: str) -> str:
    result = CliRunner().invoke(bench_export.app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def lines(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_run_becomes_three_tables(tmp_path: Path) -> None:
    """Requests, samples and figures are files of their own, whose paths are printed."""
    data = stored(made_run(id="a"))
    out = tmp_path / "new/out"
    printed = call("csv", "a", "--output", str(out))

    assert sorted(printed.splitlines()) == [str(out / f"{name}.csv") for name in ("requests", "samples", "summary")]
    assert len(lines(out / "requests.csv")) == 1 + len(data.requests)
    assert data.samples is not None
    assert len(lines(out / "samples.csv")) == 1 + len(data.samples.at_ns)
    assert lines(out / "summary.csv")[0][:3] == ["figure", "unit", "value"]


def test_run_that_was_not_monitored_has_no_samples(tmp_path: Path) -> None:
    """What was not taken is no file."""
    stored(made_run(id="a", monitored=False))
    call("csv", "a", "--output", str(tmp_path))

    assert sorted(file.name for file in tmp_path.iterdir()) == ["requests.csv", "summary.csv"]


def test_files_that_are_there_are_left_alone(tmp_path: Path) -> None:
    """An export never writes over what it finds, and then writes nothing."""
    stored(made_run(id="a"))
    (tmp_path / "summary.csv").write_text("mine")

    with pytest.raises(ConflictError, match=r"summary\.csv is there already"):
        call("csv", "a", "--output", str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["summary.csv"]
    assert (tmp_path / "summary.csv").read_text() == "mine"


def test_no_room_leaves_nothing_halfway(tmp_path: Path) -> None:
    """Where there is no room, what was begun is taken away."""
    stored(made_run(id="a"))

    with room_for(3_000), pytest.raises(ExhaustedError, match="cannot be written"):
        call("csv", "a", "--output", str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file where the folder should be is an error that names it."""
    stored(made_run(id="a"))
    (tmp_path / "file").touch()

    with pytest.raises(UnavailableError, match="file cannot be written"):
        call("csv", "a", "--output", str(tmp_path / "file"))


def test_wandb_is_told_figures_and_where_they_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed over are the run's own figures; nothing absent is told as a number."""
    told = []

    def keep(journal: exporter.Journal, *, project: str, folder: Path, offline: bool) -> Path:
        told.append((journal, project, offline))
        return folder / "wandb/offline-run"

    monkeypatch.setattr(exporter, "export", keep)
    data = stored(made_run(id="a", failed=4))
    printed = call("wandb", "a", "--offline", "--project", "p", "--output", str(tmp_path))

    ((journal, project, offline),) = told
    assert (journal.id, project, offline) == ("a", "p", True)
    assert journal.summary["p99_ms"] == next(
        one.value for percent, one in data.run.summary.latency.percentiles if percent == 99.0
    )
    assert "p99.9_ms" not in journal.summary
    assert journal.summary["failed.refused"] == 20
    assert [step["repeat"] for step in journal.steps] == [0, 1, 2, 3, 4]
    assert journal.config["spec"]["load"]["rate"] == 50.0
    assert f"wandb sync {tmp_path}/wandb/offline-run" in printed


@pytest.mark.parametrize(("given", "expected"), [("offline", True), ("online", False)])
def test_environment_can_ask_for_offline(monkeypatch: pytest.MonkeyPatch, given: str, *, expected: bool) -> None:
    """`WANDB_MODE=offline` is heard, and so is `WANDB_DIR`; without them wandb's files go to Vedette's home."""
    told = []

    def keep(_: exporter.Journal, *, project: str, folder: Path, offline: bool) -> Path:
        told.append((folder, offline))
        return folder

    monkeypatch.setattr(exporter, "export", keep)
    monkeypatch.delenv("WANDB_DIR", raising=False)
    monkeypatch.setenv("WANDB_MODE", given)
    stored(made_run(id="a", repeats=1, count=20))
    call("wandb", "a")
    monkeypatch.setenv("WANDB_DIR", "/somewhere")
    call("wandb", "a")

    assert told == [(home_runs().parent, expected), (Path("/somewhere"), expected)]
