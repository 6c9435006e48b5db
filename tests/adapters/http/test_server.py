"""The HTTP server against clients that are slow, large, gone, ambiguous or many, with real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import json
import resource
import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme
import urllib3
from raw_http import GET, Host, hosting

from vedette.adapters.http.listen import addresses_of, listen
from vedette.adapters.http.server import HttpServer
from vedette.clock import SystemClock
from vedette.errors import ConflictError, UsageError
from vedette.values.serving import Limits, Tls

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
QUICK = Limits(head_s=0.2, idle_s=0.2)


async def answer(send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def echo(scope, receive, send) -> None:
    """Answers the body, after all of it came."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    await answer(send, body or scope["path"].encode())


async def busy(scope, receive, send) -> None:
    """Answers 503 without a look at the body."""
    await answer(send, b"busy", 503)


class Held:
    """Answers when it is let, and remembers how it ended."""

    def __init__(self) -> None:
        self.entered, self.left = threading.Semaphore(0), threading.Semaphore(0)
        self.ends: list[str] = []
        self._go: asyncio.Event | None = None

    async def __call__(self, scope, receive, send) -> None:
        self._go = self._go or asyncio.Event()
        self.entered.release()
        try:
            await self._go.wait()
            await answer(send, b"done")
            self.ends.append("answered")
        except asyncio.CancelledError:
            self.ends.append("cancelled")
            raise
        finally:
            self.left.release()

    async def go(self) -> None:
        self._go.set()


def error_of(data: bytes) -> dict[str, str]:
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    return json.loads(body)["error"]


def status_of(data: bytes) -> int:
    return int(data.split()[1])


def test_requests_follow_each_other_on_one_connection():
    """A connection is used again, pipelined requests are answered in their order, and the server names itself."""
    with hosting(echo) as host, host.line() as line:
        line.send(POST + b"Content-Length: 3\r\n\r\nabc" + GET + POST + b"Content-Length: 2\r\n\r\nde")
        first, second, third = line.answer(), line.answer(), line.answer()

        assert [first[2], second[2], third[2]] == [b"abc", b"/", b"de"]
        assert first[1]["server"] == "vedette"
        assert first[1]["date"].endswith("GMT")


async def streamed(scope, receive, send) -> None:
    """Answers in parts, without a length."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for part in (b"one ", b"", b"two"):
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


def test_an_old_client_gets_no_chunks():
    """HTTP/1.0 does not know them: what has no length ends with the connection, even where it should be kept."""
    with hosting(streamed) as host:
        head, _, body = host.exchange(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").partition(b"\r\n\r\n")
        new = host.exchange(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert body == b"one two"
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert new.endswith(b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n")


def test_the_standard_library_and_urllib3_understand_it():
    """Two clients of others get back what they send, by length and chunked."""
    with hosting(echo) as host:
        plain = http.client.HTTPConnection(*host.address)
        plain.request(
            "POST",
            "/a",
            body=iter([b"x" * 100_000, b"y"]),
            encode_chunked=True,
            headers={"Transfer-Encoding": "chunked"},
        )
        with urllib3.PoolManager() as pool:
            other = pool.request("POST", f"http://127.0.0.1:{host.address[1]}/", body=b"z" * 300_000)

        assert plain.getresponse().read() == b"x" * 100_000 + b"y"
        assert other.data == b"z" * 300_000
        plain.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        POST + b"Content-Length: 3, 3\r\n\r\nabc",
        POST + b"Content-Length: +3\r\n\r\nabc",
        POST + b"Content-Length: -3\r\n\r\nabc",
        POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc",
        b"POST / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: \0b\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n3;\nabc\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n0\r\n\r\n",
        b"GET / HTTP/1.7\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(request_bytes):
    """Every form by which requests are smuggled past a proxy gets one answer of 4xx or 5xx, and the connection ends."""
    with hosting(echo) as host:
        data = host.exchange(request_bytes + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")

        assert status_of(data) in (400, 501, 505)
        assert data.count(b"HTTP/1.1 ") == 1
        assert error_of(data)["help"]
        assert b"smuggled" not in data


def test_nothing_follows_a_request_that_closes():
    """What comes behind `Connection: close` is no request any more."""
    with hosting(echo) as host:
        data = host.exchange(b"GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + GET)

        assert data.count(b"HTTP/1.1 ") == 1
        assert data.endswith(b"/1")


def test_a_damaged_request_behind_another_does_not_take_its_answer():
    """Garbage behind a request that is under way: that request is answered, then the connection ends."""
    held = Held()
    with hosting(held) as host, host.line() as line:
        line.send(GET)
        held.entered.acquire()
        line.send(b"\x00garbage")
        host.run(held.go())
        data = line.rest()

        assert data.startswith(b"HTTP/1.1 200")
        assert data.endswith(b"done")


@pytest.mark.parametrize("split", [False, True])
def test_an_upgrade_that_is_not_offered_keeps_the_body(split):
    """A POST that offers h2c, as Java's client sends it, is answered as HTTP/1.1 with its whole body."""
    head = POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\n"
    with hosting(echo) as host, host.line() as line:
        for part in [head, b"ab", b"cd" + GET] if split else [head + b"abcd" + GET]:
            line.send(part)

        assert line.answer()[2] == b"abcd"
        assert line.answer()[2] == b"/"


