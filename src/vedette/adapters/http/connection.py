"""One connection of the HTTP server: uvicorn's protocol, made patient only within limits.

    bytes -> httptools -> head checked -> application, one request after the other -> answer

What uvicorn leaves open is closed here: how long a head, a body or a reader of the answer may take, how large a head
may be, what happens to the rest of an upload that is answered early, and to the application's task when its client has
gone. It knows neither routes nor models.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from vedette.adapters.http.answer import Answer
from vedette.adapters.http.lobby import Exit, Lobby, RefusedError
from vedette.rules.access.patience import Phase, Verdict, Waiting, verdict
from vedette.rules.wire.refusal import Refusal, refusal_bytes
from vedette.rules.wire.request_head import RequestHead

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

_PIPELINED = 32
"""Requests that a client may send before the first is answered."""

_THROWN_BYTES = 1 << 20
"""Rest of an upload that is read and thrown away after an early answer, so that the connection can be used again."""

_TURNED_AWAY = 256
"""Connections beyond the limit that are told why; more are only cut off."""

_HELP = "send a request in the form of RFC 9112"


class Connection(HttpToolsProtocol):
    """One connection from its first byte to its last."""

    def __init__(self, config: Config, server_state: ServerState, lobby: Lobby) -> None:
        super().__init__(config, server_state, {})
        self._lobby = lobby
        self._since_ns = lobby.clock.now_ns()
        self._in_head = self._in_body = self._deaf = self._leaving = False
        self._head = RequestHead()
        self._came_bytes = self._thrown_bytes = self._raw_left = self._begun = 0
        self._unread_bytes = 0
        self._running: tuple[RequestResponseCycle, asyncio.Task[None]] | None = None
        self._real: asyncio.Transport
        self._exit: Exit

    # What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; beyond the limit it is turned away."""
        super().connection_made(transport)
        self._lobby.empty.clear()
        self._real = transport
        self._exit = Exit(transport, self.leave)
        self.transport = self._exit  # type: ignore[assignment] # all that uvicorn calls
        surplus = len(self.connections) - self._lobby.most
        if surplus > _TURNED_AWAY:
            transport.abort()
        elif surplus > 0:
            self._refuse(Refusal(503, f"{self._lobby.most} connections are open, which is the limit", "try again"), 1)

    def data_received(self, data: bytes) -> None:
        """The next bytes of the client."""
        if self._deaf or self._leaving:
            self._throw(len(data))
            return
        alone = not self._in_body  # the bytes are all of one head, unless a second one begins
        self._begun = 0 if not self._in_head else 1
        try:
            if self._raw_left:
                self._take_raw(data)
            else:
                self.parser.feed_data(data)
            if self._in_head:
                if alone and self._begun == 1:
                    self._head.raw_bytes += len(data)
                self._check_head_size()
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            cause = error.__context__
            refusal = cause.refusal if isinstance(cause, RefusedError) else Refusal(400, f"no request: {error}", _HELP)
            self._refuse(refusal)
        except RefusedError as error:
            self._refuse(error.refusal)

    def eof_received(self) -> None:
        """The client sends no more; who half-closes has gone, but is told if its request is not whole."""
        if (self._in_head or self._in_body) and not (self._deaf or self._leaving):
            self._refuse(Refusal(400, "the request broke off before its end", "send all of its Content-Length"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more; nobody waits for what it asked for."""
        self.pipeline.clear()
        super().connection_lost(exc)
        self._abandon()
        if not self.connections:
            self._lobby.empty.set()

    def pause_writing(self) -> None:
        """The client does not read its answer as fast as it is made."""
        self._unread_bytes = self._real.get_write_buffer_size()
        self._since_ns = self._lobby.clock.now_ns()
        super().pause_writing()

    # What the parser tells

    def on_message_begin(self) -> None:
        """A request begins."""
        if len(self.pipeline) >= _PIPELINED:
            raise RefusedError(Refusal(400, f"more than {_PIPELINED} requests at once", "wait for answers"))
        super().on_message_begin()
        self._begun += 1
        self._in_head, self._since_ns = True, self._lobby.clock.now_ns()
        self._head = RequestHead()

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._head.size_bytes += len(url)
        self._check_head_size()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer: those are thrown away, because they come after what they could change."""
        self._head.add(name.lower(), value)
        self._check_head_size()
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: what can be read in two ways is refused, the rest goes to the application."""
        refusal = self._head.refusal(self.parser.get_http_version())
        if refusal is not None:
            raise RefusedError(refusal)
        self._in_head, self._in_body = False, True
        self._came_bytes, self._thrown_bytes, self._since_ns = 0, 0, self._lobby.clock.now_ns()
        super().on_headers_complete()
        if self.pipeline:
            self.flow.resume_reading()  # uvicorn pauses here, and would not see the client leave

    def on_body(self, body: bytes) -> None:
        """A part of a body; after an early answer it is thrown away."""
        self._came_bytes += len(body)
        if self.cycle.response_complete:
            self._throw(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole, unless the parser takes its body for another protocol."""
        if self._head.length and self.parser.should_upgrade() and not self._raw_left and self._in_body:
            self._raw_left = self._head.length
            return
        self._in_body = False
        super().on_message_complete()
        if not self.pipeline:
            self.flow.resume_reading()  # a large body has paused it, and the application does not ask for more

    # What the application does

    def on_response_complete(self) -> None:
        """The answer is out: the next request's turn."""
        self.server_state.total_requests += 1
        self._since_ns = self._lobby.clock.now_ns()
        if self._leaving or self._real.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        task = self.loop.create_task(cycle.run_asgi(self._guarded(cycle, app)))
        self._running = (cycle, task)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _guarded(self, cycle: RequestResponseCycle, app: Any) -> Any:
        """The application, whose end by a client that has gone is no error of its own."""
        answer = Answer(cycle, self._exit, self._answer_early)

        async def run(scope: Any, receive: Any, _: Any) -> None:
            try:
                await app(scope, receive, answer.send)
            except asyncio.CancelledError:
                if not cycle.disconnected:
                    raise

        return run

    def _answer_early(self, cycle: RequestResponseCycle) -> None:
        """An answer before the end of the upload closes the connection, unless only a small rest is still to come."""
        rest = self._head.length - self._came_bytes
        if self._head.chunked or cycle.waiting_for_100_continue or rest > _THROWN_BYTES:
            cycle.keep_alive = False

    def leave(self) -> None:
        """Close; if the client still sends, only after it could read the answer (RFC 9112 section 9.6)."""
        if self._leaving or self._real.is_closing():
            return
        if not (self._in_head or self._in_body):
            self._real.close()
            return
        self._leaving, self._since_ns = True, self._lobby.clock.now_ns()
        if self._real.can_write_eof():
            self._real.write_eof()
        self.flow.resume_reading()

    # What the server asks for

    def look(self, now_ns: int) -> None:
        """End what takes too long."""
        match verdict(self._waiting(), self._lobby.limits, now_ns):
            case Verdict.WAIT:
                return
            case Verdict.RENEW:
                self._came_bytes, self._since_ns = 0, now_ns
            case Verdict.CLOSE:
                self._real.close()
            case Verdict.CUT:
                self._real.abort()
            case Verdict.REFUSE:
                part = "head" if self._in_head else "body"
                self._refuse(Refusal(408, f"the {part} of the request came too slowly", "send it faster"))

    def cut(self) -> None:
        """End the connection and what it asked for, at once."""
        if self._running is not None:
            self._running[0].disconnected = True
        self._real.abort()

    def _waiting(self) -> Waiting:
        if self._leaving:
            return Waiting(Phase.LEAVING, self._since_ns)
        if self.flow.write_paused:
            unread_bytes, before = self._real.get_write_buffer_size(), self._unread_bytes
            self._unread_bytes = unread_bytes
            if unread_bytes < before:  # slow, and not stuck
                self._since_ns = self._lobby.clock.now_ns()
            return Waiting(Phase.STUCK, self._since_ns)
        if self._in_head:
            return Waiting(Phase.HEAD, self._since_ns)
        if self._in_body and not self.flow.read_paused:
            return Waiting(Phase.BODY, self._since_ns, self._came_bytes)
        if self._in_body:
            self._came_bytes, self._since_ns = 0, self._lobby.clock.now_ns()
        busy = self.cycle is not None and not self.cycle.response_complete
        return Waiting(Phase.WORKING if busy or self._in_body else Phase.IDLE, self._since_ns)

    # Refusals

    def _refuse(self, refusal: Refusal, retry_after_s: int | None = None) -> None:
        """Tell why and leave. Behind a request that is under way nothing is told: its answer is the last."""
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy and not self._in_body:
            self._deaf, self._in_head, self.cycle.keep_alive = True, False, False
            return
        if self.cycle is not None and self._in_body and (self.cycle.response_started or self.pipeline):
            self.cut()
            return
        if busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._abandon()
        self._real.write(refusal_bytes(refusal, self._lobby.date, retry_after_s))
        self._in_head = True  # there is more to come that nobody reads
        self.leave()

    def _abandon(self) -> None:
        """End the application's task: it may see the disconnect in this turn of the loop, and is cancelled after."""
        if self._running is None:
            return
        cycle, task = self._running
        self._running = None
        if not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            self.loop.call_soon(task.cancel)

    def _throw(self, size_bytes: int) -> None:
        self._thrown_bytes += size_bytes
        if self._thrown_bytes > self._lobby.limits.body_bytes:
            self._real.abort()

    def _check_head_size(self) -> None:
        refusal = self._head.too_large(self._lobby.limits.head_bytes)
        if refusal is not None:
            raise RefusedError(refusal)

    # Upgrades are not offered (RFC 9110 section 7.8): the request goes on as it is

    def _go_on(self, rest: bytes) -> None:
        """After a head that asks for an upgrade: what follows is the body, which the parser leaves, or a request."""
        if self._head.chunked:
            self._refuse(Refusal(501, "no upgrade is offered here to chunked requests", "send no Upgrade header"))
        elif rest:
            self.data_received(rest)

    def _take_raw(self, data: bytes) -> None:
        part, rest = data[: self._raw_left], data[self._raw_left :]
        left = self._raw_left - len(part)
        self.on_body(part)
        if left == 0:
            self.on_message_complete()  # while `_raw_left` still says that this is the end
        self._raw_left = left
        if rest:
            self.data_received(rest)
