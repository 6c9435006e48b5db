"""Fetching what callers name, against real servers, with resolvers that play tricks."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import zlib
from pathlib import Path

import pytest
import trustme
from servers import Call, Canned, answer, paths, serving

from vedette.adapters.web.fetch import Fetcher
from vedette.adapters.web.resolver import SystemResolver
from vedette.clock import SystemClock
from vedette.errors import DeadlineError, ForbiddenError, InvalidError, TooLargeError, UnavailableError
from vedette.values.serving import FetchPolicy

LOCAL = FetchPolicy(hosts=("*",), private=True, max_bytes=100_000, timeout_s=10.0)


class Names:
    """A resolver that gives one list after the other, the last for ever, and counts."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers, self.asked = list(answers), []

    def resolve(self, host: str, port: int, within_s: float) -> tuple[str, ...]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def fetcher(policy: FetchPolicy = LOCAL, names: Names | None = None, **others) -> Fetcher:
    return Fetcher(policy, SystemClock(), names or Names(("127.0.0.1",)), **others)


def port_of(url: str) -> str:
    return url.rpartition(":")[2].strip("/")


def test_a_body_is_fetched_with_its_type():
    """Address, media type and body come back; the host keeps its name in the request."""
    seen: list[Call] = []

    def behave(call: Call) -> bytes:
        seen.append(call)
        return answer(b"image", headers=("Content-Type: image/jpeg",))

    with serving(behave) as url:
        port = port_of(url)
        found = fetcher().fetch(f"http://user:pw@Camera.example:{port}/a?b")

    headers = {name.lower(): value for name, value in seen[0].headers.items()}
    assert (found.url, found.content_type, found.body) == (f"http://camera.example:{port}/a?b", "image/jpeg", b"image")
    assert (seen[0].path, headers["host"]) == ("/a?b", f"camera.example:{port}")
    assert headers["authorization"] == "Basic dXNlcjpwdw=="


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("93.184.216.34", "10.0.0.1"), ("::ffff:127.0.0.1",), ("64:ff9b::7f00:1",), ("169.254.169.254",)],
)
def test_a_name_that_leads_inside_is_refused_before_any_connection(addresses):
    """Every address of a name is judged; one that is not allowed refuses all, and nobody is called."""
    calls: list[Call] = []
    strict = fetcher(FetchPolicy(hosts=("*",)), Names(addresses))
    with serving(calls.append) as url, pytest.raises(ForbiddenError, match=r"camera\.example leads to"):
        strict.fetch(f"http://camera.example:{port_of(url)}/")

    assert not calls


def test_rebinding_gains_nothing():
    """A name is resolved once: what it says the second time is never asked, and the checked address is called."""
    names = Names(("127.0.0.1",), ("203.0.113.1",))
    with serving(Canned(b"ok")) as url:
        found = fetcher(names=names).fetch(f"http://camera.example:{port_of(url)}/")

    assert found.body == b"ok"
    assert names.asked == ["camera.example"]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::]", "0.0.0.0"])
def test_literal_addresses_are_judged_too(host):
    """Numbers need no resolver, and pass no gate by that; they can be checked without fetching."""
    names = Names(("93.184.216.34",))
    strict = fetcher(FetchPolicy(hosts=("*",)), names)

    with pytest.raises(ForbiddenError):
        strict.fetch(f"http://{host}:8000/")
    with pytest.raises(ForbiddenError):
        strict.check(f"http://{host}:8000/")
    assert not names.asked


def test_no_message_shows_a_secret():
    """Neither the login nor a secret in the query of an address, or of what it leads to, is in what callers read."""
    bad = "/x?token=SECRET-2"
    table = {
        "/no": answer(b"", "404 Not Found"),
        "/gone": None,
        "/far": answer(b"", "302 Found", ("Location: http://[::1" + bad,)),
        "/ring": answer(b"", "302 Found", ("Location: /ring?token=SECRET-2",)),
    }
    told = []
    with serving(lambda call: table[call.path.partition("?")[0]]) as url:
        for path in table:
            with pytest.raises((UnavailableError, InvalidError)) as error:
                fetcher().fetch(f"http://me:SECRET-0@a.example:{port_of(url)}{path}?token=SECRET-1&size=3")
            told.append(str(error.value))
    with pytest.raises(UnavailableError) as closed:
        fetcher().fetch(f"http://a.example:{port_of(url)}/?token=SECRET-1&size=3")

    assert all("token=***&size=3" in text and "SECRET" not in text for text in [*told, str(closed.value)]), told


