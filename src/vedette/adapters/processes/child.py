"""A child process that is spoken with in JSON lines: one message in, one answer out.

    parent -> {"do": "run", ...}     on the child's stdin; the end of stdin tells the child to end
    child  -> {...}                  on its stdout; {"error": {kind, message, help}} is raised here

Children are in a session of their own: Ctrl-C reaches the parent only, which then tells them. What a child prints to
stderr is kept for the message that tells of its death.
"""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, Self

from vedette.errors import InternalError, error_of

Message = Mapping[str, Any]

_LINE_LIMIT = 1 << 26
_END_S = 5.0
_TAIL_BYTES = 2000


class Child:
    """One child process; made by `start`, ended by `close`."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self._name, self._process, self._log = name, process, log

    @classmethod
    async def start(cls, name: str, command: Sequence[str]) -> Self:
        """Start `command`; `name` is what messages call it."""
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            limit=_LINE_LIMIT,
        )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def lost(self) -> str:
        """How it ended although nobody closed it, and the last it said; empty while it runs."""
        code = self._process.returncode
        return "" if code is None else f"the {self._name} process ended unasked ({_ending(code)}): {self._tail()}"

    async def tell(self, message: Message) -> None:
        """Send a message that has no answer of its own; a child that is gone does not mind."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return

    async def answer(self) -> dict[str, Any]:
        """The next answer.

        Raises:
            VedetteError: the child tells of one.
            InternalError: the child died.
        """
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            await self._process.wait()
            raise InternalError(
                self.lost,
                help="run it again; if it happens again, please report it with this message",
            )
        found: dict[str, Any] = json.loads(line)
        if error := found.get("error"):
            raise error_of(error["kind"], error["message"], error["help"])
        return found

    async def ask(self, message: Message) -> dict[str, Any]:
        """Send a message and wait for its answer."""
        await self.tell(message)
        return await self.answer()

    async def close(self) -> None:
        """Close its stdin and wait for its end; a child that does not end is killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _END_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._log.close()

    def _tail(self) -> str:
        self._log.seek(0, 2)
        self._log.seek(max(0, self._log.tell() - _TAIL_BYTES))
        text = self._log.read().decode(errors="replace").strip()
        return text or "it said nothing"


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
