"""The servers side by side: started, asked for every image once, and paused until it is their turn.

A wrong answer takes a contender out before anything is timed; so does a server that does not start. Both are told in
the table with the reason.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.serve_bare import Bare
from benchmarks.serve_contenders import Contender, Place
from benchmarks.serve_figures import wrong
from benchmarks.serve_load import LoadError, wrk, wrk_script
from benchmarks.serve_process import DeadServerError, Server, free_port
from benchmarks.serve_setup import Setup

BARE = "bare loop"
LEVELS = (1, 4, 16, 64)
MEMORY_LEVEL = 16

Row = dict[str, Any]


class WrongAnswerError(Exception):
    """A contender answered something else than the reference."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contender whose server runs and answers rightly."""

    contender: Contender
    server: Server
    script: Path
    first_s: float

    @property
    def address(self) -> str:
        """Where requests go."""
        return f"http://127.0.0.1:{self.server.port}{self.contender.path}"

    def measure(self, connections: int, seconds: float, warm_up_s: float) -> Row:
        """One turn: wake up, warm up, be measured, pause."""
        self.server.resume()
        try:
            wrk(self.script, self.server.port, connections, warm_up_s)
            before = self.server.cpu_s()
            level = wrk(self.script, self.server.port, connections, seconds)
            return asdict(level) | {"server_cpu_s": self.server.cpu_s() - before}
        except LoadError as error:
            raise LoadError(f"{self.contender.name}: {error}; {self.server.last_words()}") from None
        finally:
            self.rest()

    def rest(self) -> None:
        """Take no time from others."""
        if self.contender.pausable:
            self.server.pause()


def enter(contender: Contender, setup: Setup) -> Entrant:
    """Start a contender and compare its answers.

    Raises:
        WrongAnswerError, DeadServerError: it takes no part, and why.
    """
    server = start(contender, setup)
    try:
        first_s, _ = server.first_answer(contender.request(setup.images[0]))
        _check(server, contender, setup)
        requests = [contender.request(image) for image in setup.images]
        script = wrk_script(setup.folder / f"wrk-{server.port}", requests)
    except BaseException:
        server.end()
        raise
    return Entrant(contender, server, script, first_s)


def start(contender: Contender, setup: Setup) -> Server:
    """Start a contender's server on a free port, with a folder of its own.

    Raises:
        DeadServerError: what it needs could not be made, or its environment is not there.
    """
    reason = contender.environment.lacks() if contender.environment else None
    if reason is not None:
        raise DeadServerError(reason)
    port = free_port()
    folder = setup.folder / f"server-{port}"
    folder.mkdir(exist_ok=True)
    try:
        launch = contender.launch(Place(port, folder, setup.job_of(contender)))
    except subprocess.CalledProcessError as error:
        raise DeadServerError(f"{error}: {error.stderr}") from None
    return Server(launch, port, folder / "log")


@contextmanager
def fleet(contenders: Sequence[Contender], setup: Setup) -> Iterator[tuple[list[Entrant], dict[str, str]]]:
    """Every contender that answers rightly, paused; and why the others take no part."""
    entrants: list[Entrant] = []
    absent: dict[str, str] = {}
    try:
        for contender in contenders:
            try:
                entrant = enter(contender, setup)
            except (DeadServerError, WrongAnswerError) as error:
                absent[contender.name] = str(error)
            except (ValueError, KeyError, IndexError) as error:  # what it answered cannot be read
                absent[contender.name] = f"wrong answer: {error!r}"
            else:
                entrant.rest()
                entrants.append(entrant)
            print(f"{contender.name}: {absent.get(contender.name, 'answers rightly')}", file=sys.stderr)
        yield entrants, absent
    finally:
        for entrant in entrants:
            entrant.server.end()


def levels(entrants: list[Entrant], bare: Bare, setup: Setup) -> tuple[list[Row], dict[str, str]]:
    """Rounds of all levels: at each, everybody takes a turn of the same length, in an order drawn anew.

    Who breaks down is told with the reason and takes no further part.
    """
    rows: list[Row] = []
    lost: dict[str, str] = {}
    for number in range(setup.effort.rounds):
        for connections in LEVELS:
            turns: list[Entrant | None] = [*entrants, None]
            setup.effort.order(f"levels-{connections}", number).shuffle(turns)
            for turn in turns:
                name = BARE if turn is None else turn.contender.name
                if name in lost:
                    continue
                try:
                    found = _bare_turn(bare, setup) if turn is None else _turn(turn, connections, setup)
                except LoadError as error:
                    lost[name] = f"broke down in round {number + 1} at {connections} connections: {error}"
                else:
                    rows.append({"round": number, "connections": connections, "contender": name, **found})
        print(f"levels: round {number + 1} of {setup.effort.rounds}", file=sys.stderr)
    return rows, lost


def starts(contenders: Sequence[Contender], setup: Setup) -> list[Row]:
    """Seconds from the start of each process to its first right answer, in rounds; nobody else runs."""
    rows: list[Row] = []
    for number in range(setup.effort.rounds):
        order = list(contenders)
        setup.effort.order("starts", number).shuffle(order)
        for contender in order:
            server = start(contender, setup)
            try:
                seconds, answer = server.first_answer(contender.request(setup.images[0]))
                mistake = wrong([contender.read(answer)], setup.expected(contender)[:1], exact=contender.exact)
            finally:
                server.end()
            if mistake is None:
                rows.append({"round": number, "contender": contender.name, "seconds": seconds})
    return rows


def memory(entrants: Sequence[Entrant], bare: Bare, setup: Setup) -> list[Row]:
    """PSS of each process tree after a load, and its peak resident memory."""
    rows: list[Row] = []
    for entrant in entrants:
        entrant.measure(MEMORY_LEVEL, setup.effort.seconds, setup.effort.warm_up_s)
        pss, peak = entrant.server.pss_bytes(), entrant.server.peak_bytes()
        processes = len(entrant.server.pids())
        name = entrant.contender.name
        rows.append({"contender": name, "pss_bytes": pss, "peak_rss_bytes": peak, "processes": processes})
    bare.run(setup.effort.seconds)
    rows.append({"contender": BARE, "pss_bytes": bare.pss_bytes(), "peak_rss_bytes": None, "processes": 1})
    return rows


def _turn(entrant: Entrant, connections: int, setup: Setup) -> Row:
    return entrant.measure(connections, setup.effort.seconds, setup.effort.warm_up_s)


def _bare_turn(bare: Bare, setup: Setup) -> Row:
    bare.run(setup.effort.warm_up_s)
    before = bare.cpu_s()
    return {**bare.run(setup.effort.seconds), "failed": 0, "server_cpu_s": bare.cpu_s() - before}


def _check(server: Server, contender: Contender, setup: Setup) -> None:
    found = [contender.read(_answer(server, contender, image)) for image in setup.images]
    mistake = wrong(found, setup.expected(contender), exact=contender.exact)
    if mistake is not None:
        raise WrongAnswerError(f"wrong answer: {mistake}")


def _answer(server: Server, contender: Contender, image: bytes) -> bytes:
    status, body = server.ask(contender.request(image))
    if status != 200:  # noqa: PLR2004 - the status
        raise WrongAnswerError(f"status {status}: {body[:200].decode(errors='replace')}")
    return body
