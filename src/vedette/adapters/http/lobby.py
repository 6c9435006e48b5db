"""What stands around a connection of the HTTP server: what all share, how one refuses, how one leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from vedette.clock import Clock
from vedette.rules.wire.refusal import Refusal
from vedette.values.serving import Limits


@dataclass(slots=True)
class Lobby:
    """What all connections of a server share.

    Attributes:
        limits, clock: of the server.
        most: connections at most.
        date: the header Date of answers, as it is sent.
        empty: set while there is no connection.
    """

    limits: Limits
    clock: Clock
    most: int
    date: str = ""
    empty: asyncio.Event = field(default_factory=asyncio.Event)


class RefusedError(Exception):
    """Ends the parser's work at a request that is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Exit:
    """The transport as uvicorn's request sees it: to close is to leave in good order."""

    __slots__ = ("close", "get_extra_info", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write, self.is_closing = transport.write, transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.close = close
