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
    """The transport as uvicorn's request sees it: what is held back leaves at once, to close is to leave in good order.

    Each write is a system call that wakes the client up: a head that is sent alone costs as much as an answer.
    """

    __slots__ = ("_held", "_leave", "_transport", "get_extra_info", "is_closing")

    def __init__(self, transport: asyncio.Transport, leave: Callable[[], None]) -> None:
        self._transport, self._leave = transport, leave
        self._held: list[bytes] | None = None
        self.is_closing, self.get_extra_info = transport.is_closing, transport.get_extra_info

    def hold(self) -> None:
        """Hold back what is written, until `release`."""
        self._held = []

    def write(self, data: bytes) -> None:
        """Send, or hold back."""
        if self._held is None:
            self._transport.write(data)
        else:
            self._held.append(data)

    def release(self) -> None:
        """Send what was held back."""
        held, self._held = self._held, None
        if held:
            self._transport.writelines(held)

    def close(self) -> None:
        """Send what was held back, and leave."""
        self.release()
        self._leave()
