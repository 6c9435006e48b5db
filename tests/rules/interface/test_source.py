"""What PUT /input names."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidError, UnsupportedError, VedetteError
from vedette.rules.interface.source import Kind, read_address, source_of


@pytest.mark.parametrize(
    "body",
    [b"/photos/cat.jpg", b"  /photos/cat.jpg\r\n", b'"/photos/cat.jpg"', b'{"url": "/photos/cat.jpg"}'],
)
def test_the_three_forms(body: bytes) -> None:
    """Bare text, a JSON string and an object with the key url name the same."""
    assert read_address(body) == "/photos/cat.jpg"


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).filter(lambda text: text[0] not in '"{['))
def test_json_forms_agree_with_bare_text(address: str) -> None:
    """Whatever is named, the forms agree."""
    if address in ("null", "true", "false"):
        return
    bare = read_address(address.encode())

    assert bare == read_address(json.dumps(address).encode()) == read_address(json.dumps({"url": address}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"", b"  ", b"{}", b"[]", b"null", b'{"url": 7}', b'{"url": "/a", "x": 1}', b'{"url"', b'""', b'"a\\u0000b"',
        b"/a\nb", b"\xff\xfe", b"[" * 100_000, b"/" + b"x" * 9000, b'"\\ud800"',
    ],
)  # fmt: skip
def test_bodies_that_name_nothing(body: bytes) -> None:
    """Everything else is refused, and the next step tells the forms."""
    with pytest.raises(InvalidError) as refused:
        read_address(body)

    assert refused.value.help


@pytest.mark.parametrize(
    ("address", "kind", "place"),
    [
        ("/photos/cat.jpg", Kind.FILE, "/photos/cat.jpg"),
        ("file:///photos/b%C3%A4r%20%3F.jpg", Kind.FILE, "/photos/bär ?.jpg"),
        ("FILE://localhost/a", Kind.FILE, "/a"),
        ("file:/a", Kind.FILE, "/a"),
        ("/photos/50%25.jpg", Kind.FILE, "/photos/50%25.jpg"),
        ("/photos/*.jpg", Kind.FILE, "/photos/*.jpg"),
        ("https://host/a.jpg?x=1", Kind.HTTP, "https://host/a.jpg?x=1"),
        ("HTTP://host/a", Kind.HTTP, "HTTP://host/a"),
        ("synthetic://64x64", Kind.SYNTHETIC, "synthetic://64x64"),
    ],
)
def test_kinds(address: str, kind: Kind, place: str) -> None:
    """Paths are percent-decoded once in file addresses and never when they are bare."""
    named = source_of(address)

    assert (named.kind, named.place) == (kind, place)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("rtsp://camera/1", UnsupportedError),
        ("kafka://broker/topic", UnsupportedError),
        ("gopher://host/", UnsupportedError),
        ("https://host/film.mp4", UnsupportedError),
        ("cat.jpg", InvalidError),
        ("-", InvalidError),
        ("photos/../../etc", InvalidError),
        ("/photos/../etc/passwd", InvalidError),
        ("file:///photos/%2e%2e/etc/passwd", InvalidError),
        ("file:///photos/..%2fetc", InvalidError),
        ("file:///photos/%00", InvalidError),
        ("file:///a%0ab", InvalidError),
        ("file://server/share/a.jpg", InvalidError),
        ("http://[::1", InvalidError),
    ],
)
def test_refused_addresses(address: str, error: type[VedetteError]) -> None:
    """What is not read, and what no path can be, is refused."""
    with pytest.raises(error):
        source_of(address)


@given(st.binary(max_size=60))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    """No body breaks it: it gives a kind, or an error of Vedette's own."""
    with suppress(InvalidError, UnsupportedError):
        assert source_of(read_address(body)).kind in Kind
