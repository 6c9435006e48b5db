"""A thread that writes lines to a file descriptor, so that a full disk or a terminal that is not read holds nobody up.

    put (any thread) -> at most MOST_WAITING events -> the thread: lines -> one write for all that wait

What cannot be written is dropped and counted; the next line that can be written tells how many were lost.
"""

from __future__ import annotations

import os
import select
import threading
from queue import Empty, SimpleQueue

from vedette.adapters.logs.line import Event, Line
from vedette.clock import Clock

MOST_WAITING = 10_000
_AT_ONCE = 256
_CLOSE_S = 2.0


class LineWriter:
    """Begins at once; `descriptor` stays the caller's."""

    def __init__(self, descriptor: int, line: Line, clock: Clock, most: int = MOST_WAITING) -> None:
        self._descriptor, self._line, self._clock, self._most = descriptor, line, clock, most
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._dropped = self._told = 0
        self._torn = False
        self._thread = threading.Thread(target=self._work, name="vedette-log", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Events that were not written, so far."""
        return self._dropped

    def put(self, event: Event) -> None:
        """Write it soon; never waits."""
        if self._queue.qsize() >= self._most:
            self._drop(1)
        else:
            self._queue.put(event)

    def close(self, timeout_s: float = _CLOSE_S) -> bool:
        """Write what waits, and end; whether that was done in time."""
        self._queue.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (event := self._queue.get()) is not None:
            events, ended = self._waiting(event)
            self._write(events)
            if ended:
                return

    def _waiting(self, first: Event) -> tuple[list[Event], bool]:
        events = [first]
        try:
            while len(events) < _AT_ONCE:
                event = self._queue.get_nowait()
                if event is None:
                    return events, True
                events.append(event)
        except Empty:
            pass
        return events, False

    def _write(self, events: list[Event]) -> None:
        lines, dropped = [self._written(event) for event in events], self._dropped
        if dropped > self._told:
            lost: dict[str, str | int] = {"count": dropped - self._told, "reason": "they could not be written in time"}
            lines.insert(0, self._line(Event(self._clock.wall(), "WARNING", "lines_dropped", lost)))
        try:
            self._write_all((b"\n" if self._torn else b"") + b"".join(lines))
        except OSError:  # a full disk, a reader that has gone: there is nowhere to tell it
            self._drop(len(events))
        else:
            self._told, self._torn = dropped, False

    def _written(self, event: Event) -> bytes:
        try:
            return self._line(event)
        except Exception as error:  # noqa: BLE001 - a value that cannot be shown must not end the log
            fields = {"logged": event.name, "reason": type(error).__name__}
            return self._line(Event(event.time, "ERROR", "line_failed", fields))

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
                self._torn = bool(rest)
            except BlockingIOError:
                select.select([], [self._descriptor], [])

    def _drop(self, events: int) -> None:
        with self._lock:
            self._dropped += events
