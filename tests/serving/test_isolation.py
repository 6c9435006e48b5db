"""A model in a process of its own that is killed: the others serve on, its requests fail clearly, it returns."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Iterator

import psutil
import pytest
import urllib3
from fakes import jpeg
from served import Server, repository, running

CONFIG = """
models:
- {name: colour, runtime: onnxruntime, threads: 1}
- {name: slow, runtime: onnxruntime, threads: 1, isolated: true}
"""
RED = jpeg((255, 0, 0))
LONG = 100_000_000
"""Steps of a request that is not answered while a test runs."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`colour` in the server itself, `slow` in a child of it."""
    folder = tmp_path_factory.mktemp("isolation")
    with running(folder, repository(folder), CONFIG) as found:
        yield found


def steps(number: int) -> bytes:
    return json.dumps({"inputs": [{"name": "steps", "shape": [1], "datatype": "INT64", "data": [number]}]}).encode()


class Asking(threading.Thread):
    """Asks until it is told to stop; keeps every status."""

    def __init__(self, server: Server, path: str, body: bytes) -> None:
        super().__init__()
        self.statuses: list[int] = []
        self.some, self.stop = threading.Event(), threading.Event()
        self._server, self._path, self._body = server, path, body

    def run(self) -> None:
        while not self.stop.is_set():
            answer = self._server.post(self._path, self._body)
            self.statuses.append(answer.status)
            self.some.set()


def test_a_killed_model_fails_alone_and_comes_back(server: Server) -> None:
    """SIGKILL with a request under way in it, others waiting, and another model under load."""
    assert server.post("/v2/models/slow/infer", steps(3)).json()["outputs"][0]["data"] == [3]
    colour = Asking(server, "/infer/colour", RED)
    under_way: list[urllib3.BaseHTTPResponse] = []
    waiting = [
        threading.Thread(target=lambda: under_way.append(server.post("/v2/models/slow/infer", steps(LONG))))
        for _ in range(3)
    ]
    for thread in (colour, *waiting):
        thread.start()
    child = busy_child(server)
    colour.some.wait()
    asked_before = len(colour.statuses)
    os.kill(child, signal.SIGKILL)
    for thread in waiting:
        thread.join()
    back = until_back(server)
    colour.stop.set()
    colour.join()

    assert {answer.status for answer in under_way} == {503}
    assert all("killed by SIGKILL" in told(answer) and "help: ask again" in told(answer) for answer in under_way)
    assert set(colour.statuses) == {200}
    assert len(colour.statuses) > asked_before
    assert back[-1].json()["outputs"][0]["data"] == [7]
    assert {answer.status for answer in back[:-1]} <= {503}
    assert [line for line in server.said if "slow" in line and "ended" in line]


def told(answer: urllib3.BaseHTTPResponse) -> str:
    error: str = answer.json()["error"]
    return error


def busy_child(server: Server) -> int:
    """The process of the model, once it works."""
    child = server.child("model")
    process = psutil.Process(child)
    used = process.cpu_times().user
    while process.cpu_times().user == used:
        threading.Event().wait(0.01)
    return child


def until_back(server: Server) -> list[urllib3.BaseHTTPResponse]:
    """Every answer until the first good one."""
    answers = [server.post("/v2/models/slow/infer", steps(7))]
    while answers[-1].status != 200:
        threading.Event().wait(0.02)
        answers.append(server.post("/v2/models/slow/infer", steps(7)))
    return answers


def test_a_model_that_is_away_says_when_to_ask_again(server: Server) -> None:
    """503 with the reason and the time until it is started again; the server itself lives."""
    os.kill(server.child("model"), signal.SIGKILL)
    answers = until_back(server)
    away = [answer for answer in answers if answer.status != 200]

    assert {answer.status for answer in away} == {503}
    assert all("killed by SIGKILL" in told(answer) for answer in away)
    assert any(
        re.search(r"it is started again in [0-9.]+ s|it is being started again", told(answer)) for answer in away
    )
    assert server.call("GET", "/v2/health/live").status == 200


def test_a_model_that_is_busy_holds_no_other_up(server: Server) -> None:
    """More requests than there are workers wait for one model: another one answers before any of them."""
    until_back(server)
    ended: list[int] = []
    waiting = [
        threading.Thread(target=lambda: ended.append(server.post("/v2/models/slow/infer", steps(LONG)).status))
        for _ in range((os.cpu_count() or 1) + 1)
    ]
    for thread in waiting:
        thread.start()
    child = busy_child(server)
    answer = server.post("/infer/colour", RED)
    ended_before = list(ended)
    os.kill(child, signal.SIGKILL)
    for thread in waiting:
        thread.join()

    assert answer.status == 200
    assert ended_before == []
    assert set(ended) == {503}


def test_nothing_is_left_behind(server: Server) -> None:
    """The child ends with its server, also where the server is killed and cannot tell it."""
    until_back(server)
    child = psutil.Process(server.child("model"))
    server.process.kill()
    server.ended()

    assert child.wait(20) is not None or not child.is_running()