@pytest.mark.parametrize("url", ["http://2130706433/", "http://0x7f.1/", "http://017700000001/", "file:///etc/passwd"])
def test_disguises_are_refused(url):
    """Numbers in disguise and other schemes do not pass even where private networks are open."""
    with pytest.raises(ForbiddenError):
        fetcher().fetch(url)


def test_hosts_that_are_not_allowed_are_not_resolved():
    """The list of hosts is asked first; none are allowed by default."""
    names = Names(("127.0.0.1",))

    for policy in (FetchPolicy(), FetchPolicy(hosts=("good.example",))):
        with pytest.raises(ForbiddenError, match="host"):
            fetcher(policy, names).fetch("http://evil.example/")
    with pytest.raises(InvalidError):
        fetcher().fetch("camera")
    assert not names.asked


def redirect(place: str, status: str = "302 Found") -> bytes:
    return answer(b"", status, (f"Location: {place}",))


def test_redirects_are_followed_and_each_is_checked():
    """A relative redirect is followed; one to a host, a scheme or a network that is not allowed is not."""
    table = {
        "GET /1": redirect("/2"),
        "GET /2": redirect("/3", "308 Permanent Redirect"),
        "GET /3": answer(b"end"),
        "GET /evil": redirect("http://evil.example/"),
        "GET /file": redirect("file:///etc/passwd"),
        "GET /meta": redirect("http://169.254.169.254/latest/"),
        "GET /hidden": redirect("http://2852039166/"),
        "GET /round": redirect("/round"),
    }
    with serving(paths(table)) as url:
        base = f"http://camera.example:{port_of(url)}"
        here = fetcher(FetchPolicy(hosts=("camera.example",), private=True, redirects=3))
        found = here.fetch(base + "/1")

        assert (found.url, found.body) == (base + "/3", b"end")
        for path in ("/evil", "/file", "/meta", "/hidden"):
            with pytest.raises(ForbiddenError):
                here.fetch(base + path)
        with pytest.raises(UnavailableError, match="more than 3 times"):
            here.fetch(base + "/round")


def test_a_redirect_to_an_inner_network_is_refused_by_its_address():
    """The second name is judged like the first, though every host is allowed."""
    with serving(Canned(b"", "302 Found", ("Location: http://inner.example/",))) as url:
        names = Names(("127.0.0.1",), ("224.0.0.1",))
        with pytest.raises(ForbiddenError, match="multicast"):
            fetcher(names=names).fetch(f"http://camera.example:{port_of(url)}/")


def test_logins_stay_with_their_host():
    """Authorization and headers of the caller's own do not follow a redirect to another host."""
    seen: list[dict[str, str]] = []

    def other(call: Call) -> bytes:
        seen.append({name.lower(): value for name, value in call.headers.items()})
        return answer(b"ok")

    with serving(other) as second:
        place = f"http://b.example:{port_of(second)}/"
        with serving(Canned(b"", "307 Temporary Redirect", (f"Location: {place}",))) as first:
            base = f"n:p@a.example:{port_of(first)}/"
            fetcher().fetch(f"http://{base}")
            fetcher().post(f"http://{base}", b"{}", "application/json", {"Authorization": "Bearer s", "X-Own": "s"})

    assert len(seen) == 2
    for headers in seen:
        assert not {"authorization", "x-own", "cookie"} & headers.keys()
    assert seen[1]["content-type"] == "application/json"


def test_a_webhook_gets_its_body():
    """POST sends body, type and headers; a redirect that would turn it into a GET is an error."""
    seen: list[Call] = []

    def behave(call: Call) -> bytes:
        seen.append(call)
        return redirect("/x") if call.path == "/moved" else answer(b"thanks")

    with serving(behave) as url:
        base = f"http://hook.example:{port_of(url)}"
        found = fetcher().post(base + "/", b'{"a":1}', "application/json", {"X-Own": "s"})
        with pytest.raises(UnavailableError, match="302"):
            fetcher().post(base + "/moved", b"", "text/plain")

    assert found.body == b"thanks"
    assert (seen[0].method, json.loads(seen[0].body)) == ("POST", {"a": 1})
    assert [call.path for call in seen] == ["/", "/moved"]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_packed_bodies_are_unpacked_within_the_limit(coding):
    """What is packed comes out as it was; a bomb is refused without being held."""
    pack = gzip.compress if coding == "gzip" else zlib.compress
    with serving(Canned(pack(b"a" * 100_000), headers=(f"Content-Encoding: {coding}",))) as url:
        assert fetcher().fetch(f"http://a.example:{port_of(url)}/").body == b"a" * 100_000
    bomb = Canned(pack(b"a" * 50_000_000), headers=(f"Content-Encoding: {coding}",))
    with serving(bomb) as url, pytest.raises(TooLargeError):
        fetcher().fetch(f"http://a.example:{port_of(url)}/")


