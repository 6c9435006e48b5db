"""Who is asking, and may they: the keys of the server, for HTTP headers and gRPC metadata alike.

    Authorization: Bearer SECRET   or   X-API-Key: SECRET   ->   name of the key

It knows no request, route or transport: it takes headers and the right that an endpoint asks for. One event loop uses
it; it has no lock.
"""

from __future__ import annotations

from collections.abc import Mapping

from vedette.clock import Clock
from vedette.errors import OverloadedError, UnauthenticatedError
from vedette.rules.access.origin import demand_own_page
from vedette.rules.access.rate import Bucket, full, take
from vedette.rules.access.rights import demand, known
from vedette.values.serving import Key, Right

_HELP = "send `Authorization: Bearer SECRET` or `X-API-Key: SECRET` with a secret of `vedette keys new`"
_NS = 1e-9
_LONGEST_SECRET = 512


class Guard:
    """Lets callers in.

    Args:
        keys: that are known; none: everybody may do everything.
        clock: for rates.
        local: the server has no keys and listens on loopback only; requests that pages of other sites send from a
            browser on this machine are refused then.
    """

    def __init__(self, keys: tuple[Key, ...], clock: Clock, *, local: bool = False) -> None:
        assert not (keys and local)
        self._keys, self._clock, self._local = keys, clock, local
        now_ns = clock.now_ns()
        self._buckets: dict[str, Bucket] = {key.name: full(key.rate, now_ns) for key in keys if key.rate is not None}

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        """The name of the caller's key; empty where none is asked for.

        Args:
            headers: by names in small letters.
            peer: address of the caller. It decides nothing: secrets of 256 random bits are not found by trying, and a
                limit on wrong ones would shut out everybody behind the same proxy.
            right: that the endpoint asks for; None: it is open.

        Raises:
            UnauthenticatedError: no key, or one that is not known.
            ForbiddenError: the key has not this right; or a page of another site asks a local server.
            OverloadedError: the key asks more often than its rate.
        """
        del peer
        if self._local:
            demand_own_page(headers, document=right is None)
        if not self._keys or right is None:
            return ""
        key = self._key(headers)
        demand(key, right)
        self._count(key)
        return key.name

    def _key(self, headers: Mapping[str, str]) -> Key:
        secret = _secret(headers)
        if not secret:
            raise UnauthenticatedError("this server asks for a key", help=_HELP)
        key = known(secret[:_LONGEST_SECRET], self._keys)
        if key is None:
            raise UnauthenticatedError("this key is not known", help=_HELP)
        return key

    def _count(self, key: Key) -> None:
        if key.rate is None:
            return
        self._buckets[key.name], wait_ns = take(self._buckets[key.name], key.rate, self._clock.now_ns())
        if wait_ns:
            raise OverloadedError(
                f"key {key.name!r} asks more than {key.rate:g} times a second",
                help="ask less often, or the operator raises the rate of this key in vedette.yaml",
                retry_after_s=wait_ns * _NS,
            )


def _secret(headers: Mapping[str, str]) -> str:
    scheme, _, secret = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return headers.get("x-api-key", "").strip()
