"""A whole server against connections that are slow, broken, ambiguous, hostile or many: others are served meanwhile."""

from __future__ import annotations

import json
import resource
import socket
import struct
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from fakes import jpeg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_http import Line
from served import Server

RED = jpeg((255, 0, 0))
INFER = b"POST /infer/colour HTTP/1.1\r\nHost: localhost\r\n"
IMAGE = INFER + b"Content-Length: " + str(len(RED)).encode() + b"\r\n\r\n" + RED
LIVE = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATHS = (
    "/infer/{}",
    "/infer/colour/versions/{}",
    "/v2/models/{}",
    "/v2/models/{}/config",
    "/v2/models/colour/versions/{}/stats",
    "/v2/systemsharedmemory/region/{}/status",
    "/pipelines/{}/state",
    "/compute/{}",
    "/docs/{}",
    "/{}",
)
TRAVERSALS = (
    "../../etc/passwd",
    "../../../../../../../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5cetc%5cpasswd",
    "..%c0%af..%c0%afetc/passwd",
    "%252e%252e%252fetc%252fpasswd",
    "....//....//etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "colour%00.yaml",
    "colour/../../models/colour/model.yaml",
    "..",
    ".",
    "%ff%fe",
    "%",
    "%zz",
    "a" * 20_000,
    "%41" * 8_000,
    ";" * 1000,
    ",".join("abcdefgh" * 20),
    "colour%0d%0aX-Injected:%20yes",
    "\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}/etc",
)


def status_of(data: bytes) -> int:
    assert data.startswith(b"HTTP/1.1 "), data[:100]
    return int(data.split()[1])


def top(body: bytes) -> str:
    label: str = json.loads(body)["classes"][0]["label"]
    return label


# --- slow ones, half ones, gone ones ---


def test_slow_heads_and_bodies_end_while_others_are_served(server: Server) -> None:
    """Thirty slow-loris connections of both kinds are told 408 and closed; an image gets its answer among them."""
    with ExitStack() as stack:
        heads = [stack.enter_context(server.line()) for _ in range(15)]
        bodies = [stack.enter_context(server.line()) for _ in range(15)]
        for line in heads:
            line.send(IMAGE[:30])
        for line in bodies:
            line.send(IMAGE[:-5])

        assert top(server.post("/infer/colour", RED).data) == "red"
        assert {status_of(line.rest()) for line in heads + bodies} == {408}


def test_a_half_closed_socket_gets_an_answer_or_an_error(server: Server) -> None:
    """Who closes its side after the whole request is judged to have gone; before its end it is told 400."""
    with server.line() as whole, server.line() as half:
        whole.send(IMAGE)
        whole.socket.shutdown(socket.SHUT_WR)
        half.send(IMAGE[:-5])
        half.socket.shutdown(socket.SHUT_WR)

        assert whole.rest()[:12] in (b"HTTP/1.1 200", b"")
        assert status_of(half.rest()) == 400


def reset(line: Line) -> None:
    """End a connection with a RST."""
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.socket.close()


