"""The cold start of a server that is started for it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import jpeg
from made_runs import made_spec
from servers import Canned, free_port, serving

from vedette.errors import ConflictError, UnavailableError, UsageError
from vedette.rules.wire.answer import read_answer
from vedette.values.answer import Answer
from vedette.values.trial import TargetKind, TargetSpec, TrialSpec
from vedette.values.workload import Load, LoadKind
from vedette.wiring.bench_order import BenchOrder
from vedette.wiring.cold import ColdStart

RED, BLUE = (json.dumps([{"label": label, "score": 0.9}]).encode() for label in ("red", "blue"))
IMAGE = jpeg((250, 5, 5), 32, 32)

SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

port, *bodies = sys.argv[1:]
posts = open(f"{port}.posts", "w", buffering=1)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(b"{}")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = bodies.pop(0) if len(bodies) > 1 else bodies[0]
        print(body, file=posts)
        self.reply(body.encode())

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""


def spec_of(port: int) -> TrialSpec:
    spec = made_spec()
    return replace(spec, target=TargetSpec(TargetKind.IMAGE, f"http://127.0.0.1:{port}/"), quality=())


def cold(spec: TrialSpec, start: str, scratch: Path, references: list[Answer] | None = None, limit_s: float = 30.0):
    order = BenchOrder(
        targets=((spec.target, ()),), load=Load(LoadKind.CLOSED, requests=1), start=start, start_timeout_s=limit_s
    )
    return ColdStart(order, [spec], [IMAGE], references, scratch)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The command of a server that answers by its arguments, one after the other; the last again and again."""
    file = tmp_path / "server.py"
    file.write_text(SERVER)
    monkeypatch.chdir(tmp_path)
    return f"{sys.executable} {file}"


def test_the_time_ends_with_the_first_answer_that_is_right(script: str, tmp_path: Path) -> None:
    """Garbage and a wrong answer are not what was waited for; leaving the context ends the server."""
    port = free_port()
    start = f"{script} {port} '<html>' '{BLUE.decode()}' '{RED.decode()}'"

    with cold(spec_of(port), start, tmp_path, [read_answer(RED)]) as started:
        seconds = asyncio.run(started.measure())
        pid = started.pid
        assert alive(pid)

    assert 0 < seconds < 30
    assert (tmp_path / f"{port}.posts").read_text().split("\n")[:-1] == ["<html>", BLUE.decode(), RED.decode()]
    assert not alive(pid)


def test_without_a_reference_any_answer_is_right(script: str, tmp_path: Path) -> None:
    """The first one."""
    port = free_port()

    with cold(spec_of(port), f"{script} {port} '<html>'", tmp_path) as started:
        asyncio.run(started.measure())

    assert (tmp_path / f"{port}.posts").read_text() == "<html>\n"


def test_a_server_that_is_never_right_is_given_up_and_ended(script: str, tmp_path: Path) -> None:
    """After the limit, with its last fault."""
    port = free_port()
    start = f"{script} {port} '{BLUE.decode()}'"

    with cold(spec_of(port), start, tmp_path, [read_answer(RED)], limit_s=2.0) as started:
        with pytest.raises(UnavailableError, match="no right answer within 2 s"):
            asyncio.run(started.measure())
        pid = started.pid

    assert not alive(pid)


def test_a_server_that_ends_at_once_is_told_with_what_it_said(tmp_path: Path) -> None:
    """Its exit code and its last words."""
    start = f"{sys.executable} -c 'raise SystemExit(\"no such weights\")'"

    with (
        cold(spec_of(free_port()), start, tmp_path) as started,
        pytest.raises(UnavailableError, match="exit code 1: no such weights"),
    ):
        asyncio.run(started.measure())


def test_a_port_that_is_served_already_is_refused(tmp_path: Path) -> None:
    """Its answers would be another server's; nothing is started."""
    with serving(Canned()) as url:
        port = int(url.rpartition(":")[2])
        with (
            cold(spec_of(port), "sleep 60", tmp_path) as started,
            pytest.raises(ConflictError, match=f"port {port} is served already, by process {os.getpid()}"),
        ):
            asyncio.run(started.measure())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [1, 2])
def test_one_address_is_started_and_nothing_else(number: int, tmp_path: Path) -> None:
    """No null target, and not two servers."""
    spec = spec_of(1) if number == 2 else replace(made_spec(), target=TargetSpec(TargetKind.NULL, ""))
    order = BenchOrder(targets=((spec.target, ()),), load=spec.load, start="sleep 60")

    with pytest.raises(UsageError, match="starts one server"):
        ColdStart(order, [spec] * number, [IMAGE], None, tmp_path)
