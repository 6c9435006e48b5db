"""Heads of requests, and the answers to those that are refused."""

from __future__ import annotations

import http.client
import io
import json

import pytest

from vedette.rules.wire.refusal import Refusal, refusal_bytes
from vedette.rules.wire.request_head import RequestHead


def head(*headers: tuple[bytes, bytes]) -> RequestHead:
    seen = RequestHead()
    for name, value in headers:
        seen.add(name, value)
    return seen


@pytest.mark.parametrize(
    ("headers", "version", "status"),
    [
        ([(b"host", b"x")], "1.1", None),
        ([], "1.0", None),
        ([], "1.1", 400),
        ([(b"host", b"x"), (b"host", b"x")], "1.0", 400),
        ([(b"host", b"x")], "2.0", 505),
        ([(b"host", b"x")], "0.9", 505),
        ([(b"host", b"x"), (b"transfer-encoding", b" Chunked ")], "1.1", None),
        ([(b"host", b"x"), (b"transfer-encoding", b"chunked")], "1.0", 400),
        ([(b"host", b"x"), (b"transfer-encoding", b"gzip, chunked")], "1.1", 501),
    ],
)
def test_heads_with_two_readings_are_refused(headers, version, status):
    """Exactly one Host from HTTP/1.1 on, chunked alone, and only the versions that are spoken."""
    refusal = head(*headers).refusal(version)

    assert (refusal.status if refusal else None) == status


def test_a_head_is_as_large_as_its_lines():
    """Names, values and what stands between them count."""
    seen = head((b"host", b"x"), (b"content-length", b"12"))

    assert seen.size_bytes == len(b"host: x\r\ncontent-length: 12\r\n")
    assert seen.length == 12
    assert seen.too_large(seen.size_bytes) is None
    assert seen.too_large(seen.size_bytes - 1).status == 431


class _Wire:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def test_a_refusal_is_a_whole_answer():
    """The standard library reads status, headers and body of it, and that nothing follows."""
    data = refusal_bytes(Refusal(503, "full", "try again"), "Sat, 01 Jan 2000 00:00:00 GMT", 7)
    answer = http.client.HTTPResponse(_Wire(data))
    answer.begin()

    assert (answer.status, answer.reason) == (503, "Service Unavailable")
    assert json.loads(answer.read()) == {"error": {"kind": "overloaded", "message": "full", "help": "try again"}}
    assert (answer.getheader("Retry-After"), answer.getheader("Server")) == ("7", "vedette")
    assert answer.will_close
