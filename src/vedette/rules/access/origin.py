"""Whether a request to a server without keys comes from a page of somebody else.

A server on loopback without keys trusts all that is on its machine, and a browser there runs pages of everybody.
Three headers, which pages cannot forge, tell their requests apart. `Origin` names the page (RFC 6454), which must be
the server's own; images, scripts and links are asked for without it. `Sec-Fetch-Site` (Fetch Metadata of W3C) says of
these whether the page is another site's. `Host` names the server, and a name that is neither the machine's own nor a
number was pointed here by a foreign resolver (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from vedette.errors import ForbiddenError
from vedette.rules.access.networks import is_loopback

_OWN_SITES = frozenset({"none", "same-origin"})
"""The user's own hand (address bar, bookmark), and the server's own page; not `same-site`: another port of the host."""

_HELP = "use keys (`vedette keys new NAME`), with which requests of other pages are taken"


def demand_own_page(headers: Mapping[str, str], *, document: bool = False) -> None:
    """Let requests pass that no page of another site sent.

    Args:
        headers: of the request, by names in small letters. Without `host`: HTTP/1.0 or gRPC. Without `origin` and
            `sec-fetch-site`: the caller is no browser.
        document: it asks for something to look at, to which links of other pages may lead.

    Raises:
        ForbiddenError: another page sent it, or the name of the server is not the machine's own.
    """
    host, origin = headers.get("host"), headers.get("origin")
    if host is not None and not _is_own(host):
        raise ForbiddenError(f"{host[:80]!r} is no name of this machine", help=f"call http://127.0.0.1, or {_HELP}")
    if origin is not None and _authority(origin) != (host or "").lower():
        raise ForbiddenError(f"a page of {origin[:80]!r} may not use this server", help=_HELP)
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES and not (document and _is_visit(headers)):
        raise ForbiddenError("a page of another site may not use this server", help=_HELP)


def _is_visit(headers: Mapping[str, str]) -> bool:
    """Whether somebody follows a link to a page of this server, in a tab of its own."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


@lru_cache(maxsize=256)  # callers send few different ones, and many times
def _is_own(host: str) -> bool:
    name = _name(host)
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)


def _name(host: str) -> str:
    """A Host header without port and brackets, in small letters."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
