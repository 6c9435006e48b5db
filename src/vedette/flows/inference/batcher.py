"""Rows wait for each other until a batch is full. The worker that brings the last one takes the batch and runs it."""

from __future__ import annotations

import threading

from vedette.flows.inference.gather import Work

BATCH_BYTES = 512 * 1024 * 1024
"""Bytes that wait in one batch at most; beyond, it runs before it is full."""


class Batcher:
    """Fills the batches of one model; may be called by any thread."""

    def __init__(self, size: int, max_bytes: int = BATCH_BYTES) -> None:
        self._size, self._max_bytes = size, max_bytes
        self._waiting: list[Work] = []
        self._bytes = 0
        self._lock = threading.Lock()

    def offer(self, work: Work) -> list[Work]:
        """Add one; gives the batch that is now full and must be run by the caller, or nothing."""
        with self._lock:
            self._waiting.append(work)
            self._bytes += work.size_bytes
            full = len(self._waiting) >= self._size or self._bytes >= self._max_bytes
            return self._take() if full else []

    def flush(self) -> list[Work]:
        """What still waits, at the end of a stream."""
        with self._lock:
            return self._take()

    def _take(self) -> list[Work]:
        batch, self._waiting, self._bytes = self._waiting, [], 0
        return batch
