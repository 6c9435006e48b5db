"""The body of a request, read within limits: as it came, or decompressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request

from vedette.errors import InvalidError, TooLargeError, UnsupportedError
from vedette.values.serving import Limits

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_CHUNK = 1 << 20

SMALL_BYTES = 64 * 1024
"""Of a body that holds words and addresses, at most."""

Grow = Callable[[int], None]


def _ignore(size_bytes: int) -> None:
    del size_bytes


async def read_body(request: Request, limits: Limits, grow: Grow = _ignore) -> bytes:
    """All bytes of a body, without its Content-Encoding.

    Args:
        request: whose body was not read yet.
        limits: bytes as they come, and decompressed.
        grow: told of every part that comes, so that all bodies together can be bounded.

    Raises:
        TooLargeError: it is larger than a limit.
        UnsupportedError: a Content-Encoding that is not known.
        InvalidError: it is damaged, or its Content-Length is no number.
        Exception: what `grow` raises.
    """
    encodings = _encodings(request.headers.get("content-encoding", ""))
    _check_length(request.headers.get("content-length"), limits)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limits.body_bytes:
            raise _too_large(f"more than {limits.body_bytes:,} bytes came")
        grow(len(part))
        parts.append(part)
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    for encoding in reversed(encodings):
        body = _decompressed(body, encoding, limits.decompressed_bytes, grow)
    return body


async def read_small(request: Request, limits: Limits, help_text: str, grow: Grow = _ignore) -> bytes:
    """All bytes of a body that brings neither images nor tensors; `help_text` is told where it is too large.

    Such bodies are bounded so tightly that they need no place among those that wait, and are read on the event loop.

    Raises:
        TooLargeError: it has more than `SMALL_BYTES`.
        UnsupportedError, InvalidError, Exception: as `read_body`.
    """
    most = min(SMALL_BYTES, limits.body_bytes)
    try:
        return await read_body(request, replace(limits, body_bytes=most, decompressed_bytes=most), grow)
    except TooLargeError:
        raise TooLargeError(f"the body is larger than {most:,} bytes", help=help_text) from None


def _encodings(header: str) -> list[str]:
    found = [one.strip().lower() for one in header.split(",")]
    wanted = [one for one in found if one not in ("", "identity")]
    for one in wanted:
        if one not in _WINDOWS:
            raise UnsupportedError(f"Content-Encoding {one[:40]!r} is not known", help="take gzip, deflate, or none")
    if len(wanted) > 1:
        raise UnsupportedError("the body is compressed more than once", help="compress it once, or not at all")
    return wanted


def _check_length(header: str | None, limits: Limits) -> None:
    if header is None:
        return
    if not (header.isascii() and header.isdecimal()):
        raise InvalidError(f"Content-Length {header[:40]!r} is no number", help="send the number of bytes")
    if len(header) > 18 or int(header) > limits.body_bytes:  # noqa: PLR2004 - digits of any size that can be meant
        raise _too_large(f"{header[:40]} bytes are announced")


def _decompressed(body: bytes, encoding: str, most: int, grow: Grow) -> bytes:
    """Decompress part by part, so that a small body cannot become a large one before it is seen."""
    parts, size = [], 0
    pending = body
    machine = zlib.decompressobj(_WINDOWS[encoding])
    try:
        while True:
            part = machine.decompress(pending, _CHUNK)
            size += len(part)
            if size > most:
                raise TooLargeError(
                    f"the body has more than {most:,} bytes once it is decompressed",
                    help="send less at a time, or let the operator raise limits.decompressed_bytes",
                )
            grow(len(part))
            parts.append(part)
            pending = machine.unconsumed_tail
            if machine.eof or not (part or pending):
                break
    except zlib.error as error:
        raise InvalidError(
            f"the body is no {encoding}: {error}", help="send it as it is, without compression"
        ) from None
    if not machine.eof or machine.unused_data:
        raise InvalidError(f"the {encoding} body is cut short, or goes on after its end", help="send it whole")
    return b"".join(parts)


def _too_large(what: str) -> TooLargeError:
    return TooLargeError(
        f"the body is too large: {what}", help="send a smaller image, or let the operator raise limits.body_bytes"
    )
