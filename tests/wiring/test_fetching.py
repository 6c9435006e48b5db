"""What a server fetches by itself."""

from __future__ import annotations

import asyncio
import threading

import pytest
from servers import Call, Canned, serving

from vedette.adapters.web.fetch import Fetched
from vedette.clock import SystemClock
from vedette.errors import DeadlineError, OverloadedError
from vedette.values.serving import FetchPolicy
from vedette.wiring.fetching import AT_ONCE, WAITING, ServerFetcher

CLOCK = SystemClock()
LOCAL = FetchPolicy(hosts=("*",), private=True, timeout_s=60.0)


class Hanging(ServerFetcher):
    """Fetches nothing before it is let."""

    def __init__(self) -> None:
        super().__init__(LOCAL, CLOCK)
        self.gate, self.entered = threading.Event(), threading.Semaphore(0)

    def fetch(self, url: str, within_s: float | None = None) -> Fetched:
        self.entered.release()
        assert self.gate.wait(30)
        return Fetched(url, "", b"late")


def test_an_upload_is_shown_without_its_secrets() -> None:
    """Login and secrets of the query reach the host, and nobody who reads the answer."""
    seen: list[str] = []

    def behave(call: Call) -> bytes:
        seen.append(call.path)
        return Canned(b"image")(call)

    with serving(behave) as url:
        address = url.rstrip("/").replace("://", "://me:pw@") + "/a.jpg?token=SECRET"
        name, data = asyncio.run(ServerFetcher(LOCAL, CLOCK).upload(address, None))

    assert (name, data, seen) == (f"{url.rstrip('/')}/a.jpg?token=***", b"image", ["/a.jpg?token=SECRET"])


def test_the_deadline_of_the_request_ends_the_fetch() -> None:
    """A host that does not answer is left at the deadline, not only at the operator's own limit of time."""
    hold = threading.Event()

    def behave(call: Call) -> None:
        hold.wait(30)

    with serving(behave) as url:
        try:
            with pytest.raises(DeadlineError, match="within 0"):
                asyncio.run(ServerFetcher(LOCAL, CLOCK).upload(url, CLOCK.now_ns() + 50_000_000))
        finally:
            hold.set()
    with pytest.raises(DeadlineError, match="before the address was fetched"):
        asyncio.run(ServerFetcher(LOCAL, CLOCK).upload("http://127.0.0.1:9/", CLOCK.now_ns()))


def test_slow_hosts_hold_up_nobody_else() -> None:
    """Uploads have threads of their own, so many that wait for one, and refuse the rest at once."""

    async def run() -> tuple[str, list[bytes]]:
        fetcher = Hanging()
        try:
            uploads = [asyncio.ensure_future(fetcher.upload("u", None)) for _ in range(AT_ONCE + WAITING)]
            for _ in range(AT_ONCE):
                assert await asyncio.to_thread(fetcher.entered.acquire, timeout=30)  # the default threads are free
            with pytest.raises(OverloadedError, match="already"):
                await fetcher.upload("one too many", None)
            gone = uploads.pop()  # its caller leaves while it waits: there is room for another
            gone.cancel()
            await asyncio.wait([gone])
            uploads.append(asyncio.ensure_future(fetcher.upload("u", None)))
            await asyncio.sleep(0)
            waiting = "room" if not uploads[-1].done() else "none"
        finally:
            fetcher.gate.set()
        return waiting, [data for _, data in await asyncio.gather(*uploads)]

    waiting, found = asyncio.run(run())

    assert waiting == "room"
    assert found == [b"late"] * (AT_ONCE + WAITING)
