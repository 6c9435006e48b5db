"""How a server ends: with requests under way, at once, and with nowhere to write to."""

from __future__ import annotations

import json
import re
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import psutil
import pytest
import tritonclient.grpc as triton
import urllib3
from fakes import jpeg
from served import MODELS, Server, end, launch, repository, running

RED = jpeg((255, 0, 0))
INFER = b"POST /infer/colour HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(RED)
SOME, LONG = 250_000, 100_000_000
"""Steps of a request that outlasts a signal, and of one that outlasts every patience."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("ending"))


def steps(number: int) -> bytes:
    return json.dumps({"inputs": [{"name": "steps", "shape": [1], "datatype": "INT64", "data": [number]}]}).encode()


class Asked(threading.Thread):
    """A request that takes its time."""

    def __init__(self, server: Server, number: int) -> None:
        super().__init__()
        self.answer: urllib3.BaseHTTPResponse | None = None
        self.error: Exception | None = None
        self._server, self._number = server, number

    def run(self) -> None:
        try:
            self.answer = self._server.post("/v2/models/slow/infer", steps(self._number))
        except urllib3.exceptions.HTTPError as error:
            self.error = error


@contextmanager
def at_work(server: Server, number: int) -> Iterator[Asked]:
    """A request that is under way: the server computes."""
    asked = Asked(server, number)
    before = psutil.Process(server.process.pid).cpu_times().user
    asked.start()
    while asked.is_alive() and psutil.Process(server.process.pid).cpu_times().user < before + 0.05:
        threading.Event().wait(0.005)
    yield asked
    asked.join()


def drained(server: Server) -> None:
    """Return when the server has said that it drains."""
    while not any("draining" in line for line in server.said):
        assert server.process.poll() is None or any("draining" in line for line in server.said), server.said
        threading.Event().wait(0.005)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_under_way_is_answered(models: Path, tmp_path: Path, number: signal.Signals) -> None:
    """Requests under way over HTTP and gRPC get their answers, idle connections are closed, the exit code is 0."""
    with (
        running(tmp_path, models) as server,
        server.line() as idle,
        triton.InferenceServerClient(server.grpc) as client,
    ):
        tensor = triton.InferInput("steps", [1], "INT64")
        tensor.set_data_from_numpy(np.array([SOME], np.int64))
        over_grpc: list[int] = []
        asking = threading.Thread(
            target=lambda: over_grpc.extend(client.infer("slow", [tensor]).as_numpy("done").tolist())
        )
        asking.start()
        with at_work(server, SOME) as asked:
            server.signal(number)
        asking.join()

        assert asked.answer is not None, asked.error
        assert asked.answer.json()["outputs"][0]["data"] == [SOME]
        assert asked.answer.headers["connection"] == "close"
        assert over_grpc == [SOME]
        assert idle.rest() == b""
        assert server.ended() == 0


def test_new_ones_are_refused(models: Path, tmp_path: Path) -> None:
    """While one is still at work there is no new connection; a call of gRPC is refused, or cancelled on its way in."""
    with running(tmp_path, models) as server, grpc.insecure_channel(server.grpc) as channel:
        live = channel.unary_unary("/inference.GRPCInferenceService/ServerReady")
        live(b"", timeout=20)
        with at_work(server, 2 * SOME) as asked:
            server.signal()
            drained(server)
            with pytest.raises(OSError, match=r"refused|reset"):
                refused(server)
            with pytest.raises(grpc.RpcError) as told:
                live(b"", timeout=5)

        assert asked.answer is not None, asked.error
        assert asked.answer.status == 200
        assert told.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert server.ended() == 0


def refused(server: Server) -> None:
    """Connect until it fails: the listener is closed right after the line that tells of the drain."""
    while True:
        socket.create_connection(server.http, timeout=5).close()


def test_an_upload_that_began_before_is_answered(models: Path, tmp_path: Path) -> None:
    """A body that is half there when the signal comes: the rest is read, and it has an answer or a 503."""
    with running(tmp_path, models) as server, server.line() as line:
        line.send(INFER + RED[:50])
        server.post("/infer/colour", RED)
        server.signal()
        drained(server)
        line.send(RED[50:])
        status, _, body = line.answer()

        assert status in (200, 503), body
        assert server.ended() == 0


def test_a_second_signal_ends_at_once(models: Path, tmp_path: Path) -> None:
    """Whatever is under way: the process is gone by the signal itself."""
    with running(tmp_path, models) as server, at_work(server, LONG) as asked:
        server.signal()
        drained(server)
        server.signal()

        assert server.ended() == -signal.SIGTERM
    assert asked.error is not None


def test_what_takes_longer_than_the_drain_is_broken_off(models: Path, tmp_path: Path) -> None:
    """The server says so and ends by itself with 0, whatever an engine is still at."""
    config = MODELS + "limits: {drain_s: 100ms}\n"
    with running(tmp_path, models, config) as server, at_work(server, LONG) as asked:
        server.signal()
        code = server.ended()

    assert code == 0
    assert asked.error is not None
    assert any("broken off" in line for line in server.said)


def first_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stderr is not None
    return [process.stderr.readline() for _ in range(count)]


def test_a_log_that_nobody_can_write_to_ends_nothing(models: Path, tmp_path: Path) -> None:
    """With a full disk under stderr the server starts, answers, and ends with 0."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with Path("/dev/full").open("w") as full:
        process = launch(tmp_path, models, MODELS + "log: {requests: true}\n", "--port", str(port), stderr=full)
    try:
        statuses = answered(process, port)
        process.send_signal(signal.SIGTERM)

        assert statuses == [200, 400, 404, 200]
        assert process.wait(30) == 0
    finally:
        end(process)


def test_a_log_whose_reader_has_gone_ends_nothing(models: Path, tmp_path: Path) -> None:
    """The other end of a pipe is closed: the same."""
    process = launch(tmp_path, models)
    try:
        said = "".join(first_lines(process, 4))
        found = re.search(r"http://127.0.0.1:(\d+)", said)
        assert found is not None, said
        assert process.stderr is not None
        process.stderr.close()

        assert answered(process, int(found[1])) == [200, 400, 404, 200]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        end(process)


def answered(process: subprocess.Popen[str], port: int) -> list[int]:
    """The statuses of a good and two bad requests and one more, once the server listens."""
    url = f"http://127.0.0.1:{port}"
    with urllib3.PoolManager() as pool:
        while True:
            assert process.poll() is None, f"the server ended by {process.returncode}"
            try:
                first = pool.request("POST", f"{url}/infer/colour", body=RED, retries=False, timeout=20)
                break
            except urllib3.exceptions.HTTPError:
                select.select([], [], [], 0.02)
        wrong = pool.request("POST", f"{url}/infer/colour", body=b"none", timeout=20)
        missing = pool.request("POST", f"{url}/infer/nobody", body=RED, timeout=20)
        last = pool.request("POST", f"{url}/infer/colour", body=RED, timeout=20)
    return [first.status, wrong.status, missing.status, last.status]
