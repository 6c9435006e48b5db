"""Which hosts and ports the server may fetch from: the patterns of `fetch: hosts`.

    camera1.example           this name                   any port of its own, see below
    *.cameras.example         names below it, at any depth, not cameras.example itself
    10.0.0.7, [2001:db8::7]   this address
    *                         every host
    camera1.example:554       the same on this port only

A pattern without a port lets 80, 443 and all from 1024 pass: ports below belong to other services (mail, file shares,
remote shells), to which a request must not be smuggled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

from vedette.errors import UsageError

_PATTERN = re.compile(r"(\[[0-9a-f:.]+\]|\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([0-9]{1,5}))?")
_WEB_PORTS = (80, 443)
_FIRST_FREE_PORT, _LAST_PORT = 1024, 65535


@dataclass(frozen=True, slots=True)
class HostPattern:
    """A pattern: a host in its canonical form, `*`, or `*.` and a domain; a port, or None."""

    host: str
    port: int | None

    def matches(self, host: str, port: int) -> bool:
        """Whether a canonical host (IPv6 without brackets) on a port is meant."""
        if self.port is None:
            if port not in _WEB_PORTS and port < _FIRST_FREE_PORT:
                return False
        elif port != self.port:
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:]) and len(host) > len(self.host) - 1
        return self.host in ("*", host)


def parse_pattern(text: str) -> HostPattern:
    """What one entry of `fetch: hosts` says. Capitals and the dot at the end mean nothing.

    Raises:
        UsageError: it is none.
    """
    found = _PATTERN.fullmatch(text.strip().lower().removesuffix("."))
    port = int(found[2]) if found is not None and found[2] else None
    if found is None or (port is not None and not 0 < port <= _LAST_PORT):
        raise UsageError(
            f"fetch.hosts: {text!r} is no pattern of hosts",
            help="write camera1.example, *.cameras.example, 10.0.0.7 or [2001:db8::7], with :PORT for one port only",
        )
    return HostPattern(_canonical(found[1], text), port)


def allowed(host: str, port: int, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means a canonical host on a port."""
    return any(parse_pattern(pattern).matches(host, port) for pattern in patterns)


def _canonical(host: str, text: str) -> str:
    if not host.startswith("["):
        return host
    try:
        return str(IPv6Address(host[1:-1]))
    except ValueError:
        raise UsageError(f"fetch.hosts: {text!r} has no IPv6 address", help="write [2001:db8::7]") from None
