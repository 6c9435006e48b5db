"""Answers out of bytes, held against the client of the standard library."""

from __future__ import annotations

import gzip
import io
import zlib
from http.client import HTTPResponse
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.wire.http1 import HEAD_LIMIT, AnswerReader, GarbledError, HttpAnswer, TooLongError, request_head

prove = settings(max_examples=150, deadline=None, derandomize=True, database=None)


class Wire(io.BytesIO):
    """What `http.client` wants of a socket."""

    def makefile(self, mode: str) -> io.BytesIO:
        return self


def by_standard_library(data: bytes) -> tuple[int, bytes]:
    response = HTTPResponse(Wire(data))
    response.begin()
    return response.status, response.read()


def read(data: bytes, cuts: tuple[int, ...] = (), limit: int = 10**6) -> HttpAnswer | None:
    """Feed the bytes in pieces, and the end of the connection if that was not enough."""
    reader, answer = AnswerReader(limit), None
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, stop in pairwise(edges):
        answer = reader.feed(data[start:stop]) or answer
    return answer or reader.end()


def chunks(pieces: list[bytes]) -> bytes:
    return b"".join(b"%X;x=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\nTail: 1\r\n\r\n"


counted = st.binary(max_size=300).map(lambda body: b"content-length: %d\r\n\r\n%s" % (len(body), body))
chunked = st.lists(st.binary(max_size=50), max_size=6).map(
    lambda pieces: b"Transfer-Encoding: chunked\r\n\r\n" + chunks(pieces)
)
unframed = st.binary(max_size=300).map(lambda body: b"X: y\r\n\r\n" + body)


@prove
@given(
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0"]),
    st.sampled_from([b"200 OK", b"201", b"404 Not Found", b"500 Oh no", b"301 Moved"]),
    st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n"]),
    st.one_of(counted, chunked, unframed),
    st.lists(st.integers(0, 10**6), max_size=6),
)
def test_answers_read_as_the_standard_library_reads_them(
    version: bytes, status: bytes, interim: bytes, framed: bytes, cuts: list[int]
) -> None:
    """However the bytes are cut into pieces, with or without an interim answer before."""
    if version == b"HTTP/1.0" and b"chunked" in framed:
        version = b"HTTP/1.1"
    data = interim + version + b" " + status + b"\r\n" + framed

    answer = read(data, tuple(cuts))

    assert (answer.code, answer.body) == by_standard_library(data)


@pytest.mark.parametrize(
    ("data", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy", False),
        (b"HTTP/1.1 200 OK\r\n\r\nx", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", True),
    ],
)
def test_whether_another_request_may_follow(data: bytes, *, reusable: bool) -> None:
    """Not after a close that was announced, nor after bytes that belong to no answer."""
    assert read(data).reusable is reusable


def test_answers_follow_each_other() -> None:
    """Headers and body of the one are not those of the next."""
    reader = AnswerReader(100)

    first = reader.feed(b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nContent-Length: 3\r\n\r\none")
    begun = reader.begun
    second = reader.feed(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    assert (first.body, first.headers["a"], begun) == (b"one", "1, 2", False)
    assert (second.code, second.body, dict(second.headers)) == (500, b"", {"content-length": "0"})


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"text " * 50, mtime=0)),
        ("x-gzip", gzip.compress(b"text " * 50, mtime=0)),
        ("deflate", zlib.compress(b"text " * 50)),
        ("deflate", zlib.compress(b"text " * 50)[2:-4]),
        ("identity", b"text " * 50),
    ],
)
def test_compressed_bodies_are_unpacked(encoding: str, packed: bytes) -> None:
    """Also deflate without its zlib head, as some servers send it."""
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()

    assert read(head + packed).body == b"text " * 50


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 1001\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + chunks([bytes(600), bytes(600)]),
        b"\r\n" + bytes(1001),
        b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(1001), mtime=0),
    ],
)
def test_a_body_beyond_the_limit_is_not_read(rest: bytes) -> None:
    """By what is announced, and by what comes out of it."""
    with pytest.raises(TooLongError, match="1000"):
        read(b"HTTP/1.1 200 OK\r\n" + rest, limit=1000)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"SSH-2.0",
        b"H" * 8,
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad name: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"text", mtime=0)[:-6],
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * HEAD_LIMIT,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * (HEAD_LIMIT + 1),
    ],
)
def test_what_is_no_whole_answer_is_garbled(data: bytes) -> None:
    """Other protocols, damaged heads, lengths and chunks, compression that is none, and what breaks off."""
    with pytest.raises(GarbledError):
        read(data)


def test_a_connection_that_ends_between_answers_is_no_answer() -> None:
    """Neither garbled nor anything else."""
    assert AnswerReader(10).end() is None


@prove
@given(st.binary(max_size=80), st.lists(st.integers(0, 100), max_size=3))
def test_no_bytes_are_a_crash(tail: bytes, cuts: list[int]) -> None:
    """They are an answer, none yet, or one of the two errors."""
    for head in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        try:
            answer = read(head + tail, tuple(cuts))
        except (GarbledError, TooLongError):
            continue

        assert answer is None or answer.code >= 101


def test_a_request_head_is_lines() -> None:
    """As RFC 9112 shows them."""
    assert request_head("POST", "/p?q=1", {"Host": "h", "Content-Length": "3"}) == (
        b"POST /p?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
    )
