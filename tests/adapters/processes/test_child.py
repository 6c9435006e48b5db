"""Children are spoken with in JSON lines, and their faults are told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from vedette.adapters.processes.child import Child
from vedette.errors import InternalError, NotFoundError

ECHO = """import sys
for line in sys.stdin:
    print(line, end="", flush=True)
if sys.argv[1:]:
    open(sys.argv[1], "w").write("ended")
"""
DEAF = """import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("{}", flush=True)
while True:
    signal.pause()
"""


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def test_a_question_gets_its_answer_and_the_end_of_stdin_ends_the_child(tmp_path) -> None:
    """One line in, one line out; closing waits for its end."""
    mark = tmp_path / "mark"

    async def go() -> dict[str, object]:
        child = await Child.start("echo", python(ECHO, str(mark)))
        found = await child.ask({"a": [1, "ü"]})
        await child.close()
        return found

    assert asyncio.run(go()) == {"a": [1, "ü"]}
    assert mark.read_text() == "ended"


def test_an_error_of_the_child_is_raised_here_as_what_it_is() -> None:
    """Kind, message and next step cross."""
    answer = {"error": {"kind": "not_found", "message": "no such model", "help": "pull it"}}

    async def go() -> None:
        child = await Child.start("echo", python(ECHO))
        try:
            await child.ask(answer)
        finally:
            await child.close()

    with pytest.raises(NotFoundError, match="no such model") as raised:
        asyncio.run(go())
    assert raised.value.help == "pull it"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit('out of paper')", "exit code 1"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
    ],
)
def test_a_child_that_dies_is_told_with_how_it_ended(code: str, told: str) -> None:
    """What it printed last is part of the message."""

    async def go() -> None:
        child = await Child.start("generator", python(code))
        try:
            await child.ask({})
        finally:
            await child.close()

    with pytest.raises(InternalError, match=told) as raised:
        asyncio.run(go())
    assert ("out of paper" in raised.value.message) == (told == "exit code 1")


def test_telling_a_child_that_is_gone_is_no_error() -> None:
    """A stop may come too late."""

    async def go() -> None:
        child = await Child.start("gone", python("pass"))
        with pytest.raises(InternalError):
            await child.answer()
        await child.tell({"do": "stop"})
        await child.tell({"do": "stop"})
        await child.close()

    asyncio.run(go())


def test_ctrl_c_does_not_reach_a_child() -> None:
    """It is in a session of its own: its parent decides."""

    async def go() -> int:
        child = await Child.start("echo", python(ECHO))
        group = os.getpgid(child.pid)
        await child.close()
        return group

    assert asyncio.run(go()) != os.getpgid(0)


def test_a_child_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left behind."""
    monkeypatch.setattr("vedette.adapters.processes.child._END_S", 0.2)

    async def go() -> int:
        child = await Child.start("deaf", python(DEAF))
        await child.answer()
        await child.close()
        return child.pid

    pid = asyncio.run(go())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIG_DFL)
