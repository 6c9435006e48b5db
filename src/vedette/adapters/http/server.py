"""The HTTP server: an ASGI application behind a socket, within the limits of the configuration.

    HttpServer(app, ...).bind() -> start() -> ... -> drain() -> stop()

uvicorn's protocol and httptools do the work, on whatever event loop runs (uvloop is the quick one). Signals, logs and
the life of the application are the caller's.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, cast

from vedette.adapters.http.listen import Holder, listen, raise_file_limit
from vedette.clock import Clock
from vedette.rules.access.patience import sweep_s
from vedette.values.serving import Limits, Tls

if TYPE_CHECKING:
    import ssl

    from vedette.adapters.http.connection import Connection
    from vedette.adapters.http.tls_door import TlsDoor

_AT_ONCE = 500
"""Connections that are looked at before requests get their turn again."""

_SHAKING = 128
"""Connections beyond the limit that may be agreeing on TLS, or be told that they are too many."""

_BACKLOG = 2048

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class HttpServer:
    """Serves one application on one address.

    Args:
        app: ASGI 3; its lifespan is not run.
        host, port: where to listen; port 0 takes a free one.
        limits: of connections, heads and waiting.
        clock: for waiting.
        tls: None serves plain HTTP.
    """

    def __init__(
        self, app: AsgiApp, host: str, port: int, limits: Limits, clock: Clock, tls: Tls | None = None
    ) -> None:
        self._app, self._host, self._port = app, host, port
        self._limits, self._clock, self._tls = limits, clock, tls
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | TlsDoor | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._connection: Callable[[], Connection] | None = None

    def bind(self, holder: Holder | None = None) -> tuple[str, int]:
        """Take the address, without answering yet; host and port that were taken.

        Args:
            holder: the process that listens on a host and port, for the message where it is taken.

        Raises:
            ConflictError, ForbiddenError, UsageError: as `listen`.
        """
        if self._socket is None:
            self._socket = listen(self._host, self._port, *((holder,) if holder else ()))
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._state.connections)

    @property
    def most_connections(self) -> int:
        """How many may be open: the limit, or what the files of the process allow."""
        return self._lobby.most

    def prepare(self) -> None:
        """Import and make what `start` needs; in any thread, so that it can be done while models are being loaded."""
        self._connection = self._prepared()

    async def start(self) -> tuple[str, int]:
        """Answer; host and port.

        Raises:
            ConflictError, ForbiddenError, UsageError: as `listen`, or the files of TLS cannot be used.
        """
        context = self._context()
        address = self.bind()
        connection = self._prepared()
        self._tell_date()
        self._server = await self._listened(connection, context)
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())
        return address

    async def drain(self, timeout_s: float) -> bool:
        """Take no connection any more and let requests under way end; whether all did in time.

        Idle connections are closed; answers from now on say `Connection: close`.
        """
        self._close_listener()
        for connection in self._open():
            connection.shutdown()
        ended = asyncio.ensure_future(self._ended())
        late = asyncio.ensure_future(self._clock.sleep_until(self._clock.now_ns() + round(timeout_s * 1e9)))
        await asyncio.wait({ended, late}, return_when=asyncio.FIRST_COMPLETED)
        in_time = ended.done()
        for waiting in (ended, late):
            waiting.cancel()
        await asyncio.gather(ended, late, return_exceptions=True)
        return in_time

    async def stop(self) -> None:
        """End everything at once: connections are cut off, their tasks cancelled."""
        self._close_listener()
        if self._server is None:
            return
        for connection in self._open():
            connection.cut()
        for task in list(self._state.tasks):
            task.cancel()
        await self._ended()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        self._server = None

    def _prepared(self) -> Callable[[], Connection]:
        """What makes a connection."""
        if self._connection is not None:
            return self._connection
        from uvicorn.config import Config
        from uvicorn.server import ServerState

        from vedette.adapters.http.connection import Connection
        from vedette.adapters.http.lobby import Lobby

        self._lobby = Lobby(self._limits, self._clock, min(self._limits.connections, raise_file_limit()))
        self._lobby.empty.set()
        self._state = ServerState()
        config = Config(
            self._app,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
        config.load()
        return lambda: Connection(config, self._state, self._lobby)

    async def _listened(
        self, connection: Callable[[], Connection], context: ssl.SSLContext | None
    ) -> asyncio.Server | TlsDoor:
        assert self._socket is not None, "it is bound before"
        if context is None:
            loop = asyncio.get_running_loop()
            return await loop.create_server(connection, sock=self._socket, backlog=_BACKLOG)
        from vedette.adapters.http.tls_door import TlsDoor

        most = self._lobby.most + _SHAKING
        return TlsDoor(self._socket, connection, context, self._limits.head_s, lambda: most - self.connections)

    def _open(self) -> list[Connection]:
        return cast("list[Connection]", list(self._state.connections))

    def _context(self) -> ssl.SSLContext | None:
        if self._tls is None:
            return None
        from vedette.adapters.http.tls import server_tls

        return server_tls(self._tls)

    def _close_listener(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._socket is not None:
            self._socket.close()

    async def _ended(self) -> None:
        """Return when no connection and no task is left."""
        await self._lobby.empty.wait()
        while tasks := set(self._state.tasks):
            await asyncio.wait(tasks)

    async def _sweep(self) -> None:
        """Look at every connection now and then."""
        every_ns = round(sweep_s(self._limits) * 1e9)
        next_ns = self._clock.now_ns()
        while True:
            next_ns = max(next_ns + every_ns, self._clock.now_ns())
            await self._clock.sleep_until(next_ns)
            self._tell_date()
            for number, connection in enumerate(self._open()):
                if number % _AT_ONCE == _AT_ONCE - 1:
                    await asyncio.sleep(0)
                connection.look(self._clock.now_ns())

    def _tell_date(self) -> None:
        self._lobby.date = format_datetime(self._clock.wall(), usegmt=True)
        self._state.default_headers = [(b"date", self._lobby.date.encode()), (b"server", b"vedette")]