@pytest.mark.parametrize("part", [20, len(IMAGE) // 2, len(IMAGE)])
@pytest.mark.parametrize("leave", [reset, lambda line: line.socket.close()], ids=["reset", "close"])
def test_clients_that_go_leave_nothing(server: Server, part: int, leave) -> None:
    """Gone in mid-head, mid-upload and before the answer: no connection, no place in the queue is left behind."""
    before = open_files(server)
    for _ in range(50):
        with server.line() as line:
            line.send(IMAGE[:part])
            leave(line)

    assert top(server.post("/infer/colour", RED).data) == "red"
    wait_for(lambda: open_files(server) <= before + 2)


def test_a_client_that_goes_in_mid_answer_leaves_nothing(server: Server) -> None:
    """A picture that nobody reads on does not stop the next one."""
    body = jpeg((255, 0, 0), 2000, 2000)
    head = b"POST /infer/colour?format=png HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    before = open_files(server)
    for _ in range(3):
        with server.line() as line:
            line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.send(head + body)
            assert line.socket.recv(100).startswith(b"HTTP/1.1 200")
            reset(line)

    assert top(server.post("/infer/colour", RED).data) == "red"
    wait_for(lambda: open_files(server) <= before + 2)


def open_files(server: Server) -> int:
    return psutil.Process(server.process.pid).num_fds()


def wait_for(condition, within_s: float = 10.0) -> None:
    """Look until it is so."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come to be"


# --- many ---


def test_two_thousand_idle_connections_leave_others_served(server: Server) -> None:
    """Each stays open and is answered afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    try:
        with ExitStack() as stack:
            idle = [stack.enter_context(server.line()) for _ in range(2000)]
            answers = [server.post("/infer/colour", RED) for _ in range(5)]
            for line in idle[::100]:
                line.send(LIVE)

            assert [top(answer.data) for answer in answers] == ["red"] * 5
            assert [line.answer()[0] for line in idle[::100]] == [200] * 20
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_pipelined_requests_are_answered_in_their_order(server: Server) -> None:
    """Twenty in one packet, errors among them."""
    bad = INFER + b"Content-Length: 3\r\n\r\nabc"
    with server.line() as line:
        line.send((IMAGE + bad + LIVE) * 6)
        answers = [line.answer() for _ in range(18)]

    assert [status for status, _, _ in answers] == [200, 400, 200] * 6
    assert [top(body) for _, _, body in answers[::3]] == ["red"] * 6


# --- ambiguous ones ---


@pytest.mark.parametrize(
    ("length", "body", "statuses"),
    [
        (len(RED) + 100, RED, {408}),
        (len(RED) - 100, RED, {400}),
        (len(RED) - 1, RED + b"\r\n\r\n", {400, 200}),
        (0, RED, {400}),
    ],
)
def test_a_wrong_content_length_is_told(server: Server, length: int, body: bytes, statuses: set[int]) -> None:
    """Too long: the rest never comes. Too short: the image is cut, and what is left is no request."""
    data = server.exchange(INFER + b"Content-Length: %d\r\n\r\n" % length + body)

    assert status_of(data) in statuses
    assert data.count(b"HTTP/1.1 200") <= 1


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd",
        b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0x4\r\n\r\nabcd",
        b"Content-Length: -1\r\n\r\nabcd",
        b"Content-Length: \xb2\r\n\r\nabcd",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n0\r\n\r\n",
    ],
)
def test_no_request_is_smuggled_behind_another(server: Server, head: bytes) -> None:
    """One refusal, the connection ends, and what was hidden in the body is never run as a request."""
    data = server.exchange(
        INFER + head + b"POST /v2/repository/models/colour/unload HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )

    assert 400 <= status_of(data) < 600
    assert status_of(data) != 500
    assert data.count(b"HTTP/1.1 ") == 1
    assert server.call("GET", "/v2/models/colour/ready").status == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /v2/health/live HTTP/1.0\r\n\r\n", 200),
        (IMAGE.replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
        (b"HEAD /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        (b"OPTIONS /infer/colour HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 204),
        (b"TRACE /infer/colour HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
        (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\nConnection: close\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"BREW /infer/colour HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET http://localhost/v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        (b"GET /v2 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403),
        (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n", 403),
        (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nConnection: close\r\n\r\n", 403),
    ],
)
def test_old_and_rare_forms_of_http_have_an_answer(server: Server, request_bytes: bytes, status: int) -> None:
    """HTTP/1.0, HEAD, OPTIONS, TRACE, foreign methods, pages of other sites: each is answered or refused."""
    data = server.exchange(request_bytes)

    assert status_of(data) == status
    _, _, body = data.partition(b"\r\n\r\n")
    assert not (request_bytes.startswith(b"HEAD") and body)
    assert b"TRACE" not in body or status == 405


def test_ten_megabytes_of_headers_are_refused_early(server: Server) -> None:
    """431 long before they are all there; nothing of them is kept."""
    before = server.rss_bytes()
    line_of_one = b"X-Padding: " + b"a" * 1000 + b"\r\n"
    with server.line() as line:
        line.send(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n")
        try:
            for _ in range(10_000):
                line.send(line_of_one)
        except OSError:
            pass  # the server has closed before all was sent, as it should
        data = line.rest()

    assert data[:12] in (b"HTTP/1.1 431", b"")
    assert server.rss_bytes() - before < 8 << 20


# --- paths ---


@pytest.mark.parametrize("place", PATHS)
def test_no_path_leads_out(server: Server, place: str) -> None:
    """Every spelling of a way up, in every parameter of a path, is not found or not valid, and tells no file."""
    method = "POST" if place.startswith("/infer") else "GET"
    for traversal in TRAVERSALS:
        path = place.format(traversal).encode()
        data = server.exchange(
            method.encode()
            + b" "
            + path
            + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )

        assert status_of(data) in (400, 403, 404, 405, 414, 431), (path[:80], data)
        assert b"root:" not in data
        assert b"\r\nX-Injected" not in data
        assert len(data) < 2000, "an error repeats no more than a part of what came"


# --- anything ---


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda tail: IMAGE[:60] + tail)))
def test_any_bytes_are_answered_or_closed(server: Server, data: bytes) -> None:
    """Whatever comes: an answer that is none of the server's own faults, or the end of the connection."""
    with server.line() as line:
        line.send(data)
        line.socket.shutdown(socket.SHUT_WR)
        got = line.rest()

    assert got == b"" or status_of(got) not in (500, 502, 504)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(IMAGE) - 1), st.binary(min_size=1, max_size=4), st.booleans())
def test_a_damaged_request_is_an_answer_or_an_error(server: Server, place: int, by: bytes, insert: bool) -> None:  # noqa: FBT001 - drawn
    """A good request with some bytes replaced or put in, anywhere in its head or its image."""
    damaged = IMAGE[:place] + by + IMAGE[place + (0 if insert else len(by)) :]
    with server.line() as line:
        line.send(damaged)
        line.socket.shutdown(socket.SHUT_WR)
        got = line.rest()

    assert got == b"" or status_of(got) not in (500, 502, 504)


def test_the_keys_of_a_file_are_not_read_by_a_path(server: Server, tmp_path: Path) -> None:
    """A model is not loaded from outside the folder of models, however it is named."""
    (tmp_path / "1").mkdir()
    for name in (f"..%2f..%2f{tmp_path.name}", str(tmp_path).replace("/", "%2f"), "..", "%2e"):
        answer = server.post(f"/v2/repository/models/{name}/load", b"{}")

        assert answer.status in (400, 404), answer.data
