"""What the address of an input means in a server: a file below an allowed folder, a fetched image, or made images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vedette.adapters.sources.allowed import AllowedFiles
from vedette.errors import VedetteError
from vedette.flows.interface.reading import Opened
from vedette.rules.access.masked import masked
from vedette.rules.interface.source import Kind, source_of
from vedette.rules.vision.header import check_pixels
from vedette.values.frame import Frame, Reject

if TYPE_CHECKING:
    from vedette.adapters.sources.synthetic import SyntheticSource


class Page(Protocol):
    """What was fetched."""

    @property
    def url(self) -> str:
        """Where it was, without login."""

    @property
    def body(self) -> bytes:
        """The bytes."""


class Fetcher(Protocol):
    """Fetches what the operator allows."""

    def check(self, url: str) -> None:
        """Raise a ForbiddenError or InvalidError if an address may not be fetched, as far as its text tells."""

    def fetch(self, url: str) -> Page:
        """What is there; blocks.

        Raises:
            ForbiddenError: it may not be fetched.
            VedetteError: it cannot be had.
        """


@dataclass(frozen=True, slots=True)
class FetchedSource:
    """The image at one address."""

    url: str
    fetcher: Fetcher

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        item: Frame | Reject
        try:
            page = self.fetcher.fetch(self.url)
            item = Frame(masked(page.url), page.body)
        except VedetteError as error:
            item = Reject(masked(self.url), error.kind, error.message, error.help)
        yield item


@dataclass(frozen=True, slots=True)
class AddressedSources:
    """Fulfils the port `Endpoints` of `flows/interface`; `pixels` is how many an image that is made may have."""

    files: AllowedFiles
    fetcher: Fetcher
    pixels: int

    def check(self, address: str) -> None:
        """See `Endpoints.check`."""
        named = source_of(address)
        if named.kind is Kind.FILE:
            self.files.check(named.place)
        elif named.kind is Kind.HTTP:
            self.fetcher.check(named.place)
        else:
            self._made(named.place)

    def open(self, address: str) -> Opened:
        """See `Endpoints.open`."""
        named = source_of(address)
        if named.kind is Kind.FILE:
            return Opened(*self.files.open(named.place))
        if named.kind is Kind.HTTP:
            return Opened(FetchedSource(named.place, self.fetcher), single=True)
        made = self._made(named.place)
        return Opened(made, single=made.number == 1)

    def _made(self, address: str) -> SyntheticSource:
        """The images that are made, refused by their size before one is.

        Raises:
            UsageError: they cannot be meant.
            TooLargeError: they have more pixels than the limit.
        """
        from vedette.adapters.sources.synthetic import parse_synthetic  # few servers make images

        made = parse_synthetic(address)
        check_pixels(made.size, self.pixels)
        return made
