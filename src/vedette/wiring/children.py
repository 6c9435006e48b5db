"""Entry points of child processes: `python -m vedette.wiring.children generator|monitor|device|model LANES`.

A model speaks through its lanes (`adapters/runtimes/lane`). The others read JSON lines from stdin and write one JSON
line to stdout for each that has an answer. The end of stdin ends every child. Whatever else is printed goes to stderr.

    generator  {"do": "open", ...} -> introduction    {"do": "run", "part": ...} -> report    {"do": "stop"}
    monitor    {"order": ..., "file": ...} -> it watches, until the end of stdin
    device     {"do": "load", ...} -> when    {"do": "run", "batch": ...} -> its work
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any

from vedette.errors import VedetteError

Message = dict[str, Any]


def main() -> None:
    """Run the child that the command line names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    children: dict[str, Callable[[IO[str]], None]] = {
        "generator": _generator,
        "monitor": _monitor,
        "model": _model,
        "device": _device,
    }
    children[sys.argv[1]](replies)


# --- generator --------------------------------------------------------------------------------------------------------


def _generator(replies: IO[str]) -> None:
    from vedette.adapters.processes.precise_loop import precise_loop

    with asyncio.Runner(loop_factory=precise_loop) as runner:
        runner.run(_generate(replies))


async def _generate(replies: IO[str]) -> None:
    from vedette.wiring.generating import Generating

    lines = await _stdin()
    work = Generating()
    running: asyncio.Task[None] | None = None
    gc.freeze()
    while line := await lines.readline():
        message = json.loads(line)
        match message["do"]:
            case "open":
                await _answer(replies, work.open(message))
            case "run":
                running = asyncio.create_task(_answer(replies, work.run(message)))
            case "stop":
                work.stop()
    work.stop()
    if running is not None:
        await running
    await work.close()


async def _answer(replies: IO[str], work: Awaitable[Message]) -> None:
    try:
        answer = await work
    except VedetteError as error:
        answer = {"error": {"kind": error.kind, "message": error.message, "help": error.help}}
    except Exception as error:  # noqa: BLE001 - the parent waits for an answer, and must hear of any bug
        import traceback

        traceback.print_exc()
        told = f"the child process failed: {type(error).__name__}: {error}"
        answer = {"error": {"kind": "internal", "message": told, "help": "please report this message"}}
    replies.write(json.dumps(answer) + "\n")


async def _stdin() -> asyncio.StreamReader:
    lines = asyncio.StreamReader(limit=1 << 26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    return lines


# --- monitor ----------------------------------------------------------------------------------------------------------


def _monitor(replies: IO[str]) -> None:
    from vedette.adapters.store.record import from_data
    from vedette.flows.monitor.sampler import WatchOrder
    from vedette.wiring.monitor import run_monitor

    message = json.loads(_line())
    order = from_data(WatchOrder, message["order"])
    replies.write(json.dumps({"watching": len(order.watched)}) + "\n")
    run_monitor(order, Path(message["file"]))


def _line() -> bytes:
    """The first line of stdin, and not a byte of what comes after it."""
    line = b""
    while not line.endswith(b"\n"):
        found = os.read(0, 1)
        if not found:
            break
        line += found
    return line


# --- model ------------------------------------------------------------------------------------------------------------


def _model(_: IO[str]) -> None:
    from vedette.wiring.isolation import run_model

    run_model(sys.argv[2])


# --- device -----------------------------------------------------------------------------------------------------------


def _device(replies: IO[str]) -> None:
    first = sys.stdin.buffer.readline()  # comes once this process is bound to its cores: nothing heavy is there yet
    if first:
        from vedette.wiring.device_child import run_device

        run_device(first, sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
