"""Rows wait for each other until a batch is full. The worker that brings the last one takes the batch and runs it."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from vedette.flows.inference.gather import Piece

BATCH_BYTES = 512 * 1024 * 1024
"""Bytes that wait in one batch at most; beyond, it runs before it is full."""


class Batcher:
    """Fills the batches of one model with rows of one image and of several; may be called by any thread."""

    def __init__(self, size: int, max_bytes: int = BATCH_BYTES) -> None:
        self._size, self._max_bytes = size, max_bytes
        self._waiting: list[Piece] = []
        self._bytes = 0
        self._lock = threading.Lock()

    def offer(self, pieces: Iterable[Piece]) -> list[list[Piece]]:
        """Add some; gives the batches that are now full and must be run by the caller."""
        batches = []
        with self._lock:
            for piece in pieces:
                self._waiting.append(piece)
                self._bytes += piece.size_bytes
                if len(self._waiting) >= self._size or self._bytes >= self._max_bytes:
                    batches.append(self._take())
        return batches

    def flush(self) -> list[Piece]:
        """What still waits, at the end of a stream."""
        with self._lock:
            return self._take()

    def _take(self) -> list[Piece]:
        batch, self._waiting, self._bytes = self._waiting, [], 0
        return batch
