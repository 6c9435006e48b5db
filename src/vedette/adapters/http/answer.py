"""One answer on its way out: what the application sends, as uvicorn's cycle takes it.

start with a Content-Length -> held back until the first part of the body is there -> both leave together
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from vedette.adapters.http.lobby import Exit


class Answer:
    """Of one request.

    Args:
        cycle: takes the messages.
        way_out: of the connection.
        early: called before an answer that begins while the request still comes.
    """

    def __init__(
        self, cycle: RequestResponseCycle, way_out: Exit, early: Callable[[RequestResponseCycle], None]
    ) -> None:
        self._cycle, self._exit, self._early = cycle, way_out, early
        self._head: Any = None

    async def send(self, message: Any) -> None:
        """ASGI."""
        if message["type"] == "http.response.start" and _length_is_told(message):
            self._head = message
        elif self._head is None:
            await self._pass_on(message)
        else:
            head, self._head = self._head, None
            self._exit.hold()
            try:
                await self._pass_on(head)
                await self._pass_on(message)
            finally:
                self._exit.release()

    async def _pass_on(self, message: Any) -> None:
        cycle = self._cycle
        if cycle.more_body and not cycle.response_started:
            self._early(cycle)
        if cycle.scope["http_version"] == "1.0":
            _unchunk(cycle, message)
        await cycle.send(message)


def _length_is_told(start: Any) -> bool:
    return any(name.lower() == b"content-length" for name, _ in start.get("headers", ()))


def _unchunk(cycle: RequestResponseCycle, message: Any) -> None:
    """Keep uvicorn from sending chunks, which clients of HTTP/1.0 do not know (RFC 9112 section 6.1).

    The end of an answer without a length is then the end of the connection.
    """
    if message["type"] == "http.response.start":
        if not _length_is_told(message):
            cycle.chunked_encoding = cycle.keep_alive = False
    elif not cycle.keep_alive and not cycle.expected_content_length and cycle.scope["method"] != "HEAD":
        cycle.expected_content_length = len(message.get("body", b""))
