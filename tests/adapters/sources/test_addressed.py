"""What the address of an input means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import jpeg

from vedette.adapters.sources.addressed import AddressedSources
from vedette.adapters.sources.allowed import AllowedFiles
from vedette.errors import ForbiddenError, TooLargeError, UnavailableError, UnsupportedError, UsageError
from vedette.values.frame import Frame, Reject

RED = jpeg((255, 0, 0))


@dataclass
class Page:
    url: str
    body: bytes


class OneHost:
    """A fetcher that may reach one host, which has one image."""

    def check(self, url: str) -> None:
        if "//allowed/" not in url and "@allowed/" not in url:
            raise ForbiddenError("not allowed", help="fetch: hosts")

    def fetch(self, url: str) -> Page:
        self.check(url)
        if not url.endswith("/cat.jpg"):
            raise UnavailableError("no answer", help="later")
        return Page("http://allowed/cat.jpg", RED)


@pytest.fixture
def sources(tmp_path: Path) -> AddressedSources:
    (tmp_path / "a b.jpg").write_bytes(RED)
    return AddressedSources(AllowedFiles([str(tmp_path)]), OneHost(), pixels=10_000)


def test_each_kind(sources: AddressedSources, tmp_path: Path) -> None:
    """Files, addresses and made images are opened as what they are; nothing is read before a frame is asked for."""
    opened = {
        address: sources.open(address)
        for address in (
            f"file://{tmp_path}/a%20b.jpg",
            str(tmp_path),
            "http://allowed/cat.jpg",
            "synthetic://8x8",
            "synthetic://8x8?count=3",
        )
    }

    assert [one.single for one in opened.values()] == [True, False, True, True, False]
    assert [sum(isinstance(one, Frame) for one in each.source.frames()) for each in opened.values()] == [1, 1, 1, 1, 3]


def test_an_address_that_cannot_be_had(sources: AddressedSources) -> None:
    """It is a Reject without the login of the address."""
    (reject,) = sources.open("http://me:secret@allowed/dog.jpg").source.frames()

    assert isinstance(reject, Reject)
    assert (reject.source, reject.kind) == ("http://me:***@allowed/dog.jpg", "unavailable")


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("/etc/passwd", ForbiddenError),
        ("http://other/cat.jpg", ForbiddenError),
        ("rtsp://allowed/1", UnsupportedError),
        ("synthetic://8", UsageError),
        ("synthetic://101x100", TooLargeError),
    ],
)
def test_checked_before_it_is_opened(sources: AddressedSources, address: str, error: type[Exception]) -> None:
    """What may not be, or cannot be, is known when the address is set."""
    with pytest.raises(error):
        sources.check(address)
