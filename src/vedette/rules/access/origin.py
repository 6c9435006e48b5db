"""Whether a request to a server without keys comes from a page of somebody else.

A server on loopback without keys trusts all that is on its machine, and a browser there runs pages of everybody.
Two headers, which pages cannot forge, tell their requests apart: `Origin` names the page (RFC 6454), which must be the
server's own; `Host` names the server, and a name that is neither the machine's own nor a number was pointed here by a
foreign resolver (DNS rebinding).
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from vedette.errors import ForbiddenError
from vedette.rules.access.networks import is_loopback

_HELP = "use keys (`vedette keys new NAME`), with which requests of other pages are taken"


def demand_own_page(host: str | None, origin: str | None) -> None:
    """Let requests pass that no page of another site sent.

    Args:
        host: the header Host; None: there is none (HTTP/1.0, gRPC).
        origin: the header Origin; None: the caller is no browser, or the page only reads.

    Raises:
        ForbiddenError: another page sent it, or the name of the server is not the machine's own.
    """
    if host is not None and not _is_own(host):
        raise ForbiddenError(f"{host[:80]!r} is no name of this machine", help=f"call http://127.0.0.1, or {_HELP}")
    if origin is not None and _authority(origin) != (host or "").lower():
        raise ForbiddenError(f"a page of {origin[:80]!r} may not use this server", help=_HELP)


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
