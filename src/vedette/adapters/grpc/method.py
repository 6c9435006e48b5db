"""A method: one row of the table of everything that gRPC offers. Routing and rights are made of these rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from vedette.errors import Kind, VedetteError
from vedette.flows.inference.trail import Run
from vedette.rules.wire.status import HTTP_STATUS
from vedette.values.serving import Right
from vedette.values.timeline import Span

_FAILED = 500


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call beside its message.

    Attributes:
        headers: its metadata that is text, names in lower case.
        received: from the call's begin until its message was there.
        size_bytes: of the message.
        deadline_ns: instant of the monotonic clock at which the client gives up; None: never.
        refused: why this message of a stream is not let in: it is told in the place of its answer.
    """

    headers: Mapping[str, str]
    received: Span
    size_bytes: int
    deadline_ns: int | None
    refused: VedetteError | None = None


class Stream(Protocol):
    """A call with any number of messages both ways."""

    def messages(self) -> AsyncIterator[tuple[bytes, Call]]:
        """Each message as it comes; ends when the client sends no more. `Call.refused` says which are not let in.

        Raises:
            OverloadedError: the server shuts down.
        """

    async def write(self, message: bytes) -> None:
        """Send a message."""

    async def closing(self) -> None:
        """Return when the server shuts down."""


@dataclass(frozen=True, slots=True)
class Unary:
    """A method with one message each way.

    Attributes:
        path: `package.Service/Method`.
        right: what a key must be allowed to do; None: open to everybody.
        request: the type of its message.
        answer: makes the answer, or its bytes; a VedetteError that it raises becomes the status.
        bulk: whether the message may be as large as the limit of a body; otherwise a message is small.
    """

    path: str
    right: Right | None
    request: type[Any]
    answer: Callable[[Any, Call], Awaitable[Any]]
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class Streaming:
    """A method with any number of messages; `answer` returns when the call has ended. Rest as of `Unary`."""

    path: str
    right: Right | None
    answer: Callable[[Stream], Awaitable[None]]


Method = Unary | Streaming


class Guard(Protocol):
    """Decides who may come in."""

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        """The name of the key that the headers (lower-case names) carry, empty without keys.

        Raises:
            UnauthenticatedError, ForbiddenError, OverloadedError: it may not come in.
        """


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one call after its end.

    Attributes:
        path: of the method.
        status: name of the gRPC status; CANCELLED if the client left.
        request_id: the client's own of its metadata `x-request-id`, or one made here.
        key: name of the key, empty without.
        peer: address of the client.
        received_ns, ended_ns: of the monotonic clock.
        kind: of the error that was answered.
        traceparent: of the metadata, as W3C Trace Context writes it.
        runs: the times of each answer of a model, if calls are traced.
    """

    protocol: ClassVar[str] = "grpc"
    method: ClassVar[str] = ""
    made_ns: ClassVar[int] = 0

    path: str
    status: str
    request_id: str
    key: str
    peer: str
    received_ns: int
    ended_ns: int
    kind: Kind | None = None
    traceparent: str = ""
    runs: tuple[Run, ...] = ()

    @property
    def route(self) -> str:
        """The row of the table."""
        return self.path

    @property
    def model(self) -> str:
        """The first one that answered."""
        return self.runs[0].model if self.runs else ""

    @property
    def failed(self) -> bool:
        """Whether the server could not do what was asked."""
        return self.kind is not None and HTTP_STATUS[self.kind] >= _FAILED


class Observer(Protocol):
    """Is told of every call: metrics and logs."""

    def told(self, call: Told) -> None:
        """One call has ended."""
