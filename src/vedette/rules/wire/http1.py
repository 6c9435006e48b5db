"""HTTP/1 as a client of a benchmark needs it: a request as bytes, and answers out of the bytes that come (RFC 9112).

    bytes -> AnswerReader.feed -> None ... None -> HttpAnswer

Only what is needed is read, so that the client costs little: no header is interpreted but those that frame a body.
Interim answers (1xx) are skipped. A body may have a length, be chunked, or end with the connection.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

HEAD_LIMIT = 64 * 1024
"""Bytes of status line and headers at most."""

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEX = re.compile(rb"[0-9a-fA-F]{1,16}")
_FIRST_FINAL, _NO_CONTENT, _NOT_MODIFIED, _SWITCHING = 200, 204, 304, 101
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_SHOWN = 60


class GarbledError(ValueError):
    """Bytes that are no HTTP answer, or only a part of one."""


class TooLongError(ValueError):
    """An answer beyond the limit."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer: header names are in lower case, the body is decompressed; `reusable`: another request may follow."""

    code: int
    headers: Mapping[str, str]
    body: bytes
    reusable: bool


def request_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Request line and headers, with the empty line behind them."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


class AnswerReader:
    """Reads one answer after the other off one connection.

    Args:
        limit: bytes of a body at most, as sent and decompressed.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer, self._body = bytearray(), bytearray()
        self._headers: dict[str, str] = {}
        self._code, self._missing, self._reusable = 0, 0, False
        self._step: Callable[[], bool | None] = self._head

    @property
    def begun(self) -> bool:
        """Whether a part of an answer has come."""
        return bool(self._buffer) or self._step != self._head

    def feed(self, data: bytes) -> HttpAnswer | None:
        """Take bytes; the answer as soon as it is whole.

        Raises:
            GarbledError: this is no HTTP answer.
            TooLongError: its body has more bytes than the limit.
        """
        self._buffer += data
        while (step := self._step()) is not None:
            if step:
                return self._finished()
        return None

    def end(self) -> HttpAnswer | None:
        """The connection ended: the answer, if that is how its body ends.

        Raises:
            GarbledError: the answer was not whole.
        """
        if self._step == self._until_end:
            self._take(len(self._buffer))
            return self._finished()
        if self.begun:
            raise GarbledError("the connection ended before the answer was whole")
        return None

    # Each step returns None where more bytes are needed, False to go on with the next, True where the answer is whole.

    def _head(self) -> bool | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if not b"HTTP/1.".startswith(self._buffer[:7]) or len(self._buffer) > HEAD_LIMIT:
                raise GarbledError(f"it begins with {bytes(self._buffer[:_SHOWN])!r}")
            return None
        first, *lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        status = _STATUS.fullmatch(first)
        if status is None:
            raise GarbledError(f"it begins with {first[:_SHOWN]!r}")
        self._code = int(status[2])
        self._headers = _headers(lines)
        if self._code < _FIRST_FINAL and self._code != _SWITCHING:
            return False
        connection = self._headers.get("connection", "").lower()
        self._reusable = "close" not in connection if status[1] == b"1" else "keep-alive" in connection
        return self._framing()

    def _framing(self) -> bool:
        """How the body is framed (RFC 9112, section 6.3)."""
        length = self._headers.get("content-length")
        if self._code in (_SWITCHING, _NO_CONTENT, _NOT_MODIFIED):
            return True
        if "chunked" in self._headers.get("transfer-encoding", "").lower():
            self._step = self._chunk
        elif length is not None:
            self._missing = self._checked(_length(length))
            self._step = self._counted
        else:
            self._reusable = False
            self._step = self._until_end
        return False

    def _counted(self) -> bool | None:
        if len(self._buffer) < self._missing:
            return None
        self._take(self._missing)
        return True

    def _until_end(self) -> bool | None:
        self._checked(len(self._buffer))
        return None

    def _chunk(self) -> bool | None:
        line = self._line()
        if line is None:
            return None
        size = line.partition(b";")[0].strip()
        if not _HEX.fullmatch(size):
            raise GarbledError(f"a chunk has the size {line[:_SHOWN]!r}")
        self._missing = self._checked(int(size, 16))
        self._step = self._chunk_data if self._missing else self._trailer
        return False

    def _chunk_data(self) -> bool | None:
        if len(self._buffer) < self._missing + 2:
            return None
        self._take(self._missing)
        if self._buffer[:2] != b"\r\n":
            raise GarbledError("a chunk is longer than its size")
        del self._buffer[:2]
        self._step = self._chunk
        return False

    def _trailer(self) -> bool | None:
        line = self._line()
        return None if line is None else not line

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", 0, HEAD_LIMIT)
        if end < 0:
            if len(self._buffer) > HEAD_LIMIT:
                raise GarbledError("a line has no end")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _take(self, count: int) -> None:
        if not self._body and count == len(self._buffer):  # nearly always: no copy
            self._body, self._buffer = self._buffer, self._body
        else:
            self._body += memoryview(self._buffer)[:count]
            del self._buffer[:count]

    def _checked(self, more: int) -> int:
        if len(self._body) + more > self._limit:
            raise TooLongError(f"the answer has more than {self._limit} bytes")
        return more

    def _finished(self) -> HttpAnswer:
        encoding = self._headers.get("content-encoding", "").strip().lower()
        body = (
            bytes(self._body) if encoding in ("", "identity") else _unpacked(bytes(self._body), encoding, self._limit)
        )
        answer = HttpAnswer(self._code, self._headers, body, self._reusable and not self._buffer)
        self._step, self._body = self._head, bytearray()
        return answer


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise GarbledError(f"a header is {line[:_SHOWN]!r}")
        key, text = name.decode("ascii").lower(), value.strip().decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _length(text: str) -> int:
    """A length that is told twice must be the same."""
    told = {part.strip() for part in text.split(",")}
    (one, *others) = told
    if others or not (one.isascii() and one.isdigit() and len(one) < 20):  # noqa: PLR2004 - beyond 64 bits
        raise GarbledError(f"the length of the body is {text[:_SHOWN]!r}")
    return int(one)


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """A body that was compressed although nobody asked for it."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise GarbledError(f"the body is compressed by {encoding[:_SHOWN]!r}, which was not asked for")
    bare = encoding == "deflate" and (not body or body[0] & 15 != zlib.DEFLATED)  # some servers leave the zlib head out
    machine = zlib.decompressobj(-zlib.MAX_WBITS if bare else _ZLIB_OR_GZIP)
    try:
        unpacked = machine.decompress(body, limit + 1)
    except zlib.error as error:
        raise GarbledError(f"the compressed body is damaged ({error})") from None
    if len(unpacked) > limit:
        raise TooLongError(f"the answer has more than {limit} bytes")
    if not machine.eof:
        raise GarbledError("the compressed body is cut short")
    return unpacked
