"""The port to a system under test. Clients implement it in `adapters/targets`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vedette.values.requests import Status
from vedette.values.trial import Introduction


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one request; `reason` says in words why it failed."""

    status: Status
    code: int = 0
    body: bytes = b""
    reason: str = ""


class Target(Protocol):
    """A client of one system under test. The same bytes are given to every target."""

    async def open(self, images: Sequence[bytes]) -> Introduction:
        """Ask the server what it is, and make the body of every image ready, so that `send` only sends.

        Raises:
            VedetteError: nothing answers, or it cannot be measured like this.
        """

    async def send(self, image: int) -> Reply:
        """Send an image and wait for the whole answer; what a server does wrong is a Reply, never raised."""

    async def close(self) -> None:
        """Close connections."""
