"""How much may be under way at once, from the source to the last sink: a number of images and a number of bytes.

The thread that reads the source waits here; the event loop lets it go on when images have left. Whatever one slow image
holds up behind it is bounded by this.
"""

from __future__ import annotations

import threading

IN_FLIGHT_BYTES = 256 * 1024 * 1024
"""Encoded (for video: decoded) bytes under way at most, unless a batch needs more."""


class Window:
    """Counts what is under way, `max_images` at most. Bytes do not hold back the first `always`: a batch needs them."""

    def __init__(self, max_images: int, always: int = 1, max_bytes: int = IN_FLIGHT_BYTES) -> None:
        self._max_images, self._always, self._max_bytes = max_images, always, max_bytes
        self._images = 0
        self._bytes = 0
        self._stopped = False
        self._changed = threading.Condition()

    def enter(self, size_bytes: int) -> bool:
        """Wait until there is room for one more image; false when the run has stopped."""
        with self._changed:
            while not self._stopped and not self._fits(size_bytes):
                self._changed.wait()
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
