"""A server as a process: in a session of its own, watched, paused between its turns, ended with all it started.

Everything that a server starts stays in its session, however its processes descend from each other; that is how its
CPU time and memory are summed and how it is ended. A paused server (SIGSTOP) takes no time from the one whose turn it
is.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vedette.clock import SystemClock

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_SESSION, _USER, _SYSTEM = 3, 11, 12
"""Words of /proc/PID/stat behind the name in brackets (proc(5))."""

_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Everybody may keep compiled modules, as where it is installed: else a start compiles what has changed, each time."""

_END_S = 20.0
_PAUSE_S = 0.01
_TOLD = 400


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is started: its command, what is added to the environment, and its folder."""

    command: Sequence[str]
    extra: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes out."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class DeadServerError(Exception):
    """The server ended or never answered; the message is the end of what it printed."""


class Server:
    """A running server.

    Args:
        launch: how it is started; it starts now.
        port: where it will listen.
        log: file for what it prints.
    """

    def __init__(self, launch: Launch, port: int, log: Path) -> None:
        self.port = port
        self._log = log
        with log.open("wb") as output:
            self.started_ns = SystemClock().now_ns()
            self._process = subprocess.Popen(
                list(launch.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=launch.folder,
                env=os.environ | _COMPILED | dict(launch.extra),
                start_new_session=True,
            )

    def ask(self, request: Request, timeout_s: float = 60.0) -> tuple[int, bytes]:
        """Status and body of the answer, over a connection of its own.

        Raises:
            OSError, HTTPException: there is no answer.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(request.method, request.path, request.body, dict(request.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def first_answer(self, request: Request, limit_s: float = 120.0) -> tuple[float, bytes]:
        """Seconds from the start of the process to its first answer of status 200, and that answer.

        Raises:
            DeadServerError: the process ended, or the time is over.
        """
        clock = SystemClock()
        told = "it never listened"
        while clock.now_ns() - self.started_ns < limit_s * 1e9:
            if self._process.poll() is not None:
                raise DeadServerError(f"it ended with exit code {self._process.returncode}: {self.last_words()}")
            try:
                status, body = self.ask(request)
            except (OSError, http.client.HTTPException) as error:
                told = str(error)
            else:
                if status == http.client.OK:
                    return (clock.now_ns() - self.started_ns) / 1e9, body
                told = f"it answered {status}: {body[:_TOLD].decode(errors='replace')}"
            time.sleep(_PAUSE_S)
        raise DeadServerError(f"no right answer within {limit_s:g} s, {told}; {self.last_words()}")

    def last_words(self) -> str:
        """The end of what it printed."""
        return " | ".join(self._log.read_text(errors="replace")[-_TOLD:].splitlines())

    def pids(self) -> list[int]:
        """Every process of its session."""
        return session(self._process.pid)

    def cpu_s(self) -> float:
        """CPU time of its living processes."""
        return sum(cpu_of(pid) for pid in self.pids())

    def pss_bytes(self) -> int:
        """Memory in use, each shared page divided by the number of its users, summed over its processes."""
        return sum(pss_of(pid) for pid in self.pids())

    def peak_bytes(self) -> int:
        """The most resident memory of each of its processes so far, summed; shared pages count for each."""
        return sum(_figure(pid, "status", "VmHWM:") for pid in self.pids())

    def pause(self) -> None:
        """Stop all its processes where they are."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them run again."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """End it: politely first, and whatever is left of its session by force."""
        self.resume()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def session(leader: int) -> list[int]:
    """The processes whose session is that of `leader`; zombies too, they weigh nothing."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if _session_of(entry) == leader]


def free_port() -> int:
    """A port of the loopback interface on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _session_of(entry: Path) -> int:
    return int(_words(entry)[_SESSION]) if entry.name.isdigit() and _words(entry) else -1


def pss_of(pid: int) -> int:
    """Memory in use of one process in bytes, each shared page divided by the number of its users."""
    return _figure(pid, "smaps_rollup", "Pss:")


def cpu_of(pid: int) -> float:
    """CPU time of one process in seconds; 0 once it has gone."""
    words = _words(Path("/proc") / str(pid))
    return (int(words[_USER]) + int(words[_SYSTEM])) * _TICK_S if words else 0.0


def _words(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _figure(pid: int, file: str, name: str) -> int:
    """A figure in kilobytes of one of the process's files, as bytes; 0 where the process has gone."""
    try:
        lines = (Path("/proc") / str(pid) / file).read_text(errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
