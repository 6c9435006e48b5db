"""Addresses (URLs) that a caller wants the server to fetch or call: what they say, and whether that is allowed.

    text -> parse_address -> WebAddress -> demand_allowed (scheme, host, port)
         -> [resolver] -> networks.demand_reachable

One reading of the text decides and is used: the host that is checked here is the host that is resolved, connected to
and named in the request. What two readers could read differently is refused: unusual ways to write numbers,
backslashes, white space, escapes in the host. Source: RFC 3986; numbers in hosts as in the URL standard of WHATWG.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from vedette.errors import ForbiddenError, InvalidError
from vedette.rules.access.hosts import allowed
from vedette.rules.access.masked import masked
from vedette.values.serving import FetchPolicy

LONGEST = 8192
"""Signs of an address at most."""

_FORM = "write https://HOST/PATH"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[^\[\]@]*\]|[^:@\[\]]*)(?::([0-9]{0,5}))?")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SAFE = "/?:@!$&'()*+,;=%-._~[]"
_LONGEST_NAME, _LAST_PORT = 253, 65535


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address taken apart.

    Attributes:
        scheme: `http` or `https`.
        host: in small letters, without the dot at the end; international names in ASCII; IPv6 without brackets.
        port: also where the address names none.
        target: path and query as they are sent.
        login: `name:password` as they are sent in Basic form (RFC 7617, base64); None: without.
    """

    scheme: str
    host: str
    port: int
    target: str
    login: str | None = None

    @property
    def authority(self) -> str:
        """Host and port as the header Host says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address without its login. Its query may hold secrets: `shown` is for logs and messages."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def shown(self) -> str:
        """The address without its login and without secrets in its query."""
        return masked(self.url)


def parse_address(text: str) -> WebAddress:
    """What an address says. The fragment is left out.

    Raises:
        InvalidError: it is none.
        ForbiddenError: another scheme than http and https, or a host that is written to mislead.
    """
    if len(text) > LONGEST or _FORBIDDEN.search(text) is not None:
        raise InvalidError("the address is too long, or has a backslash, white space or control signs", help=_FORM)
    found = _SCHEME.match(text)
    if found is None:
        raise InvalidError(f"{_quiet(text)!r} is no address", help=_FORM)
    scheme = found[1].lower()
    if scheme not in _DEFAULT_PORTS:
        raise ForbiddenError(f"addresses of scheme {scheme!r} are not fetched", help=_FORM)
    authority, target = _split(text)
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise InvalidError(f"{_quiet(text)!r} has no readable host", help=_FORM)
    port = int(parts[3]) if parts[3] else _DEFAULT_PORTS[scheme]
    if not 0 < port <= _LAST_PORT:
        raise InvalidError(f"there is no port {port}", help="ports are 1 to 65535")
    return WebAddress(scheme, canonical_host(parts[2]), port, target, _login(parts[1]))


def follow(address: WebAddress, location: str) -> WebAddress:
    """The address that a redirect leads to. A login stays with its scheme, host and port.

    Raises:
        InvalidError: there is none.
        ForbiddenError: as `parse_address`, or https leads to http.
    """
    try:
        found = parse_address(urljoin(address.url, location))
    except ValueError:
        raise InvalidError(
            f"{address.shown} leads to {_quiet(location)[:80]!r}, which is no address", help=_FORM
        ) from None
    if address.scheme == "https" and found.scheme == "http":
        raise ForbiddenError(
            f"{address.shown} leads from https to http, which is not followed", help="take an address that stays https"
        )
    same = (address.scheme, address.host, address.port) == (found.scheme, found.host, found.port)
    login = address.login if same else None
    return WebAddress(found.scheme, found.host, found.port, found.target, login)


def demand_allowed(address: WebAddress, policy: FetchPolicy) -> None:
    """Let an address pass whose scheme, host and port the operator allows; where its name leads is judged later.

    Raises:
        ForbiddenError: it is not allowed; the message names the rule, the help the key of the configuration.
    """
    if address.scheme not in policy.schemes:
        raise ForbiddenError(
            f"addresses of scheme {address.scheme!r} are not allowed here",
            help=f"use {' or '.join(policy.schemes) or 'no address'}, or the operator adds it to `fetch: schemes`",
        )
    if not policy.hosts:
        raise ForbiddenError(
            f"{address.authority} is not fetched: no host is allowed",
            help="send the image itself, or the operator names hosts in `fetch: hosts` of vedette.yaml",
        )
    if not allowed(address.host, address.port, policy.hosts):
        raise ForbiddenError(
            f"{address.host} on port {address.port} is not among the hosts that may be fetched",
            help="send the image itself, or the operator adds HOST or HOST:PORT to `fetch: hosts` of vedette.yaml",
        )


def canonical_host(text: str) -> str:
    """A host in the one form that is compared, resolved and sent.

    Raises:
        InvalidError: it is none.
        ForbiddenError: a number in another form than 192.0.2.1.
    """
    if text.startswith("["):
        return _canonical_v6(text)
    host = _ascii(text).lower().removesuffix(".")
    if _NAME.fullmatch(host) is None or len(host) > _LONGEST_NAME:
        raise InvalidError(f"{text[:80]!r} is no host", help=_FORM)
    if _NUMBER.fullmatch(host.rpartition(".")[2]) is not None:
        _demand_plain(host)
    return host


def _canonical_v6(text: str) -> str:
    try:
        if "%" not in text:  # a zone names a network card of this machine, which is no business of a caller
            return str(IPv6Address(text[1:-1]))
    except ValueError:
        pass
    raise InvalidError(f"{text[:80]!r} is no IPv6 address", help="write http://[2001:db8::1]/")


def _demand_plain(host: str) -> None:
    """Hosts that end in a number are IPv4 addresses for resolvers, in forms that hide them (inet_aton)."""
    try:
        if str(IPv4Address(host)) == host:
            return
    except ValueError:
        pass
    raise ForbiddenError(f"{host!r} is an unusual way to write an IPv4 address", help="write it as 192.0.2.1")


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidError(f"{host[:80]!r} is no host", help=_FORM) from None


def _split(text: str) -> tuple[str, str]:
    """Authority, and path with query, each as it is sent."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InvalidError(f"{_quiet(text)!r} is no address", help=_FORM) from None
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    return parts.netloc, (quote(parts.path, safe=_SAFE) or "/") + query


def _login(text: str | None) -> str | None:
    if not text:
        return None
    login = unquote_to_bytes(text)
    return b64encode(login if b":" in login else login + b":").decode()


def _quiet(text: str) -> str:
    """A text without what may be a login or another secret."""
    return masked(re.sub(r"//[^/?#]*@", "//***@", text))[:200]


def is_literal(host: str) -> bool:
    """Whether a canonical host is a numeric address, which needs no resolver."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
