"""HTTP connections to one server, kept open between requests; a request is sent once and its answer read whole.

A request is bytes that were made before the run. On its way there are a pool, one write and an `AnswerReader`, which
together cost a third of a general client: the client must not be what is measured. There is no cookie, redirect or
proxy, and nothing is tried twice.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from urllib.parse import quote, urlsplit

from vedette.adapters.targets.failures import ClosedError, of_code, of_exception
from vedette.errors import TooLargeError, UnavailableError
from vedette.flows.bench.target import Reply
from vedette.rules.wire.http1 import AnswerReader, HttpAnswer, request_head
from vedette.rules.wire.image_body import Body
from vedette.values.requests import Status

ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes of one answer at most, after decompression."""

BODIES_LIMIT = 2 * 1024**3
"""Bytes of all bodies at most: they are made before the run and kept."""

ASK_S = 10.0
"""Longest wait for the answer to a question that is not timed."""

_HEADERS = {"User-Agent": "vedette", "Accept": "*/*", "Accept-Encoding": "identity"}
_SAFE = "/%:@!$&'()*+,;=~-._?[]|"
_FAILURES = (OSError, ValueError)


def check_bodies(size_bytes: int, images: int) -> None:
    """Raise a TooLargeError where the bodies of all images would take more than `BODIES_LIMIT`."""
    if size_bytes > BODIES_LIMIT:
        raise TooLargeError(
            f"the requests for {images} images would take {size_bytes / 1e9:.1f} GB of memory, the limit is "
            f"{BODIES_LIMIT / 1e9:.1f} GB: they are made before the run, so that making them is not measured",
            help="measure with fewer images",
        )


def total_bytes(images: Sequence[bytes]) -> int:
    """Bytes of all images."""
    return sum(map(len, images))


class Connection:
    """Connections to the host of one address.

    Args:
        address: URL that requests are sent to.
        method: HTTP method.
        headers: sent with every request; they may hold secrets and are shown nowhere.
        connections: open at once at most, further requests wait; 0: no limit (open loops).
    """

    def __init__(
        self, address: str, method: str = "POST", headers: Mapping[str, str] | None = None, connections: int = 0
    ) -> None:
        self.address, self._method = address, method
        parts = urlsplit(address)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._secure else 80)
        self._defaults, self._headers = {"Host": parts.netloc, **_HEADERS}, dict(headers or {})
        self._room = asyncio.Semaphore(connections) if connections else nullcontext()
        self._peer: tuple[str, int] | None = None
        self._context: ssl.SSLContext | None = None
        self._idle: list[_Line] = []
        self._lines: set[_Line] = set()

    def prepare(self, body: Body, extra: Mapping[str, str] | None = None) -> bytes:
        """A request that only has to be sent, any number of times."""
        framing = {"Content-Type": body.content_type, "Content-Length": str(len(body.data))}
        return self._head(self._method, self.address, {**framing, **(extra or {})}) + body.data

    async def close(self) -> None:
        """Close every connection, and wait until they are."""
        lines = list(self._lines)
        for line in lines:
            line.abort()
        await asyncio.gather(*(line.lost for line in lines))

    async def exchange(self, request: bytes) -> Reply:
        """Send once and read the whole answer; whatever goes wrong is a Reply."""
        try:
            async with self._room:
                answer = await self._answer(request)
        except _FAILURES as error:
            return of_exception(error)
        if 200 <= answer.code < 300:  # noqa: PLR2004 - the class of successes
            return Reply(Status.OK, answer.code, answer.body)
        return of_code(answer.code, answer.body, answer.headers.get("location"))

    async def ask(self, address: str) -> HttpAnswer:
        """GET an address of the same server, any status.

        Raises:
            UnavailableError: no HTTP answer came.
        """
        try:
            async with asyncio.timeout(ASK_S):
                return await self._answer(self._head("GET", address, {}))
        except TimeoutError as error:
            reason = f"no answer within {ASK_S:g} s" if error.errno is None else of_exception(error).reason
        except _FAILURES as error:
            reason = of_exception(error).reason
        raise UnavailableError(
            f"{address} gives no HTTP answer: {reason}", help="start the server, and check host, port and http or https"
        )

    def _head(self, method: str, address: str, headers: Mapping[str, str]) -> bytes:
        parts = urlsplit(address)
        target = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        return request_head(method, target, _merged(self._defaults, headers, self._headers))

    async def _answer(self, request: bytes) -> HttpAnswer:
        line = self._idle.pop() if self._idle else await self._connect()
        try:
            answer = await line.ask(request)
        except BaseException:
            line.abort()
            raise
        if answer.reusable and not line.lost.done():
            self._idle.append(line)
        else:
            line.abort()
        return answer

    async def _connect(self) -> _Line:
        """One more connection: to the address that answered first, so that the name is resolved once."""
        loop = asyncio.get_running_loop()
        if self._secure and self._context is None:
            self._context = ssl.create_default_context()
        host, port = self._peer or (self._host, self._port)
        name = self._host if self._secure else None
        _, line = await loop.create_connection(
            lambda: _Line(self, ANSWER_LIMIT), host, port, ssl=self._context, server_hostname=name
        )
        self._peer = line.peer
        return line

    def begun(self, line: _Line) -> None:
        """A connection was made."""
        self._lines.add(line)

    def ended(self, line: _Line) -> None:
        """A connection is no more: it serves no further request."""
        self._lines.discard(line)
        if line in self._idle:
            self._idle.remove(line)


def _merged(*parts: Mapping[str, str]) -> dict[str, str]:
    """Headers of several origins, the last of one name counts, in capitals or not."""
    merged = {name.lower(): (name, value) for part in parts for name, value in part.items()}
    return dict(merged.values())


class _Line(asyncio.Protocol):
    """One connection, for one exchange at a time."""

    def __init__(self, owner: Connection, limit: int) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._owner, self._reader = owner, AnswerReader(limit)
        self._answer: asyncio.Future[HttpAnswer] | None = None

    @property
    def peer(self) -> tuple[str, int]:
        """Address and port of the other end."""
        host, port = self._transport.get_extra_info("peername")[:2]
        return host, port

    def ask(self, request: bytes) -> asyncio.Future[HttpAnswer]:
        """Send a request; the future of its answer."""
        self._answer = self._loop.create_future()
        self._transport.write(request)
        return self._answer

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a stream"
        self._transport, self._loop = transport, asyncio.get_running_loop()
        plain: socket.socket | None = transport.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._owner.begun(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.abort()  # nobody asked: it must not be taken for the next answer
            return
        try:
            answer = self._reader.feed(data)
        except ValueError as error:
            self._answer.set_exception(error)
            return
        if answer is not None:
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.ended(self)
        self.lost.set_result(None)
        if self._answer is None or self._answer.done():
            return
        try:
            answer = self._reader.end()
        except ValueError as error:
            self._answer.set_exception(error)
            return
        if answer is not None:
            self._answer.set_result(answer)
        else:
            self._answer.set_exception(exc or ClosedError())
