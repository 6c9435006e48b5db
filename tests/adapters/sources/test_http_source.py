"""One address is one image or one refusal, whatever the server does."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vedette.adapters.sources.http import HttpSource
from vedette.values.frame import Frame, Reject

PICTURE = bytes(range(256)) * 40

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer, family: socket.AddressFamily = socket.AF_INET) -> Iterator[str]:
    """A server on a free port that answers every GET by `answer`; gives its address without the scheme."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = family
        daemon_threads = True

    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with Server((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"[::1]:{server.server_port}" if ":" in host else f"{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def reply(
    handler: BaseHTTPRequestHandler, status: int = 200, body: bytes = b"", length: int | None = None, **headers: str
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def picture(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, body=PICTURE)


def fetch(url: str, **limits: float) -> Frame | Reject:
    (item,) = HttpSource(url, **limits).frames()
    return item


def refused(url: str, **limits: float) -> Reject:
    item = fetch(url, **limits)
    assert isinstance(item, Reject)
    return item


# --- answers ----------------------------------------------------------------------------------------------------------


def test_an_address_is_one_frame_named_by_it() -> None:
    """All bytes of the body come."""
    with serving(picture) as host:
        assert fetch(f"http://{host}/a.jpg?size=9") == Frame(f"http://{host}/a.jpg?size=9", PICTURE)


def test_nothing_is_asked_before_the_first_frame() -> None:
    """A source that is made and not read calls no server."""
    asked = []
    with serving(asked.append) as host:
        HttpSource(f"http://{host}/a.jpg").frames()

    assert asked == []


@pytest.mark.parametrize(
    ("status", "kind", "message", "help_"),
    [
        (404, "not_found", "the server answered 404 Not Found", "check the address"),
        (410, "not_found", "the server answered 410 Gone", "check the address"),
        (401, "unavailable", "the server answered 401 Unauthorized", "NAME:PASSWORD@HOST"),
        (403, "unavailable", "the server answered 403 Forbidden", "NAME:PASSWORD@HOST"),
        (429, "unavailable", "the server answered 429 Too Many Requests", "try again later"),
        (500, "unavailable", "the server answered 500 Internal Server Error", "try again later"),
        (503, "unavailable", "the server answered 503 Service Unavailable", "try again later"),
        (418, "unavailable", "the server answered 418 I'm a Teapot", "check with a browser"),
        (599, "unavailable", "the server answered 599", "try again later"),
        (304, "unavailable", "the server answered 304 Not Modified", "check with a browser"),
        (302, "unavailable", "the server answered 302 Found", "check with a browser"),
    ],
)
def test_every_other_status_is_a_refusal(status: int, kind: str, message: str, help_: str) -> None:
    """The body of an error page is no image, and neither is that of a redirect without an address."""
    with serving(lambda handler: reply(handler, status)) as host:
        reject = refused(f"http://{host}/a.jpg")

    assert (reject.source, reject.kind, reject.message) == (f"http://{host}/a.jpg", kind, message)
    assert help_ in reject.help


def test_a_server_that_says_later_is_not_waited_for() -> None:
    """`Retry-After: 3600` does not hold up a run for an hour."""
    with serving(lambda handler: reply(handler, 503, Retry_After="3600")) as host:
        assert refused(f"http://{host}/a.jpg").message == "the server answered 503 Service Unavailable"


# --- redirects --------------------------------------------------------------------------------------------------------


def test_a_redirect_is_followed_and_the_name_stays() -> None:
    """The result carries the address that the user gave."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 302, Location="/b.jpg") if handler.path == "/a.jpg" else picture(handler)

    with serving(answer) as host:
        assert fetch(f"http://{host}/a.jpg") == Frame(f"http://{host}/a.jpg", PICTURE)


def test_a_redirect_loop_ends() -> None:
    """Five redirects are followed, the sixth is too many."""
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        reply(handler, 302, Location="/a.jpg")

    with serving(answer) as host:
        reject = refused(f"http://{host}/a.jpg")

    assert (reject.kind, reject.message) == ("unavailable", "no answer: too many redirects")
    assert len(asked) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_leads_to_no_other_scheme(target: str) -> None:
    """A server cannot make Vedette read files."""
    with serving(lambda handler: reply(handler, 302, Location=target)) as host:
        reject = refused(f"http://{host}/a.jpg")

    assert reject.kind == "invalid"
    assert "cannot be fetched" in reject.message


# --- servers that fail ------------------------------------------------------------------------------------------------


def test_a_body_that_ends_early_is_an_error_and_no_half_image() -> None:
    """The announced length counts."""
    with serving(lambda handler: reply(handler, body=PICTURE, length=2 * len(PICTURE))) as host:
        reject = refused(f"http://{host}/a.jpg")

    assert (reject.kind, reject.help) == ("unavailable", "try again")
    assert reject.message == "the server broke off: IncompleteRead(10240 bytes read, 10240 more expected)"


def test_chunks_that_end_early_are_an_error_and_no_half_image() -> None:
    """Without the last chunk the body is not whole."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + PICTURE[:1000])

    with serving(answer) as host:
        reject = refused(f"http://{host}/a.jpg")

    assert (reject.kind, reject.help) == ("unavailable", "try again")
    assert reject.message.startswith("the server broke off: ")


def test_a_server_that_closes_without_an_answer_is_an_error() -> None:
    """Nothing came at all."""
    with serving(lambda handler: None) as host:
        reject = refused(f"http://{host}/a.jpg")

    assert (reject.kind, reject.message) == (
        "unavailable",
        "no answer: Remote end closed connection without response",
    )


def test_a_server_that_does_not_speak_http_is_an_error() -> None:
    """An SSH server is no image."""
    with serving(lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n") and None) as host:
        assert refused(f"http://{host}/a.jpg").kind == "unavailable"


def test_a_server_that_never_answers_is_given_up() -> None:
    """The silence that is borne is that of `read_s`."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reject = refused(f"http://127.0.0.1:{silent.getsockname()[1]}/a.jpg", read_s=0.05)

    assert reject.kind == "unavailable"
    assert reject.message == "no answer: Read timed out. (read timeout=0.05)"


def test_a_server_that_falls_silent_within_the_body_is_given_up() -> None:
    """Half an image and then nothing is a refusal."""
    done = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, body=PICTURE, length=2 * len(PICTURE))
        handler.wfile.flush()
        done.wait(30)

    with serving(answer) as host:
        reject = refused(f"http://{host}/a.jpg", read_s=0.05)
        done.set()

    assert reject.kind == "unavailable"
    assert "timed out" in reject.message


def test_a_port_without_a_server_is_an_error_at_once() -> None:
    """The reason is in the words of the system."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    reject = refused(f"http://127.0.0.1:{port}/a.jpg")

    assert reject.kind == "unavailable"
    assert reject.message == "no answer: Connection refused"
    assert "network" in reject.help


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "taken"), [(len(PICTURE), Frame), (len(PICTURE) - 1, Reject)])
def test_the_limit_is_the_largest_body_taken(limit: int, taken: type) -> None:
    """One byte more is refused."""
    with serving(picture) as host:
        item = fetch(f"http://{host}/a.jpg", body_limit=limit)

    assert type(item) is taken
    assert taken is Frame or item.kind == "too_large"
    assert taken is Frame or item.message == f"the answer has more than {limit} bytes, which is the limit"


def test_an_endless_body_is_refused() -> None:
    """A camera's stream that never ends is left at the limit."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        try:
            while True:
                handler.wfile.write(bytes(1 << 16))
        except OSError:
            pass

    with serving(answer) as host:
        assert refused(f"http://{host}/a.mjpg", body_limit=1 << 20).kind == "too_large"


# --- addresses --------------------------------------------------------------------------------------------------------


def test_name_and_password_log_in_and_are_not_shown() -> None:
    """Percent signs stand for the characters that an address cannot hold."""
    seen = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        picture(handler)

    with serving(answer) as host:
        frame = fetch(f"http://me:s%40cret@{host}/a.jpg")

    assert seen == ["Basic bWU6c0BjcmV0"]  # base64 of me:s@cret
    assert frame == Frame(f"http://***@{host}/a.jpg", PICTURE)


def test_a_login_is_not_sent_to_the_host_that_a_redirect_leads_to() -> None:
    """The password is for the host that it was given for."""
    seen = []

    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        picture(handler)

    with (
        serving(elsewhere) as other,
        serving(lambda handler: reply(handler, 302, Location=f"http://{other}/b.jpg")) as host,
    ):
        fetch(f"http://me:secret@{host}/a.jpg")

    assert seen == [None]


@pytest.mark.parametrize(
    "url", ["http://me:secret@h:99999/", "http://me:secret@[::1/", "http://me:secret@127.0.0.1:1/"]
)
def test_a_password_is_not_shown_when_an_address_fails(url: str) -> None:
    """Neither the name nor the message holds it."""
    assert "secret" not in repr(refused(url))


@pytest.mark.parametrize(
    "url", ["http://", "http:///x", "http://h:99999/", "http://h:x/", "http:// /", "http://[::1", "http://\udcff/"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """The help shows the form."""
    reject = refused(url)

    assert reject.kind == "invalid"
    assert reject.message.startswith("this address cannot be fetched: ")
    assert reject.help == "write http://HOST/PATH or https://HOST/PATH"
    assert reject.source.encode("utf-8")


def test_bytes_that_are_no_utf_8_in_an_address_are_shown_as_text() -> None:
    r"""The byte ff of a command line appears as \xff."""
    assert refused("http://127.0.0.1:1/\udcff.jpg").source == "http://127.0.0.1:1/\\xff.jpg"


def test_a_version_6_address_in_brackets_works() -> None:
    """http://[::1]:8000/a.jpg is an address."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving(picture, socket.AF_INET6) as host:
        assert fetch(f"http://{host}/a.jpg") == Frame(f"http://{host}/a.jpg", PICTURE)


class Silent(socketserver.BaseRequestHandler):
    """Speaks no TLS."""

    def handle(self) -> None:
        self.request.recv(100)


def test_https_to_a_server_without_it_is_an_error() -> None:
    """The reason is what the handshake met."""
    with socketserver.TCPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        reject = refused(f"https://127.0.0.1:{server.server_address[1]}/a.jpg")
        server.shutdown()
        thread.join()

    assert reject.kind == "unavailable"
    assert reject.message.startswith("no answer: ")
    assert "[" not in reject.message
