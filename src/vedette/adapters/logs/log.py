"""The log of a server: its logger is set up when it begins, and is as before when it is closed."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import Any

from vedette.adapters.logs.line import LINES, Event, Value
from vedette.adapters.logs.writer import LineWriter
from vedette.clock import Clock
from vedette.flows.inference.ended import Ended
from vedette.values.serving import LogOptions

LOGGER = "vedette"
_FIELDS = "vedette_fields"
_STDERR = 2
_log = logging.getLogger(f"{LOGGER}.requests")


class Log:
    """Lines of the logger "vedette" on a file descriptor; the root logger and those of others are left alone.

    Args:
        options: format, level.
        clock: for the time of each line.
        descriptor: where lines go; stderr.
    """

    def __init__(self, options: LogOptions, clock: Clock, descriptor: int = _STDERR) -> None:
        self._writer = LineWriter(descriptor, LINES[options.format], clock)
        self._handler = _Handler(self._writer, clock)
        self._logger = logging.getLogger(LOGGER)
        self._before = (self._logger.level, self._logger.propagate)
        self._logger.addHandler(self._handler)
        self._logger.setLevel(options.level)
        self._logger.propagate = False

    @property
    def dropped(self) -> int:
        """Lines that could not be written, so far."""
        return self._writer.dropped

    def close(self) -> bool:
        """Write what waits and leave the logger as it was; whether all was written in time."""
        self._logger.removeHandler(self._handler)
        self._logger.setLevel(self._before[0])
        self._logger.propagate = self._before[1]
        return self._writer.close()


class RequestLog:
    """An observer of every door: a line a request if they are wanted, and always for one that the server failed."""

    def __init__(self, options: LogOptions) -> None:
        self._all = options.requests

    def told(self, request: Ended) -> None:
        """One request has ended."""
        if request.failed:
            _tell(logging.ERROR, request)
        elif self._all:
            _tell(logging.INFO, request)


def _tell(level: int, request: Ended) -> None:
    """Log without looking for the line of code that does, which would take longer than the rest."""
    if _log.isEnabledFor(level):
        _log.handle(_log.makeRecord(_log.name, level, "", 0, "request", (), None, extra={_FIELDS: fields_of(request)}))


def fields_of(request: Ended) -> dict[str, Value]:
    """What a line tells of a request; what is empty is left out."""
    fields: dict[str, Value] = {
        "request_id": request.request_id,
        "protocol": request.protocol,
        "method": request.method,
        "route": request.route,
        "path": request.path if request.path != request.route else "",
        "status": request.status,
        "duration_ms": round((request.ended_ns - request.received_ns) / 1e6, 3),
        "key": request.key,
        "peer": request.peer,
        "model": request.model,
        "kind": request.kind,
    }
    return {name: value for name, value in fields.items() if value not in ("", None)}


class _Handler(logging.Handler):
    """Makes an event of each record, in the thread that logs: what it speaks of may have changed later."""

    def __init__(self, writer: LineWriter, clock: Clock) -> None:
        super().__init__()
        self._writer, self._clock = writer, clock

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        try:
            self._writer.put(Event(self._clock.wall(), record.levelname, *_told(record)))
        except Exception:  # noqa: BLE001 - a log that fails must not fail the request
            self.handleError(record)


def _told(record: logging.LogRecord) -> tuple[str, Mapping[str, Value]]:
    """Name and fields of an event; a plain record is a `message` of its logger."""
    given: Any = getattr(record, _FIELDS, None)
    if given is not None:
        return record.getMessage(), given
    fields: dict[str, Value] = {"logger": record.name, "message": record.getMessage()}
    if record.exc_info and record.exc_info[1] is not None:
        fields["exception"] = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
    return "message", fields