def test_trailers_do_not_become_headers():
    """What follows a chunked body cannot add a header, such as a key, to a request that was judged before."""
    seen = []

    async def app(scope, receive, send) -> None:
        await echo(scope, receive, send)
        seen.append([name for name, _ in scope["headers"]])

    with hosting(app) as host, host.line() as line:
        line.send(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-API-Key: s\r\n\r\n")
        body = line.answer()[2]

        assert body == b"a"
        assert seen == [[b"host", b"transfer-encoding"]]


@pytest.mark.parametrize("part", [b"", b"GET / HTTP/1.1\r\nHo"])
def test_a_head_that_does_not_end_is_refused(part):
    """An idle connection is closed without a word, one with half a head is told 408."""
    with hosting(echo, QUICK) as host:
        data = host.exchange(part)

        assert data == b"" if not part else error_of(data)["kind"] == "timeout"


def test_a_head_that_drips_is_refused():
    """A byte now and then does not keep a head alive (slow loris): its time counts from its first byte."""
    with hosting(echo, QUICK) as host, host.line() as line:
        line.socket.settimeout(0.02)
        data = b""
        line.send(b"GET / HTTP/1.1\r\n")
        while not data:
            try:
                line.send(b"a")
                data = line.socket.recv(65536)
            except TimeoutError:
                continue

        assert status_of(data) == 408


def test_a_body_that_drips_is_refused():
    """A body below the slowest pace is told 408, and the application's task ends."""
    held = Held()
    with hosting(held, QUICK) as host:
        data = host.exchange(POST + b"Content-Length: 100000\r\n\r\nabc")
        held.left.acquire()

        assert error_of(data)["kind"] == "timeout"
        assert held.ends == ["cancelled"]


@pytest.mark.parametrize("shape", ["line", "headers", "one"])
def test_a_large_head_is_refused(shape):
    """A head beyond the limit is told 431, whether in its line, in many headers or in one that never ends."""
    head = {
        "line": b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        "headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
        "one": b"GET / HTTP/1.1\r\nHost: x\r\na: " + b"b" * 50_000,
    }[shape]
    with hosting(echo, Limits(head_bytes=4096)) as host:
        data = host.exchange(head)

        assert status_of(data) == 431
        assert error_of(data)["kind"] == "too_large"


def test_a_head_within_the_limit_behind_a_large_body_is_taken():
    """The bytes of a body do not count for the head that follows it."""
    with hosting(echo, Limits(head_bytes=256)) as host, host.line() as line:
        line.send(POST + b"Content-Length: 100000\r\n\r\n" + b"a" * 100_000 + GET[:20])
        line.answer()
        line.send(GET[20:])

        assert line.answer()[0] == 200


def test_a_head_in_several_packets_is_counted_once():
    """What came as bytes and was understood as headers counts once; nor does a body in the packet of a head's end."""
    headers = b"".join(b"x-%d: %s\r\n" % (number, b"a" * 90) for number in range(30))
    head = POST + headers + b"Content-Length: 5000\r\n\r\n"
    with hosting(echo, Limits(head_bytes=4096)) as host, host.line() as line:
        line.send(GET + head[:20])
        line.answer()  # the server has the beginning of the second head
        line.send(head[20:] + b"b" * 5000)

        assert 2048 < len(head) < 4096
        assert line.answer()[::2] == (200, b"b" * 5000)


def test_too_many_pipelined_requests_are_cut_off():
    """A client cannot pile up requests: those under way are bounded, and the server stays."""
    held = Held()
    with hosting(held) as host:
        with host.line() as line:
            line.send(GET * 100)
            held.entered.acquire()
            host.run(held.go())
            data = line.rest()

        assert 1 <= data.count(b"HTTP/1.1 200") <= 34
        assert status_of(host.exchange(b"GET / HTTP/1.0\r\n\r\n")) == 200


def test_connections_beyond_the_limit_are_told():
    """One connection more than the limit gets 503 with Retry-After; when one leaves, the next is let in."""
    with hosting(echo, Limits(connections=2)) as host:
        with host.line() as first, host.line() as second:
            for line in (first, second):
                line.send(GET)
                line.answer()
            refused = host.exchange(b"")
            first.socket.close()
            second.send(GET)
            second.answer()
            later = host.exchange(b"GET / HTTP/1.0\r\n\r\n")

        assert status_of(refused) == 503
        assert b"retry-after: 1" in refused
        assert status_of(later) == 200


def test_many_idle_connections_survive():
    """Two thousand idle connections stay open, each of them is answered later, and each costs little memory."""
    count = 2000
    with hosting(echo) as host:
        before = _resident_bytes()
        lines = [socket.create_connection(host.address, timeout=20) for _ in range(count)]
        host.exchange(b"GET / HTTP/1.0\r\n\r\n")
        each = (_resident_bytes() - before) / count
        for line in lines[::50]:
            line.sendall(GET)
        answers = [line.recv(4096) for line in lines[::50]]
        for line in lines:
            line.close()

        assert all(status_of(one) == 200 for one in answers)
        assert host.server.most_connections >= count
        assert each < 64 * 1024


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.parametrize(
    "head", [b"Content-Length: 100\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b""]
)
def test_a_half_closed_request_is_told(head):
    """Who ends its side before the end of its request gets 400, not a wait until the end of time."""
    with hosting(echo) as host, host.line() as line:
        line.send(POST + head)
        line.socket.shutdown(socket.SHUT_WR)

        assert status_of(line.rest()) == 400


def test_more_than_the_content_length_is_no_part_of_the_body():
    """Bytes behind the stated length are judged as a request, which they are not: the connection ends."""
    with hosting(echo) as host:
        data = host.exchange(POST + b"Content-Length: 3\r\n\r\nabcdef")

        assert data.count(b"HTTP/1.1 200") == 1
        assert data.endswith(b"abc")


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("upload", [False, True])
def test_a_client_that_leaves_takes_its_task_along(reset, upload):
    """Gone in mid-upload or in mid-answer, politely or not: the task is cancelled and nothing is left."""
    held = Held()
    with hosting(held) as host:
        for _ in range(20):
            with host.line() as line:
                line.send(POST + b"Content-Length: 100\r\n\r\nabc" if upload else GET)
                held.entered.acquire()
                if reset:
                    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            held.left.acquire()

        assert held.ends == ["cancelled"] * 20
        assert not host.run(_tasks(host))
    gc.collect()


async def _tasks(host: Host) -> set:
    await asyncio.sleep(0)
    return set(host.server._state.tasks)


def test_a_reader_of_the_body_sees_that_the_client_left():
    """An application that waits for more of the body gets http.disconnect before its task is cancelled."""
    seen: list[str] = []
    entered, left = threading.Event(), threading.Event()

    async def app(scope, receive, send) -> None:
        try:
            while True:
                message = await receive()
                seen.append(message["type"])
                entered.set()
                if message["type"] == "http.disconnect":
                    return
        finally:
            left.set()

    with hosting(app) as host:
        with host.line() as line:
            line.send(POST + b"Content-Length: 100\r\n\r\nabc")
            entered.wait(20)
        left.wait(20)

        assert seen == ["http.request", "http.disconnect"]


@pytest.mark.parametrize("size_bytes", [100_000, 3_000_000])
def test_a_client_that_leaves_after_a_large_body_takes_its_task_along(size_bytes):
    """The whole body was read and its answer is being made: reading does not stay paused, so that the end is seen."""
    held = Held()

    async def app(scope, receive, send) -> None:
        while (await receive())["more_body"]:
            pass
        await held(scope, receive, send)

    with hosting(app) as host:
        for _ in range(20):
            with host.line() as line:
                line.send(POST + f"Content-Length: {size_bytes}\r\n\r\n".encode())
                host.run(asyncio.sleep(0))  # the application waits for the body
                line.send(bytes(size_bytes))
                assert held.entered.acquire(timeout=20)
            assert held.left.acquire(timeout=5)

        assert held.ends == ["cancelled"] * 20


def test_a_pipelined_request_under_way_is_cancelled_too():
    """The first of several requests runs: it ends when the client leaves, and the others never begin."""
    held = Held()
    with hosting(held) as host:
        with host.line() as line:
            line.send(GET * 3)
            held.entered.acquire()
        held.left.acquire()

        assert held.ends == ["cancelled"]


def test_an_early_answer_reaches_the_client():
    """503 before the end of a large upload is read by a client that sends on, and its body is not kept."""
    with hosting(busy) as host, host.line() as line:
        line.send(POST + b"Content-Length: 30000000\r\n\r\n" + b"a" * 65536)
        code, headers, body = line.answer()
        line.send(b"a" * 1_000_000)

        assert (code, headers["connection"], body) == (503, "close", b"busy")
        assert line.rest() == b""


def test_after_an_early_answer_to_a_small_upload_the_connection_goes_on():
    """A small rest of an upload is read and thrown away, so that a busy server costs no new connection."""
    with hosting(busy) as host, host.line() as line:
        line.send(POST + b"Content-Length: 100000\r\n\r\n" + b"a" * 10)
        first = line.answer()
        line.send(b"a" * 99_990 + GET)

        assert first[0] == 503
        assert "connection" not in first[1]
        assert line.answer()[0] == 503


def test_who_waits_for_100_continue_is_not_misread():
    """A refusal before `100 Continue` closes: whether the body follows cannot be known. An eager one is let go on."""
    head = POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with hosting(busy) as host:
        refused = host.exchange(head)
    with hosting(echo) as host, host.line() as line:
        line.send(head)
        interim = line.answer()
        line.send(b"abc")
        final = line.answer()

    assert b"connection: close" in refused
    assert (interim[0], final[0], final[2]) == (100, 200, b"abc")


def _push(connected: socket.socket, most: int) -> int:
    """Bytes that left until nobody took more."""
    sent = 0
    try:
        while sent < most:
            sent += connected.send(b"a" * 1_000_000)
    except TimeoutError:
        pass
    return sent


def test_an_application_that_does_not_read_stops_the_client():
    """Backpressure: of an upload that nobody reads only a little is taken in, however long the client pushes."""
    held = Held()
    with hosting(held) as host, host.line() as line:
        line.send(POST + b"Content-Length: 300000000\r\n\r\n")
        held.entered.acquire()
        line.socket.settimeout(0.3)
        sent = _push(line.socket, 300_000_000)

        assert sent < 100_000_000
        (connection,) = host.server._open()
        assert len(connection.cycle.body) < 1_000_000


def test_many_small_chunks_are_one_body():
    """A hundred thousand chunks of one byte arrive whole."""
    with hosting(echo) as host, host.line() as line:
        line.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n")

        assert line.answer()[2] == b"a" * 100_000


def test_a_client_that_does_not_read_is_cut_off():
    """An answer that nobody takes does not keep its task for ever."""
    ended = threading.Event()

    async def flood(scope, receive, send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:
                await send({"type": "http.response.body", "body": b"a" * 1_000_000, "more_body": True})
                await asyncio.sleep(0)
        finally:
            ended.set()

    with hosting(flood, QUICK) as host, host.line() as line:
        line.send(GET)

        assert ended.wait(20)


def test_who_reads_slowly_and_steadily_gets_all():
    """Longer than a client may be stuck; every bit that it takes shows that it is not."""
    size = 20_000_000

    async def large(scope, receive, send) -> None:
        await answer(send, bytes(size))

    with hosting(large, Limits(idle_s=0.5)) as host, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.settimeout(20)
        slow.connect(host.address)
        slow.sendall(GET)
        came = 0
        while part := slow.recv(200_000):
            came += len(part)
            threading.Event().wait(0.01)

    assert came > size


def test_draining_ends_what_is_under_way_and_closes_the_rest():
    """On drain: no new connection, idle ones closed, the request under way is answered with `Connection: close`."""
    held = Held()
    with hosting(held) as host, host.line() as working, socket.create_connection(host.address, timeout=20) as idle:
        working.send(GET)
        held.entered.acquire()
        drained = host.begin(host.server.drain(20))
        closed = idle.recv(1)
        with pytest.raises(OSError, match=r".*"):
            socket.create_connection(host.address, timeout=20)
        host.run(held.go())
        data = working.rest()

        assert closed == b""
        assert b"connection: close" in data
        assert data.endswith(b"done")
        assert drained.result(20) is True


def test_a_drain_that_takes_too_long_says_so():
    """What is not done in time is told, and ends with `stop`."""
    held = Held()
    with hosting(held) as host, host.line() as line:
        line.send(GET)
        held.entered.acquire()
        in_time = host.run(host.server.drain(0.05))
        host.run(host.server.stop())

        assert in_time is False
        assert line.rest() == b""
        assert held.ends == ["cancelled"]


def test_an_application_that_fails_is_answered_for(caplog):
    """An error of the application is a 500 and a line in the log; the connection and the server go on."""

    async def app(scope, receive, send) -> None:
        if scope["path"] == "/bad":
            raise ValueError("bug")
        await echo(scope, receive, send)

    with hosting(app) as host:
        bad = host.exchange(b"GET /bad HTTP/1.0\r\n\r\n")
        good = host.exchange(b"GET / HTTP/1.0\r\n\r\n")

        assert (status_of(bad), status_of(good)) == (500, 200)
        assert "bug" in caplog.text


def test_what_a_server_needs_may_be_made_in_another_thread_before_it_answers():
    """And only once, however often it is asked for; until it starts a client that has connected waits."""
    loop = asyncio.new_event_loop()
    server = HttpServer(echo, "127.0.0.1", 0, Limits(), SystemClock())
    address = server.bind()
    thread = threading.Thread(target=server.prepare)
    thread.start()
    thread.join()
    made = server._prepared()
    with socket.create_connection(address, timeout=20) as early:
        early.sendall(b"GET /early HTTP/1.0\r\n\r\n")

        async def answered() -> bytes:
            assert await server.start() == address
            told = await asyncio.to_thread(early.makefile("rb").read)
            await server.stop()
            return told

        told = loop.run_until_complete(answered())
    loop.close()

    assert told.endswith(b"/early")
    assert server._prepared() is made


def test_a_port_that_is_taken_is_named():
    """The message says which port and whose, the help offers port 0."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=rf"port {port} of 127.0.0.1 is taken by \S.* \(process 1\)") as error:
            listen("127.0.0.1", port, lambda host, port: 1)
        server = HttpServer(echo, "127.0.0.1", port, Limits(), SystemClock())
        with pytest.raises(ConflictError, match="is taken\n"):
            server.bind()

    assert "--port 0" in error.value.help


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("203.0.113.1", 0), ("127.0.0.1", 70000)])
def test_what_cannot_be_listened_on_is_told(host, port):
    """Unknown names, foreign addresses and ports that do not exist are errors of usage."""
    with pytest.raises(UsageError):
        listen(host, port)


def test_names_stand_for_addresses():
    """`localhost` is loopback, an empty host is all of IPv4."""
    assert "127.0.0.1" in addresses_of("localhost")
    assert addresses_of("") == ("0.0.0.0",)
    with listen("::1", 0) as six:
        assert six.getsockname()[0] == "::1"


@pytest.fixture(scope="module")
def pem(tmp_path_factory) -> Path:
    """Server and client certificates of one authority, as PEM files."""
    folder = tmp_path_factory.mktemp("pem")
    authority = trustme.CA()
    for name, certificate in (("server", authority.issue_cert("127.0.0.1")), ("client", authority.issue_cert("c@x"))):
        (folder / f"{name}.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        (folder / f"{name}.key").write_bytes(certificate.private_key_pem.bytes())
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return folder


def tls(pem: Path, *, clients: bool = False) -> Tls:
    return Tls(str(pem / "server.pem"), str(pem / "server.key"), str(pem / "ca.pem") if clients else None)


def test_tls_answers_those_who_trust_it(pem):
    """A client that trusts the authority is answered over TLS 1.2 or later; older versions are not spoken."""
    trusting = ssl.create_default_context(cafile=pem / "ca.pem")
    old = ssl.create_default_context(cafile=pem / "ca.pem")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with hosting(echo, tls=tls(pem)) as host:
        with (
            socket.create_connection(host.address, timeout=20) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as line,
        ):
            line.sendall(b"GET /safe HTTP/1.0\r\n\r\n")
            data = b"".join(iter(lambda: line.recv(4096), b""))
            version = line.version()
        with socket.create_connection(host.address, timeout=20) as plain, pytest.raises((ssl.SSLError, OSError)):
            old.wrap_socket(plain, server_hostname="127.0.0.1")

    assert data.endswith(b"/safe")
    assert version in ("TLSv1.2", "TLSv1.3")


def test_clients_show_their_certificate_where_asked(pem):
    """With `clients`, one with a certificate of the authority is answered, one without is not."""
    without = ssl.create_default_context(cafile=pem / "ca.pem")
    shown = ssl.create_default_context(cafile=pem / "ca.pem")
    shown.load_cert_chain(pem / "client.pem", pem / "client.key")
    with hosting(echo, tls=tls(pem, clients=True)) as host:
        answers = []
        for context in (shown, without):
            try:
                with (
                    socket.create_connection(host.address, timeout=20) as plain,
                    context.wrap_socket(plain, server_hostname="127.0.0.1") as line,
                ):
                    line.sendall(b"GET /safe HTTP/1.0\r\n\r\n")
                    answers.append(line.recv(4096)[:12])
            except (ssl.SSLError, OSError):
                answers.append(b"")

    assert answers == [b"HTTP/1.1 200", b""]


def test_silent_clients_do_not_shut_the_door_of_tls(pem):
    """Connections count from the first: where too many agree on nothing, the oldest make room for who means it."""
    trusting = ssl.create_default_context(cafile=pem / "ca.pem")
    limits = Limits(connections=5, head_s=60)
    with hosting(echo, limits, tls(pem)) as host, contextlib.ExitStack() as silent:
        lines = [silent.enter_context(socket.create_connection(host.address, timeout=20)) for _ in range(200)]
        first = lines[0].recv(1)
        with (
            socket.create_connection(host.address, timeout=20) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as line,
        ):
            line.sendall(b"GET /safe HTTP/1.0\r\n\r\n")
            data = b"".join(iter(lambda: line.recv(4096), b""))
        lines[-1].settimeout(0)
        with pytest.raises(BlockingIOError):
            lines[-1].recv(1)

    assert first == b""
    assert data.endswith(b"/safe")


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (("missing.pem", "server.key", None), "tls.certificate: .*missing.pem"),
        (("server.pem", "missing.key", None), "tls.key: .*missing.key"),
        (("server.key", "server.key", None), "tls.certificate: .*server.key"),
        (("server.pem", "server.pem", None), "tls.key: .*server.pem"),
        (("server.pem", "client.key", None), "client.key is not that of .*server.pem"),
        (("server.pem", "server.key", "server.key"), "tls.clients: .*server.key"),
    ],
)
def test_wrong_files_are_named(pem, files, named):
    """A file of TLS that is missing or is something else is named with its key of the configuration."""
    certificate, key, clients = (str(pem / name) if name else None for name in files)
    server = HttpServer(echo, "127.0.0.1", 0, Limits(), SystemClock(), Tls(certificate, key, clients))

    with pytest.raises(UsageError, match=named):
        asyncio.run(server.start())
