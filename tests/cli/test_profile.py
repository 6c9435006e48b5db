"""The commands `vedette profile` and `vedette profiles`, as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from fakes import colour_manifest, write_colour_model

from vedette.adapters.config.repository import Repository
from vedette.cli.app import main

FIXED = ("--runtime", "onnxruntime", "--precision", "fp32", "--size", "32x24", "--trials", "1")


@pytest.fixture
def _colour(home: Path, tmp_path: Path) -> None:
    file = write_colour_model(tmp_path / "colour.onnx")
    Repository(home).save(colour_manifest(file.name), {file.name: file})


def vedette(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vedette", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> str:
    """What the command prints, in this process."""
    monkeypatch.setattr(sys, "argv", ["vedette", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("_colour")
def test_a_profile_is_measured_kept_shown_exported_imported_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a real process: one trial of one batch, called INVALID for its intervals."""
    done = vedette("profile", "colour", "--batch", "2", *FIXED, "--output", tmp_path / "own.json")

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "colour version 1 on cpu:1: onnxruntime fp32 on cpu, 1 x 1 threads"
    rows = [line.split() for line in lines if line.split() and line.split()[0] == "2"]
    assert len(rows) == 1
    assert all(float(row[3]) > 0 and row[4] == "-" and row[-2:] == ["1", "trial"] for row in rows)
    assert all(len(line) <= 80 for line in lines)
    assert "colour on cpu:1: batch 2, 32x24 (trial 1 of 1)" in done.stderr
    assert "note: INVALID for intervals: 1 trials of a point" in done.stderr

    written = json.loads((tmp_path / "own.json").read_text())
    name = written["id"]
    profiles = partial(here, capsys, monkeypatch, "profiles")
    assert json.loads(profiles("show", name[:15], "--format", "json")) == written
    assert written["source"].startswith("vedette profile colour --batch 2 ")
    assert name in profiles("list")
    assert profiles("remove", name) == f"{name} is removed\n"
    assert "no profile is in" in profiles("list")
    assert profiles("import", tmp_path / "own.json") == f"{name}: colour on cpu:1, measured\n"
    assert name in profiles("export", name, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == written


@pytest.mark.parametrize(
    ("words", "message", "step"),
    [
        (("colour", "--batch", "1,zwei"), "--batch: 'zwei' is no mini-batch of 1 to 4096 images", "1,2,4..64"),
        (("colour", "--memory-limit", "500"), "--memory-limit 500 is no amount of memory", "MB"),
        (("colour", "--width", "3%"), "--width is for few samples", "--few"),
        (("colour", "--few", "--trials", "1"), "--few with --trials 1 never knows how trials differ", "--trials 3"),
        (("colour", "--seconds", "-1"), "--seconds -1 leaves no time", "above 0"),
        (("colour", "--longest", "5"), "--longest 5 is no duration", "--longest 20s"),
        (("colour", "--device", "gpu:0"), "'gpu:0' is no device", "cpu:"),
        (("list",), "`vedette profile list` would measure a model of that name", "`vedette profiles list`"),
        (("colour", "colour"), "a model is named twice", "once"),
        (("colour", "other", "--output", "x.json"), "--output is one file, 2 profiles are asked for", "export"),
    ],
)
def test_bad_usage_is_told_with_the_next_step(
    words: tuple[str, ...], message: str, step: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, before anything starts."""
    monkeypatch.setattr(sys, "argv", ["vedette", "profile", *words])
    with pytest.raises(SystemExit) as ended:
        main()

    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in told
    assert step in told.partition("help:")[2]
