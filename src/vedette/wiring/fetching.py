"""What a server fetches by itself: the images that requests name by their address, as far as the operator allows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vedette.clock import Clock
from vedette.values.serving import FetchPolicy

if TYPE_CHECKING:
    from vedette.adapters.web.fetch import Fetcher


class ServerFetch:
    """Implements the port `Fetch`; the client is made at the first address. Safe to share among threads."""

    def __init__(self, policy: FetchPolicy, clock: Clock) -> None:
        self._policy, self._clock = policy, clock
        self._made: Fetcher | None = None
        self._lock = threading.Lock()

    def __call__(self, url: str) -> tuple[str, bytes]:
        """See `Fetch`."""
        fetched = self.fetcher().fetch(url)
        return fetched.url, fetched.body

    def fetcher(self) -> Fetcher:
        """The client."""
        with self._lock:
            if self._made is None:
                from vedette.adapters.web.fetch import Fetcher

                self._made = Fetcher(self._policy, self._clock)
            return self._made
