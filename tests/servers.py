"""Real little HTTP servers on free ports, whose behaviour is known to the byte and to the millisecond.

    with serving(Canned(b"{}")) as url: ...                     a thread of this process; any behaviour, any fault
    with serving(service(Queue([20.0]))) as url: ...            a known service time: each answer 20 ms after its turn
    with serving(service(Queue([5.0], stall=(2.0, 1.0)))) ...   no answer leaves between 2 s and 3 s after the first
    with serving_apart("--service-ms", "20") as url: ...        the same in a child process

A behaviour is called for each request with a `Call`, and returns the bytes of the answer, or None to close.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import itertools
import random
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Call:
    """One request as it came; `number` counts the requests of the server from 0, `connection` its connections."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    number: int
    connection: int
    socket: socket.socket
    arrived: float = field(default_factory=time.perf_counter)

    def reset(self) -> None:
        """Break the connection off with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


_TLS_HANDSHAKE = b"\x16"

Behaviour = Callable[[Call], bytes | None]


def answer(
    body: bytes = b"", status: str = "200 OK", headers: tuple[str, ...] = (), length: int | None = None
) -> bytes:
    """The bytes of an HTTP answer; `length` may lie."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Canned:
    """Answers every request by the same body."""

    def __init__(
        self,
        body: bytes = b"{}",
        status: str = "200 OK",
        headers: tuple[str, ...] = ("Content-Type: application/json",),
    ) -> None:
        self._bytes = answer(body, status, headers)

    def __call__(self, call: Call) -> bytes:
        return self._bytes


class Queue:
    """First come, first served by `servers` that each take the next of `times_ms`, which is cycled.

    The end of each service is computed from when it came, not from when a thread woke: errors of sleep do not add up.
    """

    def __init__(self, times_ms: Iterable[float], servers: int = 1, stall: tuple[float, float] | None = None) -> None:
        self._times = itertools.cycle(times_ms)
        self._free = [0.0] * servers
        self._stall, self._first = stall, None
        self._lock = threading.Lock()

    def end(self, arrived: float) -> float:
        """When the answer to a request that came at `arrived` leaves, in seconds of the same clock."""
        with self._lock:
            self._first = arrived if self._first is None else self._first
            start = max(arrived, heapq.heappop(self._free))
            if self._stall is not None:
                begin, length = self._first + self._stall[0], self._stall[1]
                start = begin + length if begin <= start < begin + length else start
            end = start + next(self._times) / 1e3
            heapq.heappush(self._free, end)
            return end


def exponential(mean_ms: float, count: int, seed: int) -> list[float]:
    """Service times of an M/M/k server."""
    source = random.Random(seed)
    return [source.expovariate(1 / mean_ms) for _ in range(count)]


def service(queue: Queue, body: bytes = b"{}") -> Behaviour:
    """Answers every POST when the queue lets it go, and everything else at once."""
    bytes_ = answer(body, headers=("Content-Type: application/json",))

    def behave(call: Call) -> bytes:
        if call.method != "GET":
            time.sleep(max(0.0, queue.end(call.arrived) - time.perf_counter()))
        return bytes_

    return behave


def posts(faulty: Behaviour, otherwise: Behaviour | None = None) -> Behaviour:
    """A server that is well when it is asked by GET, and behaves like this when an image is posted."""
    fine = otherwise or Canned()
    return lambda call: fine(call) if call.method == "GET" else faulty(call)


def paths(table: dict[str, bytes | Behaviour]) -> Behaviour:
    """Answers by `METHOD /path`; 404 for what is not in the table."""

    def behave(call: Call) -> bytes | None:
        found = table.get(f"{call.method} {call.path}")
        if found is None:
            return answer(b'{"error":"not found"}', "404 Not Found")
        return found if isinstance(found, bytes) else found(call)

    return behave


