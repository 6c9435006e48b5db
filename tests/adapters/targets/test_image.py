"""Any HTTP service: what is sent, what comes back, and every way in which it can fail."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

import pytest
from servers import Behaviour, Call, Canned, Queue, answer, free_port, posts, service, serving, serving_here

from vedette.adapters.targets import connection
from vedette.adapters.targets.image import ImageTarget
from vedette.errors import NotFoundError, TooLargeError, UnavailableError, UsageError
from vedette.flows.bench.target import Reply
from vedette.rules.bench.address import login_header, parse_target
from vedette.values.requests import Status
from vedette.values.trial import Introduction, Scope

JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 20
IMAGES = [JPEG, b"\x89PNG\r\n\x1a\n" + bytes(100)]
CERTIFICATE = Path(__file__).parent / "self_signed.pem"


def with_target(
    url: str, work: Callable[[ImageTarget], Awaitable], headers: Mapping[str, str] | None = None, **options
):
    """Open a target with `IMAGES`, do the work, close it."""

    async def go():
        target = ImageTarget(parse_target(url, **options), headers)
        introduction = await target.open(IMAGES)
        try:
            return await work(target)
        finally:
            await target.close()
            assert introduction.scope is Scope.IMAGE

    return asyncio.run(go())


def sent_once(url: str, image: int = 0, **options) -> Reply:
    return with_target(url, lambda target: target.send(image), **options)


def faced_with(faulty: Behaviour, **options) -> Reply:
    """The reply when a server that answers GET behaves like this for an image."""
    with serving(posts(faulty)) as url:
        return sent_once(url, **options)


def introduced(url: str) -> Introduction:
    async def go() -> Introduction:
        target = ImageTarget(parse_target(url))
        try:
            return await target.open(IMAGES)
        finally:
            await target.close()

    return asyncio.run(go())


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_an_image_is_sent_as_it_is() -> None:
    """Its bytes, its type, to the very path; the whole answer comes back."""
    with serving_here(Canned(b'{"label":"cup"}')) as server:
        reply = sent_once(f"{server.url}/predict/a%20b?k=1%2F2", image=1)

        call = server.calls[-1]
        assert (call.method, call.path, call.body) == ("POST", "/predict/a%20b?k=1%2F2", IMAGES[1])
        assert call.headers["content-type"] == "image/png"
        assert call.headers["content-length"] == str(len(IMAGES[1]))
        assert reply == Reply(Status.OK, 200, b'{"label":"cup"}')


def test_a_form_holds_the_image_as_a_file() -> None:
    """Under the name of the field."""
    with serving_here(Canned()) as server:
        sent_once(server.url, wire="multipart", field="data")

        call = server.calls[-1]
        head = b"Content-Type: " + call.headers["content-type"].encode() + b"\r\n\r\n"
        (part,) = BytesParser(policy=HTTP).parsebytes(head + call.body).iter_parts()
        assert part.get_param("name", header="content-disposition") == "data"
        assert JPEG in call.body


def test_a_template_is_filled(tmp_path: Path) -> None:
    """And sent as JSON."""
    file = tmp_path / "body.json"
    file.write_text('{"instances": [{"b64": "{{image}}"}]}')
    with serving_here(Canned()) as server:
        sent_once(server.url, template=str(file))

        assert server.calls[-1].headers["content-type"] == "application/json"
        assert json.loads(server.calls[-1].body)["instances"][0]["b64"].startswith("/9j/")


def test_a_template_that_is_not_there_stops_before_anything_is_asked(tmp_path: Path) -> None:
    """So does one without a place for the image."""
    (tmp_path / "empty.json").write_text("{}")
    with serving_here(Canned()) as server:
        with pytest.raises(NotFoundError, match=r"none\.json"):
            sent_once(server.url, template=str(tmp_path / "none.json"))
        with pytest.raises(UsageError):
            sent_once(server.url, template=str(tmp_path / "empty.json"))

        assert server.calls == []


def test_headers_and_login_are_sent_and_shown_nowhere() -> None:
    """Neither in what is recorded nor in the introduction."""
    with serving_here(Canned()) as server:
        text = server.url.replace("http://", "http://me:secret@")
        headers = dict([login_header(text), ("X-Api-Key", "abc")])
        with_target(text, lambda target: target.send(0), headers)

        assert {call.headers["authorization"] for call in server.calls} == {"Basic bWU6c2VjcmV0"}
        assert server.calls[-1].headers["x-api-key"] == "abc"
        assert "secret" not in repr(parse_target(text))


def test_put_is_sent_as_put() -> None:
    """The method is part of the spec."""
    with serving_here(Canned()) as server:
        sent_once(server.url, method="put")

        assert server.calls[-1].method == "PUT"


def test_large_bodies_arrive_whole() -> None:
    """Three megabytes, more than any buffer on the way."""
    image = b"\xff\xd8\xff" + bytes(3_000_000)

    async def go(url: str) -> Reply:
        target = ImageTarget(parse_target(url))
        await target.open([image])
        try:
            return await target.send(0)
        finally:
            await target.close()

    with serving_here(Canned()) as server:
        assert asyncio.run(go(server.url)).status is Status.OK
        assert server.calls[-1].body == image


def test_one_connection_serves_requests_one_after_the_other() -> None:
    """It is kept open, and cookies that the server sets are not sent back."""
    with serving_here(Canned(headers=("Set-Cookie: session=1",))) as server:

        async def work(target: ImageTarget) -> list[Reply]:
            return [await target.send(0) for _ in range(5)]

        with_target(server.url, work)

        assert len({call.connection for call in server.calls[1:]}) == 1
        assert not any("cookie" in call.headers for call in server.calls)


def test_requests_at_once_have_connections_of_their_own() -> None:
    """Ten requests of 100 ms to a server of ten places are all under way together."""
    with serving_here(posts(service(Queue([100.0], servers=10)))) as server:

        async def work(target: ImageTarget) -> list[Reply]:
            return await asyncio.gather(*(target.send(0) for _ in range(10)))

        replies = with_target(server.url, work)

        assert [reply.status for reply in replies] == [Status.OK] * 10
        assert len({call.connection for call in server.calls[1:]}) == 10


# --- who is there -----------------------------------------------------------------------------------------------------


def test_a_server_is_present_whatever_it_answers_to_get() -> None:
    """Its `Server` header is its name; a plain service does not tell what enters its model."""
    told = introduced_by = None
    with serving(Canned(b"", "405 Method Not Allowed", ("Server: shop/1.2",))) as url:
        told = introduced(url)
    with serving(Canned()) as url:
        introduced_by = introduced(url)

    assert (told.server, told.tensors) == ("shop/1.2", None)
    assert "does not tell what entered" in told.reason
    assert introduced_by.server is None
    assert "Server" in introduced_by.reason


@pytest.mark.parametrize("behaviour", [lambda _: None, lambda call: call.reset(), lambda _: b"SSH-2.0-OpenSSH\r\n"])
def test_what_answers_no_http_is_absent(behaviour: Behaviour) -> None:
    """Closing, resetting, or speaking something else."""
    with serving(behaviour) as url, pytest.raises(UnavailableError, match="no HTTP answer"):
        introduced(url)


def test_where_nothing_listens_nothing_is_measured() -> None:
    """The message names the address and the next step."""
    port = free_port()
    with pytest.raises(UnavailableError, match=f"{port}/.*refused") as caught:
        introduced(f"http://127.0.0.1:{port}/")

    assert "start the server" in caught.value.help


def test_a_host_without_an_address_is_named() -> None:
    """`.invalid` never resolves (RFC 2606)."""
    with pytest.raises(UnavailableError, match=r"nowhere\.invalid.*cannot be resolved"):
        introduced("http://nowhere.invalid/")


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a limit, which is shortened here."""
    monkeypatch.setattr(connection, "ASK_S", 0.1)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(UnavailableError, match=r"no answer within 0\.1 s"),
    ):
        introduced(f"http://127.0.0.1:{silent.getsockname()[1]}/")


