"""The logger "vedette" of a server."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ended import ended

from vedette.adapters.grpc.method import Told as Call
from vedette.adapters.logs.log import Log, RequestLog
from vedette.clock import SystemClock
from vedette.values.serving import LogOptions


@contextmanager
def logged(folder: Path, options: LogOptions) -> Iterator[list[dict[str, Any]]]:
    """What is logged within, once it is over."""
    lines: list[dict[str, Any]] = []
    with (folder / "log").open("wb") as file:
        log = Log(options, SystemClock(), file.fileno())
        try:
            yield lines
        finally:
            assert log.close()
    assert log.dropped == 0
    lines.extend(json.loads(line) for line in (folder / "log").read_text().splitlines())


def test_a_record_of_vedette_is_a_line(tmp_path: Path) -> None:
    """With its logger, its message and the exception; other libraries are not in it."""
    with logged(tmp_path, LogOptions("json")) as lines:
        logging.getLogger("vedette.flows").info("hello %s", "world")
        logging.getLogger("vedette.flows").debug("left out")
        logging.getLogger("another").info("not ours")
        try:
            int("odd")
        except ValueError:
            logging.getLogger("vedette.rules").exception("failed")

    hello, failed = lines
    assert (hello["event"], hello["level"], hello["logger"]) == ("message", "INFO", "vedette.flows")
    assert hello["message"] == "hello world"
    assert failed["message"] == "failed"
    assert failed["exception"].startswith("Traceback")
    assert failed["exception"].endswith("\nValueError: invalid literal for int() with base 10: 'odd'")


def test_the_level_is_the_one_of_the_options(tmp_path: Path) -> None:
    """What is less grave is left out."""
    with logged(tmp_path, LogOptions("json", "WARNING", requests=True)) as lines:
        logging.getLogger("vedette.flows").info("no")
        logging.getLogger("vedette.flows").warning("yes")
        RequestLog(LogOptions(requests=True)).told(ended())

    assert [line["message"] for line in lines] == ["yes"]


def test_a_log_that_is_closed_leaves_the_logger_as_it_was(tmp_path: Path) -> None:
    """And the root logger is never touched."""
    logger, root = logging.getLogger("vedette"), logging.getLogger()
    before = (logger.level, logger.propagate, list(logger.handlers), root.level, list(root.handlers))

    with logged(tmp_path, LogOptions("json", "DEBUG")):
        within = (root.level, list(root.handlers))

    assert within == before[3:]
    assert (logger.level, logger.propagate, list(logger.handlers), root.level, list(root.handlers)) == before


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (True, ["INFO 200", "ERROR 503", "INFO 404", "ERROR INTERNAL", "INFO OK"]),
        (False, ["ERROR 503", "ERROR INTERNAL"]),
    ],
)
def test_requests_are_logged_if_wanted_and_failures_always(
    tmp_path: Path, *, wanted: bool, expected: list[str]
) -> None:
    """A status from 500 on, or a failure of gRPC, is an ERROR."""
    options = LogOptions("json", requests=wanted)
    with logged(tmp_path, options) as lines:
        observer = RequestLog(options)
        for status in (200, 503, 404):
            observer.told(ended(status=status))
        observer.told(Call("a.B/C", "INTERNAL", "r9", "", "", 0, 1_500_000, "internal"))
        observer.told(Call("a.B/C", "OK", "r9", "", "", 0, 1_500_000))

    assert [f"{line['level']} {line['status']}" for line in lines] == expected


def test_a_line_of_a_request_has_its_circumstances(tmp_path: Path) -> None:
    """Id, route, status, duration, key, peer, model and the kind of its error; what is not there is left out."""
    with logged(tmp_path, LogOptions("json", requests=True)) as lines:
        RequestLog(LogOptions(requests=True)).told(ended(status=504, kind="timeout", path="/infer/colour"))
        RequestLog(LogOptions(requests=True)).told(Call("a.B/C", "OK", "r9", "", "", 0, 1_500_000))

    http, grpc = ({name: line[name] for name in line if name != "time"} for line in lines)
    assert http == {
        "level": "ERROR",
        "event": "request",
        "request_id": "r1",
        "protocol": "http",
        "method": "POST",
        "route": "/infer/{models}",
        "path": "/infer/colour",
        "status": 504,
        "duration_ms": 12.3,
        "key": "camera",
        "peer": "192.0.2.7",
        "model": "colour",
        "kind": "timeout",
    }
    assert grpc == {
        "level": "INFO",
        "event": "request",
        "request_id": "r9",
        "protocol": "grpc",
        "route": "a.B/C",
        "status": "OK",
        "duration_ms": 1.5,
    }
