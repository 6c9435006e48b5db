"""A real `HttpServer` in a thread of its own, and a client that sends bytes as they are.

with hosting(app, Limits(head_s=0.2)) as host:
    with host.line() as line: line.send(b"GET / ...") ; line.answer() ; line.rest()
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

from vedette.adapters.http.server import HttpServer
from vedette.clock import SystemClock
from vedette.values.serving import Limits, Tls

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Line:
    """A connection of a client."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: code, headers, body by Content-Length."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return int(first.split()[1]), headers, body

    def rest(self) -> bytes:
        """What comes until the server closes; a reset ends it too."""
        try:
            while part := self.socket.recv(65536):
                self._buffer += part
        except ConnectionError:
            pass
        data, self._buffer = self._buffer, b""
        return data

    def _more(self) -> None:
        part = self.socket.recv(65536)
        if not part:
            raise EOFError(self._buffer)
        self._buffer += part


class Host:
    """A server that runs."""

    def __init__(self, server: HttpServer, loop: asyncio.AbstractEventLoop, address: tuple[str, int]) -> None:
        self.server, self.address = server, address
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of work on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def begin(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @contextmanager
    def line(self) -> Iterator[Line]:
        with socket.create_connection(self.address, timeout=20) as connected:
            yield Line(connected)

    def exchange(self, data: bytes) -> bytes:
        """All that a new connection gets for some bytes until the server closes it."""
        with self.line() as line:
            line.send(data)
            return line.rest()


@contextmanager
def hosting(app: Callable[..., Any], limits: Limits | None = None, tls: Tls | None = None) -> Iterator[Host]:
    """A server on a free port; it is stopped, and leaves no connection and no task, whatever the test does."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = HttpServer(app, "127.0.0.1", 0, limits or Limits(), SystemClock(), tls)
    try:
        address = asyncio.run_coroutine_threadsafe(server.start(), loop).result(30)
        yield Host(server, loop, address)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert server.connections == 0
