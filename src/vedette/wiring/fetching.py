"""What a server fetches and posts by itself, as far as the operator allows: inputs by their address, and webhooks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vedette.clock import Clock
from vedette.values.serving import FetchPolicy

if TYPE_CHECKING:
    from vedette.adapters.web.fetch import Fetched, Fetcher


class ServerFetcher:
    """A `Fetcher` that is made at its first address, so that a start without one is spared it. Threads may share it."""

    def __init__(self, policy: FetchPolicy, clock: Clock) -> None:
        self._policy, self._clock = policy, clock
        self._made: Fetcher | None = None
        self._lock = threading.Lock()

    def upload(self, url: str) -> tuple[str, bytes]:
        """See `Fetch` of the uploads."""
        fetched = self.fetch(url)
        return fetched.url, fetched.body

    def check(self, url: str) -> None:
        """See `Fetcher.check`."""
        self._fetcher().check(url)

    def fetch(self, url: str) -> Fetched:
        """See `Fetcher.fetch`."""
        return self._fetcher().fetch(url)

    def post(self, url: str, body: bytes, content_type: str) -> Fetched:
        """See `Fetcher.post`."""
        return self._fetcher().post(url, body, content_type)

    def _fetcher(self) -> Fetcher:
        with self._lock:
            if self._made is None:
                from vedette.adapters.web.fetch import Fetcher

                self._made = Fetcher(self._policy, self._clock)
            return self._made
