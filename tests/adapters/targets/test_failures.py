"""What an exception of the network is called."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from vedette.adapters.targets.failures import ClosedError, of_code, of_exception
from vedette.rules.wire.http1 import GarbledError, TooLongError
from vedette.values.requests import Status


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), Status.REFUSED, "nothing listens"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), Status.RESET, "reset"),
        (BrokenPipeError(errno.EPIPE, "pipe"), Status.RESET, "while the request was sent"),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), Status.TIMEOUT, "in time"),
        (OSError(errno.EHOSTUNREACH, "unreachable"), Status.REFUSED, "host cannot be reached"),
        (OSError(errno.EMFILE, "files"), Status.ERROR, "ulimit"),
        (OSError(errno.EADDRNOTAVAIL, "port"), Status.ERROR, "no free port"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1), [Errno 111] Connect call failed"),
            Status.REFUSED,
            "nothing listens",
        ),
        (ConnectionError("gone"), Status.RESET, "gone"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Status.REFUSED, "not known"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), Status.REFUSED, "wrong version"),
        (ClosedError(), Status.RESET, "without an answer"),
        (GarbledError("it begins with b'SSH'"), Status.GARBAGE, "SSH"),
        (TooLongError("more than 9 bytes"), Status.ERROR, "more than 9 bytes"),
        (ValueError("odd"), Status.ERROR, "odd"),
        (ValueError(), Status.ERROR, "ValueError"),
    ],
)
def test_each_exception_has_its_status_and_its_words(error: Exception, status: Status, word: str) -> None:
    """What the client itself lacks is an ERROR, and is never called a fault of the server."""
    reply = of_exception(error)

    assert reply.status is status
    assert word in reply.reason
    assert (reply.code, reply.body) == (0, b"")


def test_every_error_of_the_system_is_words() -> None:
    """None of them is a crash, or a success."""
    for number in errno.errorcode:
        reply = of_exception(OSError(number, os.strerror(number)))

        assert reply.status is not Status.OK
        assert reply.reason


def test_a_long_page_is_shown_by_its_beginning() -> None:
    """On one line."""
    reply = of_code(500, b"<html>\n  <body>" + b"x" * 10_000, None)

    assert reply.reason.startswith("the server answered 500 Internal Server Error: <html> <body>xxx")
    assert len(reply.reason) < 250
    assert of_code(799, b"", None).reason == "the server answered 799"
