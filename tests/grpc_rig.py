"""A server of gRPC on a free port, in an event loop of a thread of its own, for tests of its methods."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vedette.adapters.grpc.door import Door
from vedette.adapters.grpc.method import Method, Told
from vedette.adapters.grpc.server import GrpcServer
from vedette.clock import SystemClock
from vedette.values.serving import Limits, Right, Tls

CLOCK = SystemClock()


class OpenGuard:
    """Lets everybody in."""

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        return ""


@dataclass
class Heard:
    """An observer that keeps what it is told."""

    calls: list[Told] = field(default_factory=list)
    some: threading.Condition = field(default_factory=threading.Condition)

    def told(self, call: Told) -> None:
        with self.some:
            self.calls.append(call)
            self.some.notify_all()

    def of(self, path: str, status: str = "", request_id: str = "") -> Told:
        """The first call of a method that has ended (with a status, of a request id); waits for it.

        A call is told of after its client has the answer, so that one of an earlier test may still come. Where several
        tests call the method, the request id says which call is meant.
        """

        def fits(one: Told) -> bool:
            return one.path.endswith(path) and status in one.status and request_id in one.request_id

        def found() -> Told | None:
            return next((one for one in self.calls if fits(one)), None)

        with self.some:
            told = self.some.wait_for(found, 30)
            assert told is not None
            return told


@dataclass
class GrpcRig:
    """A server that runs: its address, what its observer heard, and its loop for what is done inside."""

    address: str
    heard: Heard
    server: GrpcServer
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Let the loop of the server do it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


@contextmanager
def grpc_rig(
    make: Callable[[], Sequence[Method]],
    limits: Limits = Limits(),  # noqa: B008
    guard: Any = None,
    tls: Tls | None = None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> Iterator[GrpcRig]:
    """A server with the methods that `make` gives; it is called in the event loop of the server."""
    heard, loop = Heard(), new_loop()
    thread = threading.Thread(target=loop.run_forever, name="grpc-server", daemon=True)
    thread.start()

    async def start() -> tuple[GrpcServer, str, int]:
        server = GrpcServer(Door(guard or OpenGuard(), (heard,), limits, CLOCK), make(), limits, tls)
        return server, *await server.start("127.0.0.1", 0)

    try:
        server, host, port = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
        try:
            yield GrpcRig(f"{host}:{port}", heard, server, loop)
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
