"""What a server fetches and posts by itself, as far as the operator allows: inputs by their address, and webhooks."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from vedette.clock import Clock
from vedette.errors import DeadlineError, OverloadedError
from vedette.rules.access.masked import masked
from vedette.values.serving import FetchPolicy

if TYPE_CHECKING:
    from vedette.adapters.web.fetch import Fetched, Fetcher

AT_ONCE = 32
"""Uploads by address that are fetched at the same time, in threads of their own: slow hosts hold up nobody else."""

WAITING = 64
"""Uploads by address that wait for one of these threads."""


class ServerFetcher:
    """A `Fetcher` that is made at its first address, so that a start without one is spared it. Threads may share it."""

    def __init__(self, policy: FetchPolicy, clock: Clock) -> None:
        self._policy, self._clock = policy, clock
        self._made: Fetcher | None = None
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(AT_ONCE, "vedette-fetch")  # starts none before it is used
        self._under_way = 0

    async def upload(self, url: str, until_ns: int | None) -> tuple[str, bytes]:
        """See `Fetch` of the uploads.

        Raises:
            OverloadedError: `AT_ONCE` are fetched and `WAITING` wait already.
            VedetteError: as `Fetcher.fetch`.
        """
        with self._lock:
            if self._under_way >= AT_ONCE + WAITING:
                raise OverloadedError(
                    f"{self._under_way} addresses are being fetched already",
                    help="send the image itself, or ask again in a while",
                )
            self._under_way += 1
        pending = self._threads.submit(self._fetch_until, url, until_ns)
        pending.add_done_callback(self._ended)  # not before its thread is free, even if its caller has gone
        fetched = await asyncio.wrap_future(pending)
        return masked(fetched.url), fetched.body

    def check(self, url: str) -> None:
        """See `Fetcher.check`."""
        self._fetcher().check(url)

    def fetch(self, url: str, within_s: float | None = None) -> Fetched:
        """See `Fetcher.fetch`."""
        return self._fetcher().fetch(url, within_s)

    def post(self, url: str, body: bytes, content_type: str) -> Fetched:
        """See `Fetcher.post`."""
        return self._fetcher().post(url, body, content_type)

    def _fetch_until(self, url: str, until_ns: int | None) -> Fetched:
        if until_ns is None:
            return self.fetch(url)
        left_s = (until_ns - self._clock.now_ns()) * 1e-9
        if left_s <= 0:
            raise DeadlineError("the deadline passed before the address was fetched", help="allow more time")
        return self.fetch(url, left_s)

    def _ended(self, pending: Future[Fetched]) -> None:
        del pending
        with self._lock:
            self._under_way -= 1

    def _fetcher(self) -> Fetcher:
        with self._lock:
            if self._made is None:
                from vedette.adapters.web.fetch import Fetcher

                self._made = Fetcher(self._policy, self._clock)
            return self._made
