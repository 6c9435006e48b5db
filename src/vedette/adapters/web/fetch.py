"""GET and POST to addresses that callers name, without letting them reach what the operator did not allow (SSRF).

    text -> parsed once -> scheme, host, port allowed? -> resolved once -> EVERY address allowed?
         -> connected to one of the addresses that were checked -> 3xx: the same from the start, a few times

The name is not resolved again between the check and the connection, so a resolver that answers twice gains nothing;
TLS and the header Host keep the name. No proxy, no cookie, no login that another host gave.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vedette.adapters.web.body import read_answer
from vedette.adapters.web.line import Deadline, Line, Resolver, connect
from vedette.adapters.web.resolver import SystemResolver
from vedette.clock import Clock
from vedette.errors import UnavailableError
from vedette.rules.access.addresses import WebAddress, demand_allowed, follow, is_literal, parse_address
from vedette.rules.access.networks import demand_reachable
from vedette.values.serving import FetchPolicy

_OK, _REDIRECT = 200, 300
_KEEPS_METHOD = (307, 308)
_GETS = (301, 302, 303)
_RETRY = "try again later, or check the address"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: the address that gave it (after redirects, without login), its media type, its body."""

    url: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Order:
    """What is sent: the method, and for POST its body and headers."""

    method: str
    headers: Mapping[str, str]
    body: bytes = b""


class Fetcher:
    """Fetches and posts within a policy; safe to share among threads, blocks the one that calls.

    Args:
        policy: what the operator allows.
        clock: measures the time limit.
        resolver: names to addresses.
        tls: makes the settings of TLS when they are first needed.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        clock: Clock,
        resolver: Resolver | None = None,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._policy, self._clock = policy, clock
        self._resolver = resolver or SystemResolver()
        self._make_tls, self._tls = tls, None
        self._lock = threading.Lock()

    _tls: ssl.SSLContext | None

    def check(self, url: str) -> None:
        """Let an address pass whose scheme, host and port are allowed; it is not resolved yet.

        Raises:
            InvalidError, ForbiddenError: as `fetch`.
        """
        address = parse_address(url)
        demand_allowed(address, self._policy)
        if is_literal(address.host):
            demand_reachable(address.host, address.host, private=self._policy.private)

    def fetch(self, url: str, within_s: float | None = None) -> Fetched:
        """The body behind an address.

        Args:
            url: http or https; a name and password in it log in at this host only.
            within_s: time for all of it, where that is less than the policy's.

        Raises:
            InvalidError: no address.
            ForbiddenError: not allowed; the message names the rule, the help what allows it.
            UnavailableError: no answer, or one that says no.
            TooLargeError: beyond `max_bytes`.
            DeadlineError: not in time.
        """
        return self._send(url, _Order("GET", {"Accept-Encoding": "gzip, deflate"}), within_s)

    def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        within_s: float | None = None,
    ) -> Fetched:
        """Call a webhook; `headers` (such as Authorization) go to the first host only.

        A redirect is followed where it keeps method and body (307, 308).

        Raises:
            InvalidError, ForbiddenError, UnavailableError, TooLargeError, DeadlineError: as `fetch`.
        """
        return self._send(url, _Order("POST", {"Content-Type": content_type, **(headers or {})}, body), within_s)

    def _send(self, url: str, order: _Order, within_s: float | None) -> Fetched:
        limit_s = self._policy.timeout_s
        deadline = Deadline(self._clock, limit_s if within_s is None else min(limit_s, within_s))
        first = address = parse_address(url)
        for _ in range(self._policy.redirects + 1):
            found = self._once(address, order, deadline, trusted=_same(first, address))
            if isinstance(found, Fetched):
                return found
            address = found
        raise UnavailableError(
            f"{first.shown} leads on more than {self._policy.redirects} times",
            help="give the address at the end, or the operator raises `fetch: redirects` of vedette.yaml",
        )

    def _once(self, address: WebAddress, order: _Order, deadline: Deadline, *, trusted: bool) -> Fetched | WebAddress:
        """The answer of one address, or the address that it leads to."""
        demand_allowed(address, self._policy)
        line = self._connect(address, self._checked(address, deadline), deadline)
        connection = http.client.HTTPConnection(address.host, address.port)
        connection.sock = line
        try:
            connection.request(
                order.method, address.target, order.body or None, _headers(address, order, trusted=trusted)
            )
            answer = connection.getresponse()
            return self._answered(address, order, answer)
        except (OSError, http.client.HTTPException) as error:
            raise UnavailableError(f"{address.shown} broke off: {_reason(error)}", help=_RETRY) from None
        finally:
            connection.close()
            line.end()

    def _answered(self, address: WebAddress, order: _Order, answer: http.client.HTTPResponse) -> Fetched | WebAddress:
        location = answer.getheader("Location")
        if location and (answer.status in _KEEPS_METHOD or (answer.status in _GETS and order.method == "GET")):
            return follow(address, location)
        if not _OK <= answer.status < _REDIRECT:
            reason = http.client.responses.get(answer.status, "")
            raise UnavailableError(f"{address.shown} answered {answer.status} {reason}".rstrip(), help=_RETRY)
        body = read_answer(answer, self._policy.max_bytes)
        return Fetched(address.url, answer.getheader("Content-Type") or "", body)

    def _checked(self, address: WebAddress, deadline: Deadline) -> tuple[str, ...]:
        """The numeric addresses of a host, all of which are allowed."""
        found: tuple[str, ...] = (address.host,)
        if not is_literal(address.host):
            try:
                found = self._resolver.resolve(address.host, address.port, deadline.left_s())
            except TimeoutError:
                raise deadline.passed() from None
            except OSError:
                found = ()
        if not found:
            raise UnavailableError(f"the host {address.host!r} is not known", help="check the address")
        for numeric in found:
            demand_reachable(numeric, address.host, private=self._policy.private)
        return found

    def _connect(self, address: WebAddress, numeric: tuple[str, ...], deadline: Deadline) -> Line:
        tls = (self._context(), address.host) if address.scheme == "https" else None
        reason = ""
        for candidate in numeric:
            try:
                return connect(candidate, address.port, deadline, tls)
            except OSError as error:
                reason = _reason(error)
        raise UnavailableError(f"{address.shown} cannot be reached: {reason}", help=_RETRY)

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = self._make_tls()
            return self._tls


def _headers(address: WebAddress, order: _Order, *, trusted: bool) -> dict[str, str]:
    """Headers of a request; those of the caller's own go to the host that the caller named, and to no other."""
    own = dict(order.headers)
    if not trusted:
        own = {name: value for name, value in own.items() if name.lower() in ("accept-encoding", "content-type")}
    if address.login is not None:
        own["Authorization"] = f"Basic {address.login}"
    return {"Host": address.authority, "User-Agent": "vedette", "Connection": "close", **own}


def _same(one: WebAddress, other: WebAddress) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__
