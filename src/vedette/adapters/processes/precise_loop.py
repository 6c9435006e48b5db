"""An event loop whose timers are exact to some ten microseconds.

asyncio's own loop waits in whole milliseconds, because epoll does: a request that is due in 0.3 ms would go out 0.7 ms
late. On Linux a timer file descriptor wakes epoll at the nanosecond that is asked for; elsewhere the loop is asyncio's.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import selectors
import struct

_CLOCK_MONOTONIC = 1
_LEAST_NS = 1


def precise_loop() -> asyncio.AbstractEventLoop:
    """A loop with exact timers where the system has them."""
    libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    if libc is not None and hasattr(libc, "timerfd_create"):
        return asyncio.SelectorEventLoop(_TimerSelector(libc))
    return asyncio.SelectorEventLoop()


class _TimerSelector(selectors.EpollSelector):
    """Epoll that is woken by a timer file descriptor instead of its own timeout."""

    def __init__(self, libc: ctypes.CDLL) -> None:
        super().__init__()
        self._libc = libc
        self._timer = self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._timer < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._key = self.register(self._timer, selectors.EVENT_READ)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See `selectors.BaseSelector.select`."""
        if timeout is None or timeout <= 0:
            return self._without_timer(super().select(timeout))
        self._arm(max(_LEAST_NS, int(timeout * 1e9)))
        return self._without_timer(super().select(None))

    def close(self) -> None:
        """See `selectors.BaseSelector.close`."""
        super().close()
        os.close(self._timer)

    def _arm(self, after_ns: int) -> None:
        seconds, rest = divmod(after_ns, 1_000_000_000)
        when = struct.pack("qqqq", 0, 0, seconds, rest)
        if self._libc.timerfd_settime(self._timer, 0, when, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def _without_timer(self, ready: list[tuple[selectors.SelectorKey, int]]) -> list[tuple[selectors.SelectorKey, int]]:
        found = [(key, mask) for key, mask in ready if key.fd != self._timer]
        if len(found) < len(ready):
            os.read(self._timer, 8)
        return found
