"""How much may be under way at once, from the source to the last sink: a number of images and a number of bytes.

The thread that reads the source waits here; the event loop lets it go on when images have left. Whatever one slow image
holds up behind it is bounded by this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

IN_FLIGHT_BYTES = 256 * 1024 * 1024
"""Encoded (for video: decoded) bytes under way at most, unless a batch needs more."""


class Window:
    """Counts what is under way, `max_images` at most. Bytes do not hold back the first `always`: a batch needs them."""

    def __init__(self, max_images: int, always: int = 1, max_bytes: int = IN_FLIGHT_BYTES) -> None:
        self._max_images, self._always, self._max_bytes = max_images, always, max_bytes
        self._images = 0
        self._bytes = 0
        self._stopped = self._waits = False
        self._changed = threading.Condition()

    @property
    def full(self) -> bool:
        """Whether an image waits to be let in."""
        return self._waits

    def enter(self, size_bytes: int, when_full: Callable[[], None] = lambda: None) -> bool:
        """Wait until there is room for one more image; false when the run has stopped.

        `when_full` is called once before waiting.
        """
        with self._changed:
            if not self._stopped and not self._fits(size_bytes):
                self._waits = True
                when_full()
                self._changed.wait_for(lambda: self._stopped or self._fits(size_bytes))
                self._waits = False
            if self._stopped:
                return False
            self._images += 1
            self._bytes += size_bytes
            return True

    def leave(self, size_bytes: int) -> None:
        """One image has been delivered."""
        with self._changed:
            self._images -= 1
            self._bytes -= size_bytes
            self._changed.notify()

    def stop(self) -> None:
        """Let nothing in any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _fits(self, size_bytes: int) -> bool:
        if self._images < self._always:
            return True
        return self._images < self._max_images and self._bytes + size_bytes <= self._max_bytes
