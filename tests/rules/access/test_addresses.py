"""Addresses that callers name."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ForbiddenError, InvalidError, VedetteError
from vedette.rules.access.addresses import canonical_host, demand_allowed, follow, is_literal, parse_address
from vedette.values.serving import FetchPolicy


@pytest.mark.parametrize(
    ("text", "url", "host", "port"),
    [
        ("http://Camera.Example/a b".replace(" ", "%20"), "http://camera.example/a%20b", "camera.example", 80),
        ("HTTPS://camera.example.:443", "https://camera.example/", "camera.example", 443),
        ("http://camera.example:8080/x?y=1#z", "http://camera.example:8080/x?y=1", "camera.example", 8080),
        ("http://[2001:DB8::0:1]:81/", "http://[2001:db8::1]:81/", "2001:db8::1", 81),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4", "xn--bcher-kva.example", 80),
        ("http://10.0.0.7/", "http://10.0.0.7/", "10.0.0.7", 80),
        ("http://camera.example:/", "http://camera.example/", "camera.example", 80),
        ("http://camera.example?q", "http://camera.example/?q", "camera.example", 80),
    ],
)
def test_an_address_has_one_form(text, url, host, port):
    """Capitals, dots at the end, default ports, international names and fragments do not make another address."""
    address = parse_address(text)

    assert (address.url, address.host, address.port) == (url, host, port)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.01", "0x7f.0.0.1", "127.0.1",
     "1.2.3.4.5", "256.1.1.1", "a.0x7f", "\uff11\uff12\uff17.1", "127。1", "2130706433."],
)  # fmt: skip
def test_numbers_in_disguise_are_refused(host):
    """Decimal, octal, hexadecimal, short and full-width forms of an IPv4 address are refused."""
    with pytest.raises(ForbiddenError, match="unusual way"):
        parse_address(f"http://{host}/")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://good.example@evil.example/", "evil.example"),
        ("http://good.example:80@evil.example/", "evil.example"),
        ("http://good.example%2F@evil.example/", "evil.example"),
        ("http://evil.example#@good.example/", "evil.example"),
        ("http://evil.example?@good.example/", "evil.example"),
        ("http://evil.example/@good.example", "evil.example"),
    ],
)
def test_the_host_is_what_is_connected_to(text, host):
    """Names in front of `@` and behind `#`, `?` or `/` do not hide the host."""
    assert parse_address(text).host == host
    with pytest.raises(ForbiddenError, match=host):
        demand_allowed(parse_address(text), FetchPolicy(hosts=("good.example",)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "camera.example",
        "//camera.example/",
        "http:///x",
        "http://",
        "http:camera.example",
        "http://a@b@c/",
        "http://a b/",
        "http://a\\@b/",
        "http://good.example\\.evil/",
        "http://a\r\nHost: b/",
        "http://a/\tb",
        "http://a\x00/",
        "http://%61/",
        "http://a%2eb/",
        "http://a..b/",
        "http://.a/",
        "http://a../",
        "http://[::1/",
        "http://[::1%25eth0]/",
        "http://[::1]x/",
        "http://[v1.a]/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:\uff18\uff10/",
        "http://a:b/",
        "http://a,b/",
        "http://*/",
        "http://" + "a" * 64 + "/",
        "http://" + "a" * 9000,
    ],
)
def test_what_readers_could_differ_on_is_no_address(text):
    """Blanks, control signs, backslashes, escapes in the host, empty labels, broken ports and brackets are refused."""
    with pytest.raises(InvalidError):
        parse_address(text)


@pytest.mark.parametrize(
    "text", ["file:///etc/passwd", "gopher://a/", "ftp://a/", "data://a", "unix://a", "jar+http://a/"]
)
def test_other_schemes_are_refused(text):
    """Only http and https are spoken."""
    with pytest.raises(ForbiddenError, match="scheme"):
        parse_address(text)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    """Whatever the text, it is an address with a plain host that reads the same again, or a stated error."""
    try:
        address = parse_address("http://" + text)
    except VedetteError:
        return

    assert address.host.isascii()
    assert address.target.isascii()
    assert parse_address(address.url).url == address.url
    assert (urlsplit(address.url).hostname or "").strip("[]") == address.host


def test_a_login_is_kept_apart():
    """Name and password become Basic of RFC 7617 (its own example) and are not in the address that is shown."""
    address = parse_address("http://Aladdin:open%20sesame@a.example/x")

    assert address.login == "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert address.url == "http://a.example/x"


@pytest.mark.parametrize(
    ("location", "url", "login"),
    [
        ("/b?c", "http://a.example/b?c", True),
        ("b", "http://a.example/x/b", True),
        ("//b.example/", "http://b.example/", False),
        ("http://a.example:8080/", "http://a.example:8080/", False),
        ("https://a.example/", "https://a.example/", False),
    ],
)
def test_a_redirect_keeps_the_login_at_home_only(location, url, login):
    """Relative and absolute places; the login stays with scheme, host and port."""
    found = follow(parse_address("http://n:p@a.example/x/y"), location)

    assert found.url == url
    assert (found.login is not None) is login


@pytest.mark.parametrize("location", ["http://a.example/", "file:///etc/passwd", "http://2130706433/"])
def test_a_redirect_to_less_safety_is_refused(location):
    """From https to http, to other schemes and to hidden numbers nobody is led."""
    with pytest.raises(ForbiddenError):
        follow(parse_address("https://a.example/"), location)


def test_refusals_name_the_key_that_allows():
    """Without hosts, with another host, and with another scheme: each help names its key of the configuration."""
    address = parse_address("http://a.example/")
    for policy, key in (
        (FetchPolicy(), "fetch: hosts"),
        (FetchPolicy(hosts=("b.example",)), "fetch: hosts"),
        (FetchPolicy(hosts=("*",), schemes=("https",)), "fetch: schemes"),
    ):
        with pytest.raises(ForbiddenError) as error:
            demand_allowed(address, policy)
        assert key in error.value.help
    demand_allowed(address, FetchPolicy(hosts=("a.example",)))


def test_literal_addresses_need_no_resolver():
    """Numbers are told from names."""
    assert [is_literal(host) for host in ("10.0.0.7", "::1", "a.example")] == [True, True, False]
    assert canonical_host("A.example.") == "a.example"
