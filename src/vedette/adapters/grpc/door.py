"""The door: what is done around every method of the table.

    call -> guard -> its message -> size, fields -> method -> answer        error -> status, details, trailers

Every method is taken in as a stream, so that a key is checked before the message is read: nobody without a key makes
the server hold more than a few messages. Messages with tensors that are on their way count as the largest that they may
be (`Intake`); those of a stream do not, because a stream may be silent for hours.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import grpc
from google.protobuf.message import DecodeError

from vedette.adapters.grpc.intake import Intake
from vedette.adapters.grpc.method import Call, Guard, Method, Observer, Streaming, Told, Unary
from vedette.adapters.grpc.refusal import code_of, details_of, internal, trailers_of
from vedette.clock import Clock
from vedette.errors import InvalidError, Kind, OverloadedError, TooLargeError, VedetteError
from vedette.flows.inference.trail import begin_trail
from vedette.rules.wire.protobuf import check_fields
from vedette.values.serving import Limits, Right
from vedette.values.timeline import Span

_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SMALL = 1024 * 1024
"""Bytes of a message that carries no tensors, at most."""
_SMALL_AT_ONCE = 64
"""Of these, how many are read at the same time; as many again of methods that are open to everybody."""
_BULK_AT_ONCE = 4
"""Of messages with tensors, how many are read at the same time at least, however small the queue is."""
_LARGE = 1024 * 1024
"""From so many bytes on a message is parsed beside the event loop."""
_FIELDS = 4096
"""Fields of a message, at most: every tensor has about five, the rest are parameters."""
_TENSORS = (5, 6)
"""Numbers of the fields `inputs` and `outputs` of ModelInferRequest: messages within the message."""


class Door:
    """Made in the event loop that serves; `traced`: observers want the times of each stage."""

    def __init__(
        self, guard: Guard, observers: Sequence[Observer], limits: Limits, clock: Clock, *, traced: bool = False
    ) -> None:
        self._guard, self._observers, self._limits, self._clock = guard, tuple(observers), limits, clock
        self._traced = traced
        places = max(_BULK_AT_ONCE, limits.queue_bytes // limits.body_bytes)
        longest_s = max(limits.idle_s, limits.body_bytes / limits.body_bytes_per_s)
        self._bulk = Intake(places, limits.head_s, longest_s)
        self._small = Intake(_SMALL_AT_ONCE, limits.head_s, limits.head_s)
        self._open = Intake(_SMALL_AT_ONCE, limits.head_s, limits.head_s)
        self._closed = asyncio.Event()

    def close(self) -> None:
        """Let streams come to their end: they take no further message."""
        self._closed.set()

    def handlers(self, methods: Sequence[Method]) -> tuple[grpc.GenericRpcHandler, ...]:
        """What a server of gRPC is given, one for each service."""
        services: dict[str, dict[str, Any]] = {}
        for method in methods:
            service, _, name = method.path.partition("/")
            services.setdefault(service, {})[name] = self._handler(method)
        return tuple(grpc.method_handlers_generic_handler(name, rows) for name, rows in services.items())

    def _handler(self, method: Method) -> grpc.RpcMethodHandler:
        if isinstance(method, Unary):

            async def one(_: Any, context: grpc.aio.ServicerContext) -> Any:
                return await self._passed(method, context, lambda call: self._unary(method, call))

            return grpc.stream_unary_rpc_method_handler(one)

        async def many(_: Any, context: grpc.aio.ServicerContext) -> None:
            await self._passed(method, context, lambda call: self._streamed(method, call))

        return grpc.stream_stream_rpc_method_handler(many)

    async def _passed(
        self,
        method: Unary | Streaming,
        context: grpc.aio.ServicerContext,
        answer: Callable[[Incoming], Awaitable[Any]],
    ) -> Any:
        incoming = Incoming(context, self._clock)
        key, status = "", "CANCELLED"
        kind: Kind | None = None
        trail = begin_trail() if self._traced else None
        try:
            try:
                key = self._guard.check(incoming.headers, incoming.peer, method.right)
                answered = await answer(incoming)
            except VedetteError as error:
                refused = error
            except Exception:  # noqa: BLE001 - a bug in one call must not end the others
                _log.exception("call %s failed: %s", incoming.id, method.path)
                refused = internal()
            else:
                status = "OK"
                context.set_trailing_metadata(incoming.trailers)
                return answered
            status, kind = code_of(refused).name, refused.kind
            await context.abort(code_of(refused), details_of(refused), incoming.trailers + trailers_of(refused))
        finally:
            ended_ns = self._clock.now_ns()
            told = Told(
                method.path,
                status,
                incoming.id,
                key,
                incoming.peer,
                incoming.received_ns,
                ended_ns,
                kind,
                incoming.headers.get("traceparent", ""),
                trail.runs if trail is not None else (),
            )
            for observer in self._observers:
                observer.told(told)

    async def _streamed(self, method: Streaming, incoming: Incoming) -> None:
        first = self._open if method.right is None else None
        await method.answer(OpenCall(incoming, method.right, self._guard, self._closed, first))

    async def _unary(self, method: Unary, incoming: Incoming) -> bytes:
        if method.right is None:
            message = await self._open.read(incoming.read)
        else:
            message = await (self._bulk if method.bulk else self._small).read(incoming.read)
        if message is None:
            raise InvalidError("the call came without a message", help="send one")
        if not method.bulk and len(message) > _SMALL:
            raise TooLargeError(
                f"the message has {len(message)} bytes, this method takes {_SMALL}", help="only tensors may be large"
            )
        answer = await method.answer(await parsed_aside(method.request, message), incoming.call(len(message)))
        return answer if isinstance(answer, bytes) else answer.SerializeToString()


class Incoming:
    """One call as gRPC hands it over."""

    def __init__(self, context: grpc.aio.ServicerContext, clock: Clock) -> None:
        self.context = context
        self.received_ns = clock.now_ns()
        self.headers: Mapping[str, str] = {
            name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)
        }
        self.peer = host_of(context.peer())
        given = self.headers.get("x-request-id", "")
        self.id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        self.trailers = (("x-request-id", self.id),)
        self._clock = clock
        left_s = context.time_remaining()
        self._deadline_ns = None if left_s is None else self.received_ns + max(0, round(left_s * 1e9))

    async def read(self) -> bytes | None:
        """The next message; None: there is none."""
        message = await self.context.read()
        return message if isinstance(message, bytes) else None

    def call(self, size_bytes: int, *, streamed: bool = False, refused: VedetteError | None = None) -> Call:
        """What a method is told of a message that has just come.

        The message of a stream counts from its arrival: the stream may have been silent for hours.
        """
        now_ns = self._clock.now_ns()
        received = Span("acquire", now_ns if streamed else self.received_ns, now_ns)
        return Call(self.headers, received, size_bytes, self._deadline_ns, refused)


class OpenCall:
    """See `Stream`: a call with any number of messages, and the server's end of it.

    Args:
        incoming: the call.
        right: that its method asks for.
        guard: is asked again for each message after the first, for which it let the call in.
        closed: the server shuts down.
        first: through which the first message must come; None: it may take any time.
    """

    def __init__(
        self, incoming: Incoming, right: Right | None, guard: Guard, closed: asyncio.Event, first: Intake | None
    ) -> None:
        self._incoming, self._right, self._guard = incoming, right, guard
        self._closed, self._first = closed, first

    async def messages(self) -> AsyncIterator[tuple[bytes, Call]]:
        """See `Stream.messages`."""
        closing = asyncio.create_task(self._closed.wait())
        try:
            message, refused = await self._next(closing, self._read_first), None
            while message is not None:
                yield message, self._incoming.call(len(message), streamed=True, refused=refused)
                message = await self._next(closing, self._incoming.read)
                refused = None if message is None else self._refusal()
        finally:
            closing.cancel()

    async def _read_first(self) -> bytes | None:
        return await (self._incoming.read() if self._first is None else self._first.read(self._incoming.read))

    def _refusal(self) -> VedetteError | None:
        """Why the guard does not let a further message in."""
        try:
            self._guard.check(self._incoming.headers, self._incoming.peer, self._right)
        except VedetteError as error:
            return error
        return None

    async def _next(
        self, closing: asyncio.Task[Any], read: Callable[[], Coroutine[Any, Any, bytes | None]]
    ) -> bytes | None:
        reading = asyncio.create_task(read())
        try:
            await asyncio.wait((reading, closing), return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                return reading.result()
        finally:
            reading.cancel()
        raise OverloadedError("the server is shutting down", help="connect to another one, or again in a while")

    async def write(self, message: bytes) -> None:
        """See `Stream.write`."""
        await self._incoming.context.write(message)

    async def closing(self) -> None:
        """See `Stream.closing`."""
        await self._closed.wait()


def parsed(kind: type[Any], message: bytes) -> Any:
    """The message of a type.

    Raises:
        TooLargeError: it has more fields than any sensible message.
        InvalidError: it is not of this type.
    """
    check_fields(message, _FIELDS, _TENSORS)
    try:
        return kind.FromString(message)
    except DecodeError as error:
        raise InvalidError(
            f"the message is no {kind.DESCRIPTOR.full_name}: {error}", help="make it from the interface file"
        ) from None


async def parsed_aside(kind: type[Any], message: bytes) -> Any:
    """See `parsed`: beside the event loop where the message is large."""
    if len(message) <= _LARGE:
        return parsed(kind, message)
    return await asyncio.to_thread(parsed, kind, message)


def host_of(peer: str) -> str:
    """The address of a peer as gRPC writes it, without its port: `ipv4:127.0.0.1:80`, `ipv6:%5B::1%5D:80`."""
    kind, _, address = peer.partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return ""
    return unquote(address).rpartition(":")[0].strip("[]")
