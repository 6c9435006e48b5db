"""The body of an answer, read and unpacked without ever holding more than the limit."""

from __future__ import annotations

import zlib
from http.client import HTTPResponse

from vedette.errors import TooLargeError, UnavailableError

_CHUNK = 256 * 1024
_WINDOW = {
    "": None,
    "identity": None,
    "gzip": 16 + zlib.MAX_WBITS,
    "x-gzip": 16 + zlib.MAX_WBITS,
    "deflate": zlib.MAX_WBITS,
}


def read_answer(answer: HTTPResponse, most: int) -> bytes:
    """All of a body, unpacked.

    Args:
        answer: whose head was read.
        most: bytes at most, as sent and unpacked.

    Raises:
        TooLargeError: it is larger.
        UnavailableError: it is cut short, or packed in another way than gzip and deflate.
    """
    encoding = (answer.getheader("Content-Encoding") or "").strip().lower()
    if encoding not in _WINDOW:
        raise UnavailableError(
            f"the answer is packed by {encoding[:40]!r}", help="take an address that sends plain data"
        )
    if (answer.length or 0) > most:
        raise _too_large(most)
    window = _WINDOW[encoding]
    sent = _sent(answer, most)
    return sent if window is None else _unpacked(sent, window, most)


def _sent(answer: HTTPResponse, most: int) -> bytes:
    body = bytearray()
    while chunk := answer.read(min(_CHUNK, most + 1 - len(body))):
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    if answer.length:
        raise UnavailableError(
            f"the answer broke off: {answer.length} of its bytes are missing", help="try again, or check the address"
        )
    return bytes(body)


def _unpacked(data: bytes, window: int, most: int) -> bytes:
    reader = zlib.decompressobj(window)
    try:
        body = reader.decompress(data, most + 1)
    except zlib.error:
        raise UnavailableError("the answer is packed wrongly", help="take an address that sends plain data") from None
    if len(body) > most:
        raise _too_large(most)
    if not reader.eof:
        raise UnavailableError("the packed answer broke off", help="try again, or check the address")
    return body


def _too_large(most: int) -> TooLargeError:
    return TooLargeError(
        f"the answer has more than {most} bytes, which is the limit",
        help="take a smaller image, or the operator raises `fetch: max_bytes` of vedette.yaml",
    )
