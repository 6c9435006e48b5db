"""Answers without a length to clients of HTTP/1.0, which know no chunks: the connection's end is the body's end."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


def unchunked(cycle: RequestResponseCycle, message: Any) -> None:
    """Keep uvicorn from sending chunks (RFC 9112 section 6.1); called before each message of an answer."""
    if message["type"] == "http.response.start":
        if all(name.lower() != b"content-length" for name, _ in message.get("headers", ())):
            cycle.chunked_encoding = cycle.keep_alive = False
    elif not cycle.keep_alive and not cycle.expected_content_length and cycle.scope["method"] != "HEAD":
        cycle.expected_content_length = len(message.get("body", b""))
