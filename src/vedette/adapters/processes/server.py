"""A server that is started for a measurement, and ended after it.

What it prints goes to a file, whose end is told if it dies. It is in a session of its own: Ctrl-C reaches the caller,
who ends it. A caller that is killed ends nothing, so a guard beside it waits for that:

    caller --pipe--> guard, a small shell      "over": the caller has ended the server
                                               the pipe closes: the caller is gone, the guard ends the server's session
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from vedette.errors import NotFoundError, UsageError

_END_S = 10
_TAIL_BYTES = 2000

_GUARD = """
read -r word && exit 0
kill -s TERM -- "-$1" 2>/dev/null
left=$2
while [ "$left" -gt 0 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 1; left=$((left - 1)); done
kill -s KILL -- "-$1" 2>/dev/null
"""
"""Ends the session $1, by force after $2 seconds, unless a line is read before the end of the input."""


class Server:
    """A running command; a context that ends it with all processes of its session."""

    def __init__(self, command: str, log: Path) -> None:
        """Start it.

        Raises:
            UsageError: the command is empty, or has an open quote.
            NotFoundError: there is no such program.
        """
        self._command, self._log = command, log
        with log.open("wb") as output:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - the command is the user's own
                    _words(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
                )
            except OSError as error:
                raise NotFoundError(
                    f"{command!r} cannot be started: {error.strerror}", help="check the program's name and rights"
                ) from None
        self._guard: subprocess.Popen[bytes] | None = None
        try:
            self._guard = _guard(self._process.pid)
        except BaseException:  # interrupted in between: nobody else would end the server
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ended(self) -> str | None:
        """How it ended and the last it printed; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        text = self._log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip()
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return f"{self._command!r} ended {how}: {text or 'it printed nothing'}"

    def close(self) -> None:
        """End it: SIGTERM, and SIGKILL after ten seconds."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        with suppress(ProcessLookupError):  # what is left of its session, the leader or those it started
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.communicate(b"over\n")

    def __enter__(self) -> Self:
        """The server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--start {command!r}: {error}", help="close the quotes") from None
    if not words:
        raise UsageError("--start is empty", help="write the command that starts the server")
    return words


def _guard(session: int) -> subprocess.Popen[bytes] | None:
    """What ends a session once this process is gone; None where no shell can be started for it."""
    try:
        return subprocess.Popen(  # noqa: S603 - our own script
            ("/bin/sh", "-c", _GUARD, "vedette-guard", str(session), str(_END_S)),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None
