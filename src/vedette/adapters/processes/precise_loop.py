"""An event loop whose timers are exact to some ten microseconds.

asyncio's own loop waits in whole milliseconds, because epoll does: a request that is due in 0.3 ms would go out 0.7 ms
late. Here the wait is `select` on the one descriptor of epoll, which takes microseconds; epoll then tells what is
ready. Where there is no epoll, the loop is asyncio's.
"""

from __future__ import annotations

import asyncio
import select
import selectors

Ready = list[tuple[selectors.SelectorKey, int]]

_MOST_DESCRIPTOR = 1023
"""The largest number of a descriptor that `select` takes."""


def precise_loop() -> asyncio.AbstractEventLoop:
    """A loop with exact timers where the system has them."""
    if hasattr(selectors, "EpollSelector"):
        return asyncio.SelectorEventLoop(_PreciseSelector())
    return asyncio.SelectorEventLoop()


class _PreciseSelector(selectors.EpollSelector):
    """Epoll that waits in microseconds."""

    def __init__(self) -> None:
        super().__init__()
        self._watched = [self.fileno()]
        self._exact = self.fileno() <= _MOST_DESCRIPTOR

    def select(self, timeout: float | None = None) -> Ready:
        """See `selectors.BaseSelector.select`."""
        if not self._exact or timeout is None or timeout <= 0:
            return super().select(timeout)
        try:
            ready, _, _ = select.select(self._watched, (), (), timeout)
        except InterruptedError:
            return []
        return super().select(0) if ready else []