def test_a_certificate_that_is_not_trusted_says_why() -> None:
    """A self-signed one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with serving(Canned(), context=context) as url, pytest.raises(UnavailableError, match="self-signed"):
        introduced(url)


def test_https_works_with_a_certificate_that_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """`SSL_CERT_FILE` names what is trusted, as for other programs."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with serving(Canned(b"[1]"), context=context) as url:
        assert sent_once(url) == Reply(Status.OK, 200, b"[1]")


def test_http_spoken_to_https_is_refused() -> None:
    """The wrong scheme."""
    with serving(Canned()) as url, pytest.raises(UnavailableError, match="TLS"):
        introduced(url.replace("http:", "https:"))


def test_ipv6() -> None:
    """An address in brackets."""
    with serving(Canned(b"[6]"), family=socket.AF_INET6) as url:
        assert sent_once(url) == Reply(Status.OK, 200, b"[6]")


def test_bodies_that_would_not_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is asked; the message says how much, and what to do."""
    monkeypatch.setattr(connection, "BODIES_LIMIT", 1000)
    with serving_here(Canned()) as server:
        with pytest.raises(TooLargeError, match="2 images") as caught:
            sent_once(server.url)

        assert server.calls == []
        assert "fewer images" in caught.value.help


# --- what comes back --------------------------------------------------------------------------------------------------


def chunked(*pieces: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def zipped(body: bytes) -> bytes:
    return answer(gzip.compress(body), headers=("Content-Encoding: gzip",))


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (answer(b"whole"), b"whole"),
        (answer(b"made", "201 Created"), b"made"),
        (answer(b"", "204 No Content"), b""),
        (chunked(b"first ", b"second"), b"first second"),
        (chunked(), b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"after"), b"after"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(b"after"), b"after"),
        (zipped(b"unzipped " * 100), b"unzipped " * 100),
        (answer(b"lower").replace(b"Content-Length", b"content-length"), b"lower"),
    ],
)
def test_every_way_to_frame_an_answer(sent: bytes, body: bytes) -> None:
    """And the connection serves the next request too."""
    with serving_here(posts(lambda _: sent)) as server:

        async def work(target: ImageTarget) -> list[Reply]:
            return [await target.send(0), await target.send(1)]

        replies = with_target(server.url, work)

        assert [(reply.status, reply.body) for reply in replies] == [(Status.OK, body)] * 2
        assert len({call.connection for call in server.calls[1:]}) == 1


def closing(data: bytes) -> Behaviour:
    """Send these bytes and close."""

    def behave(call: Call) -> None:
        call.socket.sendall(data)

    return behave


def test_http_1_0_closes_after_each_answer() -> None:
    """The body ends with the connection; the next request opens another."""
    with serving_here(posts(closing(b"HTTP/1.0 200 OK\r\n\r\nall of it"))) as server:

        async def work(target: ImageTarget) -> list[Reply]:
            return [await target.send(0) for _ in range(3)]

        replies = with_target(server.url, work)

        assert replies == [Reply(Status.OK, 200, b"all of it")] * 3
        assert len({call.connection for call in server.calls[1:]}) == 3


def test_an_announced_close_is_no_fault() -> None:
    """`Connection: close` with every answer."""
    goodbye = answer(b"bye", headers=("Connection: close",))
    with serving(posts(closing(goodbye))) as url:

        async def work(target: ImageTarget) -> list[Reply]:
            return [await target.send(0) for _ in range(3)]

        assert with_target(url, work) == [Reply(Status.OK, 200, b"bye")] * 3


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(code: int) -> None:
    """The reason says where to."""
    with serving_here(posts(Canned(b"", f"{code} Moved", ("Location: /elsewhere",)))) as server:
        reply = sent_once(server.url)

        assert (reply.status, reply.code) == (Status.REDIRECT, code)
        assert "/elsewhere" in reply.reason
        assert len(server.calls) == 2


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "500 Oops", "503 Service Unavailable"])
def test_an_error_carries_its_code_and_what_the_server_says(status: str) -> None:
    """The body is kept too."""
    reply = faced_with(Canned(b'{"error": "no\nworkers"}', status))

    assert (reply.status, reply.code) == (Status.HTTP_ERROR, int(status[:3]))
    assert '{"error": "no workers"}' in reply.reason


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_closed_connection_is_a_reset_and_never_tried_again(method: str) -> None:
    """Whether the server closes politely or not, each image was sent once; PUT is no exception."""
    for faulty in (lambda _: None, lambda call: call.reset()):
        first = [True]

        def once_fine(call: Call, faulty: Behaviour = faulty, first: list = first) -> bytes | None:
            return answer(b"fine") if first and first.pop() else faulty(call)

        with serving_here(posts(once_fine)) as server:

            async def work(target: ImageTarget) -> list[Reply]:
                return [await target.send(0), await target.send(1)]

            fine, broken = with_target(server.url, work, method=method)

            assert fine.status is Status.OK
            assert (broken.status, broken.code) == (Status.RESET, 0)
            assert "connection" in broken.reason
            assert len(server.calls) == 3


def test_a_server_that_dies_midway_refuses_from_then_on() -> None:
    """What comes after is REFUSED, at once."""
    with serving_here(Canned()) as server:

        async def work(target: ImageTarget) -> list[Reply]:
            before = await target.send(0)
            await asyncio.to_thread(server.stop)
            return [before, *[await target.send(0) for _ in range(3)]]

        before, first, *rest = with_target(server.url, work)

    assert before.status is Status.OK
    assert first.status in (Status.RESET, Status.REFUSED)
    assert [reply.status for reply in rest] == [Status.REFUSED] * 2
    assert "refused" in rest[0].reason


@pytest.mark.parametrize(
    "data",
    [
        answer(b"half", length=400),
        chunked(b"first", b"second")[:-12],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        answer(b"no gzip at all", headers=("Content-Encoding: gzip",)),
        b"hello, this is no HTTP\r\n\r\n",
        b"\x00\x01\x02\x03\x04\x05\r\n\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\nx",
    ],
)
def test_what_is_no_whole_http_answer_is_garbage(data: bytes) -> None:
    """Broken off bodies, wrong lengths, damaged chunks, compression that is none, other protocols."""
    reply = faced_with(closing(data))

    assert reply.status is Status.GARBAGE
    assert reply.reason


def test_a_length_that_is_too_short_cuts_the_answer() -> None:
    """That is what HTTP says; what follows is not taken for the next answer."""
    with serving(posts(lambda _: answer(b"0123456789", length=4))) as url:

        async def work(target: ImageTarget) -> list[Reply]:
            return [await target.send(0), await target.send(0)]

        assert with_target(url, work) == [Reply(Status.OK, 200, b"0123")] * 2


@pytest.mark.parametrize("framed", [answer, chunked, zipped])
def test_a_huge_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, framed: Callable) -> None:
    """The limit, lowered here, counts what comes out of a compressed body."""
    monkeypatch.setattr(connection, "ANSWER_LIMIT", 1_000_000)
    reply = faced_with(lambda _: framed(bytes(3_000_000)))

    assert (reply.status, reply.body) == (Status.ERROR, b"")
    assert "1000000" in reply.reason


def test_an_answer_that_comes_too_late_leaves_no_trace_in_the_next() -> None:
    """A send that is given up closes its connection: its answer is never taken for another's."""
    slow = service(Queue([300.0, 0.0]), b"[]")
    numbered = posts(lambda call: slow(call) and answer(str(call.number).encode()))
    with serving_here(numbered) as server:

        async def work(target: ImageTarget) -> Reply:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await target.send(0)
            return await target.send(1)

        reply = with_target(server.url, work)

        assert reply.body == str(server.calls[-1].number).encode()
        assert server.calls[-1].connection != server.calls[-2].connection


def test_an_early_refusal_of_a_large_body_is_an_http_error() -> None:
    """A server that answers 413 before it has read everything, and closes."""
    refusal = answer(b"too large", "413 Content Too Large", ("Connection: close",))
    reply = faced_with(closing(refusal))

    assert (reply.status, reply.code) == (Status.HTTP_ERROR, 413)
