"""The answer of a server to bytes that are no request it takes: short, complete, and the last on its connection."""

from __future__ import annotations

import json
from dataclasses import dataclass

_PHRASES = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}
_KINDS = {400: "invalid", 408: "timeout", 431: "too_large", 501: "unsupported", 503: "overloaded", 505: "unsupported"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why bytes are not taken: a status of HTTP, what happened, and the next step."""

    status: int
    message: str
    help: str


def refusal_bytes(refusal: Refusal, date: str, retry_after_s: int | None = None) -> bytes:
    """The whole answer, in the form of every error of Vedette.

    Args:
        refusal: why.
        date: for the header Date (RFC 9110, IMF-fixdate).
        retry_after_s: when it may be tried again.
    """
    error = {"kind": _KINDS[refusal.status], "message": refusal.message, "help": refusal.help}
    body = json.dumps({"error": error}, separators=(",", ":")).encode()
    lines = [
        f"HTTP/1.1 {refusal.status} {_PHRASES[refusal.status]}",
        f"date: {date}",
        "server: vedette",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    if retry_after_s is not None:
        lines.append(f"retry-after: {retry_after_s}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
