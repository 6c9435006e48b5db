"""Servers that are started for a measurement are ended after it, and tell why they died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ended_processes import has_ended

from vedette.adapters.processes.server import Server
from vedette.errors import NotFoundError, UsageError

CALLER = """
import os, sys
from pathlib import Path
from vedette.adapters.processes.server import Server

server = Server("sh -c 'sleep 61 & echo $! $$; wait'", Path(sys.argv[1]))
while Path(sys.argv[1]).read_text().count(" ") < 1:
    assert server.ended() is None
print(Path(sys.argv[1]).read_text().strip(), flush=True)
if sys.stdin.readline():
    server.close()
    server.close()
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        print("nothing is left")
"""
"""Starts a server of two processes and tells their numbers; a line on its stdin lets it end them."""


def calling(log: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A caller that has started its server, and the processes of that."""
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert caller.stdout is not None
    return caller, [int(word) for word in caller.stdout.readline().split()]


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
    assert has_ended(child)


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


def test_a_caller_that_is_killed_takes_its_server_along(tmp_path: Path) -> None:
    """SIGKILL leaves no time to end anything: the guard ends the server and what that has started."""
    caller, pids = calling(tmp_path / "log")

    caller.kill()
    caller.communicate()

    assert len(pids) == 2
    assert all(has_ended(pid) for pid in pids)


def test_an_orderly_end_leaves_no_guard(tmp_path: Path) -> None:
    """The server and its guard have ended and are reaped; to close twice does no harm."""
    caller, pids = calling(tmp_path / "log")

    told, _ = caller.communicate("end\n", timeout=30)

    assert told == "nothing is left\n"
    assert caller.returncode == 0
    assert all(has_ended(pid) for pid in pids)
