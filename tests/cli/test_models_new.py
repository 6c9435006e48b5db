"""`vedette models new`: what it writes works as it is written, and its test finds what is broken."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from fakes import jpeg
from pulled import pulled_home
from typer.testing import CliRunner

from vedette.cli.models import app
from vedette.errors import ConflictError, ExhaustedError, UsageError
from vedette.wiring.skeleton import FILES


def new(*words: str) -> str:
    done = CliRunner().invoke(app, ["new", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def run_test(folder: Path) -> subprocess.CompletedProcess[str]:
    """The test that was written, as its README says it is run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of `vedette serve` with the configuration that was written."""
    words = ["serve", "--config", "vedette.yaml", "--port", "0", "--grpc-port", "off"]
    environment = os.environ | {"VEDETTE_HOME": str(pulled_home())}
    with subprocess.Popen(
        [sys.executable, "-m", "vedette", *words], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            told = ""
            while (found := re.search(r"http://\S+", told)) is None:
                line = server.stderr.readline()
                assert line, told
                told += line
            yield found[0]
        finally:
            server.send_signal(signal.SIGTERM)
            server.stderr.read()


def test_what_is_written_passes_its_test_and_is_served(tmp_path: Path) -> None:
    """The three commands of its README, in their order."""
    told = new("gate", "--dir", str(tmp_path))
    folder = tmp_path / "gate"

    assert str(folder) in told
    assert {path.name for path in folder.iterdir()} == set(FILES)
    tested = run_test(folder)
    assert (tested.returncode, "3 passed" in tested.stdout) == (0, True), tested.stdout
    with serving(folder) as url:
        answer = json.loads(urllib3.request("POST", f"{url}/infer/efficientnet-lite0", body=jpeg((9, 9, 9))).data)
    best = answer["classes"][0]
    assert answer["decision"] == {"ok": best["score"] >= 0.5, "label": best["label"]}
    assert len(answer["classes"]) == 5


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("vedette.fit_input(pixels, spec)", "pixels"),
        ("np.argsort(-shares)", "np.argsort(shares)"),
        ("best.score >= self.least", "best.score <= self.least"),
    ],
)
def test_its_test_fails_where_a_stage_is_broken(tmp_path: Path, good: str, broken: str) -> None:
    """One test for each class."""
    new("gate", "--dir", str(tmp_path))
    file = tmp_path / "gate/stages.py"
    assert good in file.read_text()
    file.write_text(file.read_text().replace(good, broken))

    tested = run_test(tmp_path / "gate")

    assert tested.returncode == 1
    assert "1 failed, 2 passed" in tested.stdout


def test_the_model_is_named_wherever_it_stands(tmp_path: Path) -> None:
    """Configuration, README and code; nothing is left to be filled in."""
    new("gate", "--dir", str(tmp_path), "--model", "nanodet-m-320")

    texts = [path.read_text() for path in (tmp_path / "gate").iterdir()]
    assert sum("nanodet-m-320" in text for text in texts) == 3
    assert not any("__MODEL__" in text or "__NAME__" in text or "efficientnet" in text for text in texts)


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    """Neither a folder nor a file of that name."""
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate/stages.py").write_text("mine")
    (tmp_path / "door").write_text("mine")

    for name in ("gate", "door"):
        with pytest.raises(ConflictError, match="is there already"):
            new(name, "--dir", str(tmp_path))
    assert [path.read_text() for path in (tmp_path / "gate/stages.py", tmp_path / "door")] == ["mine", "mine"]
    with pytest.raises(ExhaustedError, match="cannot be written"):
        new("gate", "--dir", str(tmp_path / "door"))


@pytest.mark.parametrize("words", [("../up",), ("a/b",), ("",), (".hidden",), ("ok", "--model", "a: b"), ("é",)])
def test_a_name_that_is_none_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Nothing is written outside of the folder, and no YAML is broken."""
    with pytest.raises(UsageError):
        new(*words, "--dir", str(tmp_path))
    assert not list(tmp_path.iterdir())
