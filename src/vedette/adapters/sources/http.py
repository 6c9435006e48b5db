"""One image from an http or https address, with limits on waiting, size and redirects. Proxies are not used."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from vedette.adapters.sources.shown import without_login
from vedette.errors import InvalidError, NotFoundError, TooLargeError, UnavailableError, VedetteError
from vedette.values.frame import Frame, Reject

if TYPE_CHECKING:
    import urllib3

BODY_LIMIT = 512 * 1024 * 1024
"""Bytes of one answer at most."""

_CONNECT_S, _READ_S, _REDIRECTS = 5.0, 20.0, 5
_CHUNK = 1 << 20
_CODE = re.compile(r"\[(SSL|Errno)\b[^]]*\] ")
_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_LOCKED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class HttpSource:
    """The image at one address. Name and password in the address log in; they are not shown.

    Attributes:
        url: the address.
        read_s: longest silence of the server in seconds.
        body_limit: bytes at most.
    """

    url: str
    read_s: float = _READ_S
    body_limit: int = BODY_LIMIT

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        name = without_login(self.url)
        item: Frame | Reject
        try:
            item = Frame(name, self._fetch())
        except VedetteError as error:
            item = Reject(name, error.kind, error.message, error.help)
        yield item

    def _fetch(self) -> bytes:
        import urllib3

        timeout = urllib3.Timeout(connect=_CONNECT_S, read=self.read_s)
        retries = urllib3.Retry(connect=1, read=0, redirect=_REDIRECTS, other=0, respect_retry_after_header=False)
        try:
            with urllib3.PoolManager(timeout=timeout, retries=retries) as pool:
                answer = pool.request("GET", self.url, headers=self._headers(), preload_content=False)
                with closing(answer):
                    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                        raise _refusal(answer.status)
                    return self._body(answer)
        except urllib3.exceptions.LocationValueError as error:
            raise InvalidError(
                f"this address cannot be fetched: {_reason(error)}", help="write http://HOST/PATH or https://HOST/PATH"
            ) from None
        except urllib3.exceptions.ProtocolError as error:
            raise UnavailableError(f"the server broke off: {_reason(error)}", help="try again") from None
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(
                f"no answer: {_reason(error)}", help="check the address and the network, or try again later"
            ) from None

    def _headers(self) -> dict[str, str]:
        from urllib3.util import parse_url

        headers = {"User-Agent": "vedette"}
        login = parse_url(self.url).auth
        if login:
            headers["Authorization"] = "Basic " + b64encode(unquote_to_bytes(login)).decode()
        return headers

    def _body(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        chunks, size = [], 0
        for chunk in answer.stream(_CHUNK):
            size += len(chunk)
            if size > self.body_limit:
                raise TooLargeError(
                    f"the answer has more than {self.body_limit} bytes, which is the limit",
                    help="check that the address leads to an image, or download it and convert it",
                )
            chunks.append(chunk)
        return b"".join(chunks)


def _refusal(status: int) -> VedetteError:
    message = f"the server answered {status} {responses.get(status, '')}".rstrip()
    if status in _MISSING:
        return NotFoundError(message, help="check the address")
    if status in _LOCKED:
        return UnavailableError(message, help="log in with http://NAME:PASSWORD@HOST/PATH, or check the address")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnavailableError(message, help="try again later")
    return UnavailableError(message, help="check with a browser that the address leads to an image")


def _reason(error: Exception) -> str:
    """The cause at the bottom of a chain of wrapped errors, without the addresses and objects that lead to it."""
    while isinstance(inner := getattr(error, "reason", None), Exception):
        error = inner
    text = _CODE.sub("", str(error.args[-1]) if error.args else "")
    return without_login(text).rpartition(": ")[2] or type(error).__name__
