"""How bodies become images."""

from __future__ import annotations

import asyncio
import json

import pytest
from starlette.requests import Request

from vedette.adapters.http.uploads import Uploads
from vedette.errors import InvalidError, OverloadedError, TooLargeError
from vedette.values.frame import Frame
from vedette.values.serving import Limits


class OneAddress:
    """Fetches 1000 bytes, and remembers until when."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int | None]] = []

    async def __call__(self, url: str, until_ns: int | None) -> tuple[str, bytes]:
        self.asked.append((url, until_ns))
        return "shown", b"x" * 1000


def request(body: bytes, content_type: str) -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


def test_what_is_fetched_is_counted_and_has_the_deadline() -> None:
    """The bytes that hold for a request are its own and those that were fetched for it."""
    fetch, grown = OneAddress(), list[int]()
    body = json.dumps({"url": "http://a/b"}).encode()

    frames = asyncio.run(Uploads(fetch, Limits()).frames(request(body, "application/json"), grown.append, 7))

    assert frames == [Frame("shown", b"x" * 1000)]
    assert sum(grown) == len(body) + 1000
    assert fetch.asked == [("http://a/b", 7)]


def test_no_room_for_what_is_fetched() -> None:
    """What `grow` refuses goes no further."""

    def grow(size_bytes: int) -> None:
        if size_bytes == 1000:
            raise OverloadedError("full", help="later")

    with pytest.raises(OverloadedError, match="full"):
        asyncio.run(Uploads(OneAddress(), Limits()).frames(request(b'{"url": "u"}', "application/json"), grow, None))


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b'{"url": "%s"}' % (b"a" * 65_536), "application/json", TooLargeError),
        (b"url=http://a/b", "application/x-www-form-urlencoded", InvalidError),
        (b"", "application/x-www-form-urlencoded", InvalidError),
        (b"[]", "application/json", InvalidError),
    ],
)
def test_what_brings_no_image_is_refused(body: bytes, content_type: str, error: type[Exception]) -> None:
    """Nothing is fetched for it."""
    fetch = OneAddress()

    with pytest.raises(error):
        asyncio.run(Uploads(fetch, Limits()).frames(request(body, content_type), lambda _: None, None))
    assert not fetch.asked
