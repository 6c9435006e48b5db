"""A real `vedette serve` in a process of its own, over tiny models, and what a test does with it.

    with running(folder, repository(folder)) as server:
        server.post("/infer/colour", jpeg((255, 0, 0)))
        with server.line() as line: line.send(b"GET / ...")

The models run on ONNX Runtime, so that nothing is measured at the start. The process is ended by its id, whatever the
test does; a test may end it before by `Server.signal` and `Server.ended`.
"""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import onnx
import psutil
import urllib3
from fakes import colour_manifest, write_colour_model
from onnx import TensorProto, helper
from raw_http import Line

from vedette.adapters.config.repository import Repository
from vedette.adapters.grpc.method import Method
from vedette.adapters.grpc.table import every_method
from vedette.adapters.http.endpoint import Endpoint
from vedette.clock import SystemClock
from vedette.rules.access.rights import hash_of
from vedette.values.serving import Key, Right, Serving
from vedette.wiring.serving_doors import open_doors

SECRETS = {"reader": "vdt_reader", "keeper": "vdt_keeper", "all": "vdt_all"}
"""The secret of a key that may infer, of one that may administer, of one that may both."""

KEYS = "keys:\n" + "".join(
    f"- {{name: {name}, hash: '{hash_of(SECRETS[name])}', rights: [{rights}]}}\n"
    for name, rights in (("reader", "infer"), ("keeper", "admin"), ("all", "infer, admin"))
)

MODELS = """
models:
- {name: colour, runtime: onnxruntime, threads: 1}
- {name: slow, runtime: onnxruntime, threads: 1}
"""
_PATIENCE_S = 40


def repository(folder: Path) -> Path:
    """A folder of two models: `colour` gives the mean red, green and blue; `slow` takes as long as it is told."""
    root = folder / "models"
    file = write_colour_model(folder / "colour.onnx")
    Repository(root).save(colour_manifest("model.onnx"), {"model.onnx": file})
    write_slow_model(root / "slow/1")
    return root


def write_slow_model(folder: Path) -> None:
    """Takes one number, `steps`; gives it back after so many additions, of which a second holds some 100,000s."""
    folder.mkdir(parents=True)
    name = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Add", ["sum", "one"], ["next"])],
        "body",
        [name("step", TensorProto.INT64, []), name("go", TensorProto.BOOL, []), name("sum", TensorProto.INT64, [1])],
        [name("go_on", TensorProto.BOOL, []), name("next", TensorProto.INT64, [1])],
    )
    graph = helper.make_graph(
        [
            helper.make_node("Squeeze", ["steps"], ["count"]),
            helper.make_node("Loop", ["count", "", "zero"], ["done"], body=body),
        ],
        "slow",
        [name("steps", TensorProto.INT64, [1])],
        [name("done", TensorProto.INT64, [1])],
        [helper.make_tensor(key, TensorProto.INT64, [1], [value]) for key, value in (("zero", 0), ("one", 1))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")


@dataclass(eq=False)
class Server:
    """A server that runs; `folder` holds its files, `said` is what it wrote to its stderr so far."""

    process: subprocess.Popen[str]
    folder: Path
    said: list[str] = field(default_factory=list)
    http: tuple[str, int] = ("", 0)
    grpc: str = ""
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=16, retries=False))

    @property
    def url(self) -> str:
        return f"http://{self.http[0]}:{self.http[1]}"

    @property
    def http_address(self) -> str:
        """As Triton's clients take it."""
        return f"{self.http[0]}:{self.http[1]}"

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """One request; names of headers with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.pool.request(method, self.url + path, body=body, headers=sent, timeout=_PATIENCE_S)

    def post(self, path: str, body: bytes, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.call("POST", path, body, **headers)

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A connection that sends bytes as they are."""
        with socket.create_connection(self.http, timeout=_PATIENCE_S) as connected:
            yield Line(connected)

    def exchange(self, data: bytes) -> bytes:
        """All that a new connection gets for some bytes until the server closes it."""
        with self.line() as line:
            line.send(data)
            return line.rest()

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(_PATIENCE_S)

    def rss_bytes(self) -> int:
        """Memory of the process that is resident."""
        return psutil.Process(self.process.pid).memory_info().rss

    def child(self, word: str) -> int:
        """The id of the one child process whose command line holds a word."""
        (found,) = [
            one.pid for one in psutil.Process(self.process.pid).children(recursive=True) if word in one.cmdline()
        ]
        return found


def launch(
    folder: Path, models: Path | None, config: str = MODELS, *flags: str, stderr: IO[str] | int = subprocess.PIPE
) -> subprocess.Popen[str]:
    """Start a server whose files are in a folder; the caller ends it."""
    file = folder / "vedette.yaml"
    file.write_text(config, encoding="utf-8")
    of_models = () if models is None else ("--models", str(models))
    command = [sys.executable, "-m", "vedette", "serve", *of_models, "--port", "0", "--grpc-port", "0"]
    environment = os.environ | {"VEDETTE_HOME": str(folder / "home")}
    return subprocess.Popen(
        [*command, "--config", str(file), *flags],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
        env=environment,
        cwd=folder,
    )


@contextmanager
def running(folder: Path, models: Path | None, config: str = MODELS, *flags: str) -> Iterator[Server]:
    """A server that answers; it is ended by SIGTERM, and by SIGKILL if that is not enough."""
    process = launch(folder, models, config, *flags)
    server = Server(process, folder)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, server.said, lines))
    reader.start()
    try:
        _wait_ready(server, lines)
        yield server
    finally:
        server.pool.clear()
        end(process)
        reader.join()
        assert process.stderr is not None
        process.stderr.close()


def end(process: subprocess.Popen[str]) -> None:
    """End a server that may have ended already, and its children with it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read(process: subprocess.Popen[str], said: list[str], lines: queue.SimpleQueue[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line.rstrip("\n"))
        lines.put(said[-1])
    lines.put("")


def _wait_ready(server: Server, lines: queue.SimpleQueue[str]) -> None:
    while not server.grpc:
        line = lines.get(timeout=_PATIENCE_S)
        if not line and server.process.poll() is not None:
            raise AssertionError(f"the server did not start: {server.said}")
        scheme, _, address = line.strip().partition("://")
        if scheme == "http":
            host, _, port = address.rpartition(":")
            server.http = (host.strip("[]"), int(port))
        elif scheme == "grpc":
            server.grpc = address


class _Nothing:
    """Stands for the parts of a server into which nobody looks when its table is made."""

    def __getattr__(self, name: str) -> Any:
        return _Nothing()

    def __call__(self, *given: Any, **named: Any) -> Any:
        return _Nothing()

    def __rmul__(self, number: int) -> int:
        return number


def http_table() -> tuple[Endpoint, ...]:
    """Every row of the table of HTTP, as a server with keys opens it."""
    nothing: Any = _Nothing()
    keys = (Key("all", hash_of(SECRETS["all"]), frozenset(Right)),)
    doors = open_doors(Serving(keys=keys), nothing, nothing, nothing, SystemClock())
    asyncio.run(doors.close())
    return doors.app.endpoints


def grpc_table() -> tuple[Method, ...]:
    """Every method of gRPC, as the server itself opens it."""
    nothing: Any = _Nothing()
    return every_method(nothing, nothing, SystemClock(), "1")