@dataclass(slots=True)
class Server:
    """A server in threads: one that accepts, and one a connection. `calls` are the requests so far."""

    behaviour: Behaviour
    listener: socket.socket
    context: ssl.SSLContext | None = None
    calls: list[Call] = field(default_factory=list)
    _open: set[socket.socket] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        host, port = self.listener.getsockname()[:2]
        scheme = "http" if self.context is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def start(self) -> None:
        self._spawn(self._accept)

    def stop(self) -> None:
        """Close every connection, and wait for every thread."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        for number in itertools.count():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self._spawn(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError, ValueError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.add(connection)
            with connection.makefile("rb") as reader:
                while (call := self._read(reader, connection, number)) is not None:
                    reply = self.behaviour(call)
                    if reply is None:
                        break
                    connection.sendall(reply)
        with self._lock:
            self._open.discard(connection)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _read(self, reader, connection: socket.socket, number: int) -> Call | None:
        if reader.peek(1)[:1] == _TLS_HANDSHAKE:
            connection.sendall(answer(b"this is no HTTPS", "400 Bad Request"))
            return None
        first = reader.readline().decode("latin-1").split()
        if not first:
            return None
        headers = {}
        while (line := reader.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        with self._lock:
            call = Call(first[0], first[1], headers, body, len(self.calls), number, connection)
            self.calls.append(call)
        return call


@contextmanager
def serving_here(
    behaviour: Behaviour, family: socket.AddressFamily = socket.AF_INET, context: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """A server in threads of this process."""
    listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
    server = Server(behaviour, listener, context)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def serving(behaviour: Behaviour, **options: object) -> Iterator[str]:
    """The address of a server in threads of this process."""
    with serving_here(behaviour, **options) as server:
        yield server.url


def free_port() -> int:
    """A port at which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def serving_apart(*arguments: str) -> Iterator[str]:
    """The address of the quick server in a child process; see `_parsed` for its arguments."""
    with serving_process(*arguments) as (url, _):
        yield url


@contextmanager
def serving_process(*arguments: str) -> Iterator[tuple[str, int]]:
    """The same, and the id of its process."""
    child = subprocess.Popen([sys.executable, str(Path(__file__)), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield child.stdout.readline().strip(), child.pid
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait()
        child.stdout.close()


class _Quick(asyncio.Protocol):
    """As little HTTP as a client can need: the length of the body is read, everything else is skipped."""

    def __init__(self, reply: bytes) -> None:
        self._reply, self._data, self._missing = reply, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        taken = min(self._missing, len(data))
        self._missing -= taken
        if taken and not self._missing:
            self._transport.write(self._reply)
        self._data += data[taken:]
        while not self._missing and (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            start = head.find(b"content-length:")
            length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            self._missing = max(0, length - (len(self._data) - end - 4))
            self._data = self._data[end + 4 + length :]
            if not self._missing:
                self._transport.write(self._reply)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="a little HTTP server; prints its address")
    parser.add_argument("--service-ms", type=float, help="time of each answer; without it, at once")
    parser.add_argument("--exponential", action="store_true", help="exponential times with that mean")
    parser.add_argument("--servers", type=int, default=1, help="answers that are made at the same time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stall", type=float, nargs=2, metavar=("AT_S", "FOR_S"), help="needs --service-ms")
    parser.add_argument("--body", default="{}")
    return parser.parse_args()


def _say(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


def _timed(options: argparse.Namespace) -> None:
    times = [options.service_ms]
    if options.exponential:
        times = exponential(options.service_ms, 100_000, options.seed)
    queue = Queue(times, options.servers, tuple(options.stall) if options.stall else None)
    with serving(service(queue, options.body.encode())) as url:
        _say(url)
        signal.sigwait({signal.SIGTERM})


async def _quick(options: argparse.Namespace) -> None:
    reply = answer(options.body.encode(), headers=("Content-Type: application/json",))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Quick(reply), "127.0.0.1", 0, backlog=1024)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    _say(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await stop.wait()


def main() -> None:
    options = _parsed()
    if options.service_ms is None:
        asyncio.run(_quick(options))
    else:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        _timed(options)


if __name__ == "__main__":
    main()