@pytest.mark.parametrize(
    "data",
    [
        answer(b"a" * 100_001),
        answer(b"", length=10**12),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"ffff\r\n" + b"a" * 65535 + b"\r\n") * 2,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 100_001,
    ],
)
def test_large_bodies_are_refused(data):
    """By their length, in chunks, or until the end of the connection: beyond the limit nothing is kept."""
    with serving(lambda call: data) as url, pytest.raises(TooLargeError, match="100000 bytes"):
        fetcher().fetch(f"http://a.example:{port_of(url)}/")


@pytest.mark.parametrize(
    "data",
    [
        answer(b"", "404 Not Found"),
        answer(b"", "500 Internal Server Error"),
        answer(b"abc", length=10),
        answer(b"abc", headers=("Content-Encoding: br",)),
        answer(b"abc", headers=("Content-Encoding: gzip",)),
        answer(gzip.compress(b"a" * 1000, mtime=0)[:-9], headers=("Content-Encoding: gzip",)),
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        None,
    ],
)
def test_answers_that_are_none_are_told(data):
    """Errors, halves, unknown packing, garbage and nothing at all are one kind of error, without the login."""

    def behave(call: Call) -> None:
        call.socket.sendall(data or b"")

    with serving(behave) as url, pytest.raises(UnavailableError) as error:
        fetcher().fetch(f"http://user:pass@a.example:{port_of(url)}/")

    assert "pass" not in str(error.value)


def test_who_does_not_answer_in_time_is_left():
    """The time limit is for all of it: silence, and a head or body that drips, end by it."""
    quick = FetchPolicy(hosts=("*",), private=True, timeout_s=0.3)

    def drip(call: Call) -> bytes | None:
        try:
            call.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                call.socket.sendall(b"a")
                call.socket.settimeout(0.01)
                try:
                    if not call.socket.recv(1):
                        return None
                except TimeoutError:
                    continue
        except OSError:
            return None

    with serving(drip) as url, pytest.raises(DeadlineError, match=r"0\.3 s"):
        fetcher(quick).fetch(f"http://a.example:{port_of(url)}/")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(DeadlineError, match=r"0\.2 s"):
            fetcher(quick).fetch(f"http://a.example:{port}/", within_s=0.2)


def test_names_without_address_and_closed_ports_are_told():
    """Nobody there is an error of the surroundings."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(UnavailableError, match="cannot be reached"):
        fetcher().fetch(f"http://a.example:{port}/")
    with pytest.raises(UnavailableError, match="not known"):
        fetcher(names=Names(())).fetch("http://a.example/")
    with pytest.raises(UnavailableError, match="not known"):
        Fetcher(LOCAL, SystemClock()).fetch("http://no.such.host.invalid/")
    assert "127.0.0.1" in SystemResolver().resolve("localhost", 80, 10.0)


def test_the_next_address_is_tried():
    """Of several allowed addresses the first that answers is used."""
    with serving(Canned(b"ok")) as url:
        port = port_of(url)
        found = fetcher(names=Names(("127.0.0.9", "127.0.0.1"))).fetch(f"http://a.example:{port}/")

    assert found.body == b"ok"


def test_certificates_bear_the_name_that_was_asked_for(tmp_path: Path):
    """TLS goes to the checked address with the name of the host; a certificate of another name is refused."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("camera.example").configure_cert(server)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with serving(Canned(b"safe"), context=server) as url:
        port = port_of(url)
        trusting = fetcher(tls=lambda: ssl.create_default_context(cafile=tmp_path / "ca.pem"))

        assert trusting.fetch(f"https://camera.example:{port}/").body == b"safe"
        with pytest.raises(UnavailableError, match="not trusted"):
            trusting.fetch(f"https://other.example:{port}/")
        with pytest.raises(UnavailableError, match="not trusted"):
            fetcher().fetch(f"https://camera.example:{port}/")
