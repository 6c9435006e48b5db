"""Servers that are started for a measurement are ended after it, and tell why they died."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from vedette.adapters.processes.server import Server
from vedette.errors import NotFoundError, UsageError


def command(code: str) -> str:
    return f'{sys.executable} -c "{code}"'


def test_leaving_the_context_ends_the_server_and_its_children(tmp_path: Path) -> None:
    """Its whole session goes, also a process that it started."""
    ready = tmp_path / "ready"
    code = (
        "import subprocess, sys, pathlib, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        f"pathlib.Path('{ready}.part').write_text(str(child.pid)); pathlib.Path('{ready}.part').rename('{ready}'); "
        "time.sleep(60)"
    )

    with Server(command(code), tmp_path / "log") as server:
        while not ready.exists():
            assert server.ended() is None
        child = int(ready.read_text())

    assert server.ended() is not None
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, signal.SIG_DFL)
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] in "ZX"


def test_a_server_that_died_tells_what_it_printed(tmp_path: Path) -> None:
    """The last lines and the exit code."""
    with Server(command("import sys; print('no port'); sys.exit(7)"), tmp_path / "log") as server:
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        told = server.ended()

    assert told is not None
    assert "exit code 7" in told
    assert "no port" in told


@pytest.mark.parametrize(
    ("text", "error"), [("", UsageError), ("'open", UsageError), ("/no/such/program", NotFoundError)]
)
def test_commands_that_cannot_be_started(text: str, error: type[Exception], tmp_path: Path) -> None:
    """Empty, with an open quote, or no program."""
    with pytest.raises(error):
        Server(text, tmp_path / "log")
