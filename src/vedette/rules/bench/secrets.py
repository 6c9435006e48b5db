"""What is sent with requests and must not be recorded, not even where a server says it back."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from vedette.errors import UsageError

HIDDEN = "***"
_SHORTEST = 3


def secrets_of(headers: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Every form in which the values of headers may come back: whole, their words, a login decoded, percent-encoded."""
    found: set[str] = set()
    for _, value in headers:
        words = value.split()
        found.update((value, *words))
        if len(words) > 1 and words[0].lower() == "basic":
            login = _decoded(words[1])
            found.update((login, *login.split(":", 1)))
    found.update(quote(each, safe="") for each in tuple(found))
    kept = (each for each in found if len(each) >= _SHORTEST and each.lower() not in ("basic", "bearer"))
    return tuple(sorted(kept, key=len, reverse=True))


def without(text: str, secrets: Sequence[str]) -> str:
    """A text with each secret replaced by three stars; the longest first."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def shown_address(url: str) -> str:
    """An address as it may be recorded: without login and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def check_metrics_url(url: str) -> str:
    """The address of a server's own metrics.

    Raises:
        UsageError: it is none of http or https.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{url!r} is no address of metrics", help="write one as http://127.0.0.1:8002/metrics")
    return url


def _decoded(text: str) -> str:
    try:
        return b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""
