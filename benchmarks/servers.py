"""A null HTTP server: how a client of HTTP is measured, not a server.

    python -m benchmarks.servers --port 0 --service-ms 5 --workers 1     prints http://127.0.0.1:PORT/

Every request gets the same answer, after a service time that is none, fixed, or exponential, from one of k workers that
take requests in their order of arrival. Service times pass as time, not as work: the processor stays free. The parser
knows a request line, Content-Length and keep-alive, and no more than that.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import heapq
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np

from vedette.adapters.processes.precise_loop import precise_loop

BODY = b'{"label": "null", "class_id": 0, "score": 1.0}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
END = b"\r\n\r\n"

Service = Callable[[], float]


class Workers:
    """k workers that serve in order of arrival; `free` is a heap of the instants when each is free, in seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int, service: Service) -> None:
        self._loop, self._service = loop, service
        self._free = [0.0] * count

    def serve(self, answer: Callable[[bytes], None]) -> None:
        """Answer when a worker has got to this request and has taken its time."""
        start = max(self._loop.time(), self._free[0])
        done = start + self._service()
        heapq.heapreplace(self._free, done)
        self._loop.call_at(done, answer, ANSWER)


class Connection(asyncio.Protocol):
    """Cuts what comes in into requests."""

    def __init__(self, workers: Workers | None) -> None:
        self._workers = workers
        self._buffer = b""
        self._needed = 0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`; asyncio has set TCP_NODELAY."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every whole request that is there."""
        self._buffer = self._buffer + data if self._buffer else data
        while len(self._buffer) >= self._needed:
            end = self._buffer.find(END)
            if end < 0:
                return
            length = LENGTH.search(self._buffer, 0, end + 2)
            size = end + len(END) + (int(length[1]) if length else 0)
            if len(self._buffer) < size:
                self._needed = size
                return
            self._buffer, self._needed = self._buffer[size:], 0
            self._answer()

    def _answer(self) -> None:
        assert self._transport is not None, "data comes over a connection"
        if self._workers is None:
            self._transport.write(ANSWER)
        else:
            self._workers.serve(self._write)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def service_times(kind: str, mean_s: float, seed: int) -> Service:
    """Draws one service time in seconds."""
    if kind == "fixed":
        return lambda: mean_s
    rng = np.random.default_rng(seed)
    return lambda: float(rng.exponential(mean_s))


async def serve(port: int, workers: int, service: Service | None) -> None:
    """Serve without end; print the address first."""
    loop = asyncio.get_running_loop()
    pool = Workers(loop, workers, service) if service else None
    server = await loop.create_server(lambda: Connection(pool), "127.0.0.1", port, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    gc.freeze()
    gc.disable()
    await server.serve_forever()


@contextmanager
def serving(
    *, service_ms: float = 0.0, kind: str = "fixed", workers: int = 1, seed: int = 0, core: int | None = None
) -> Iterator[str]:
    """The address of a null server in a child process, ended with the block.

    Args:
        service_ms: mean service time; 0 answers at once.
        kind: `fixed` or `exponential`.
        workers: requests served at once.
        seed: of exponential service times: the n-th request to arrive takes the same time for the same seed.
        core: core that the server is bound to; None: not bound.
    """
    command = [sys.executable, "-m", "benchmarks.servers", "--service-ms", str(service_ms), "--kind", kind]
    command += ["--workers", str(workers), "--seed", str(seed), *([] if core is None else ["--core", str(core)])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "a pipe was asked for"
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"the null server did not start: {' '.join(command)}")
            yield address
        finally:
            process.terminate()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--service-ms", type=float, default=0.0, help="mean service time")
    parser.add_argument("--kind", choices=("fixed", "exponential"), default="fixed", help="of the service time")
    parser.add_argument("--workers", type=int, default=1, help="requests served at once")
    parser.add_argument("--seed", type=int, default=0, help="of exponential service times")
    parser.add_argument("--core", type=int, help="core to be bound to")
    chosen = parser.parse_args()
    if chosen.core is not None:
        os.sched_setaffinity(0, {chosen.core})
    service = service_times(chosen.kind, chosen.service_ms / 1e3, chosen.seed) if chosen.service_ms > 0 else None
    with asyncio.Runner(loop_factory=precise_loop) as runner:
        runner.run(serve(chosen.port, chosen.workers, service))


if __name__ == "__main__":
    main()
