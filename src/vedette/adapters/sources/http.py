"""One image from an http or https address, with limits on time, size and redirects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.values.frame import Frame, Reject

if TYPE_CHECKING:
    import urllib3

BODY_LIMIT = 512 * 1024 * 1024
"""Bytes of one answer at most."""

_CONNECT_S, _READ_S, _REDIRECTS = 5.0, 20.0, 5
_CHUNK = 1 << 20
_FIRST_ERROR_STATUS = 400


@dataclass(frozen=True, slots=True)
class HttpSource:
    """The image at one address. A password in the address is not shown."""

    url: str
    read_s: float = _READ_S
    body_limit: int = BODY_LIMIT

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        import urllib3

        name = self._name()
        timeout = urllib3.Timeout(connect=_CONNECT_S, read=self.read_s)
        retries = urllib3.Retry(connect=1, read=0, redirect=_REDIRECTS, other=0)
        try:
            with urllib3.PoolManager(timeout=timeout, retries=retries) as pool:
                answer = pool.request("GET", self.url, preload_content=False)
                if answer.status >= _FIRST_ERROR_STATUS:
                    yield Reject(name, "unavailable", f"the server answered {answer.status}", "check the address")
                    return
                body = self._body(answer)
        except urllib3.exceptions.HTTPError as error:
            yield Reject(name, "unavailable", f"no answer: {_reason(error)}", "check the address and the network")
            return
        if body is None:
            message = f"the answer has more than {self.body_limit} bytes"
            yield Reject(name, "too_large", message, "fetch it by other means and give the file")
            return
        yield Frame(name, body)

    def _body(self, answer: urllib3.BaseHTTPResponse) -> bytes | None:
        chunks, size = [], 0
        for chunk in answer.stream(_CHUNK):
            size += len(chunk)
            if size > self.body_limit:
                return None
            chunks.append(chunk)
        return b"".join(chunks)

    def _name(self) -> str:
        from urllib3.util import parse_url

        try:
            parts = parse_url(self.url)
        except ValueError:
            return self.url
        return parts._replace(auth="***").url if parts.auth else self.url


def _reason(error: Exception) -> str:
    """The cause at the bottom of a chain of wrapped errors."""
    while (inner := getattr(error, "reason", None)) is not None and isinstance(inner, Exception):
        error = inner
    return str(error).rpartition(": ")[2] or type(error).__name__
