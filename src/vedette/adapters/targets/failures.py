"""What became of a request that brought no whole answer: the status and the reason in words."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Callable
from http.client import responses
from typing import Any

from vedette.flows.bench.target import Reply
from vedette.rules.wire.http1 import GarbledError, TooLongError
from vedette.values.requests import Status

_SHOWN = 160
_NUMBER = re.compile(r"\[Errno (\d+)\]")
_OWN_FAULT = {
    errno.EMFILE: "this process has too many open files: raise the limit with `ulimit -n`, or lower the load",
    errno.ENFILE: "this machine has too many open files",
    errno.EADDRNOTAVAIL: "this machine has no free port left: the server closes connections, or the load is too high",
    errno.ENOBUFS: "this machine has no memory for sockets left",
}
_WORDS = {
    errno.ECONNREFUSED: (Status.REFUSED, "nothing listens there: the connection was refused"),
    errno.ECONNRESET: (Status.RESET, "the server reset the connection"),
    errno.EPIPE: (Status.RESET, "the server closed the connection while the request was sent"),
    errno.ETIMEDOUT: (Status.TIMEOUT, "the server's machine did not respond in time"),
    errno.EHOSTUNREACH: (Status.REFUSED, "the host cannot be reached"),
    errno.ENETUNREACH: (Status.REFUSED, "the network of the host cannot be reached"),
}


class ClosedError(ConnectionError):
    """The server closed the connection without an answer."""


def of_exception(error: Exception) -> Reply:
    """The reply that stands for what a connection raised."""
    status, reason = _explained(error)
    return Reply(status, reason=reason)


def of_code(code: int, body: bytes, location: str | None) -> Reply:
    """The reply for an HTTP status that is no success; a redirect is not followed."""
    name = f"{code} {responses.get(code, '')}".rstrip()
    if 300 <= code < 400:  # noqa: PLR2004 - the class of redirects
        where = f" to {location[:_SHOWN]}" if location else ""
        return Reply(Status.REDIRECT, code, body, f"the server redirects{where} ({name}); measure that address instead")
    text = " ".join(body[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
    return Reply(Status.HTTP_ERROR, code, body, f"the server answered {name}" + (f": {text}" if text else ""))


def _explained(error: Exception) -> tuple[Status, str]:
    for kinds, status, explain in _KINDS:
        if isinstance(error, kinds):
            return status, explain(error)
    if isinstance(error, OSError):
        return _of_system(error)
    return Status.ERROR, f"{type(error).__name__}: {_short(error)}"


def _of_system(error: OSError) -> tuple[Status, str]:
    """Where a name has several addresses, asyncio puts the errors of all into one text: the last counts."""
    told = _NUMBER.findall(str(error))
    number = error.errno if error.errno is not None or not told else int(told[-1])
    if number in _OWN_FAULT:
        return Status.ERROR, _OWN_FAULT[number]
    if number in _WORDS:
        return _WORDS[number]
    return Status.RESET, f"the connection broke: {_short(error)}"


def _tls(error: ssl.SSLError) -> str:
    reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or _short(error)
    return str(reason).replace("_", " ").lower()[:_SHOWN]


def _short(error: BaseException) -> str:
    text = str(error.args[-1]) if error.args else ""
    lines = text.strip().splitlines()
    return lines[0][:_SHOWN] if lines else type(error).__name__


_KINDS: tuple[tuple[tuple[type[Exception], ...], Status, Callable[[Any], str]], ...] = (
    ((GarbledError,), Status.GARBAGE, lambda error: f"the answer is no whole HTTP answer: {error}"),
    ((TooLongError,), Status.ERROR, str),
    ((ClosedError,), Status.RESET, lambda _: "the server closed the connection without an answer"),
    ((ssl.SSLError,), Status.REFUSED, lambda error: f"no TLS connection: {_tls(error)}"),
    (
        (socket.gaierror, UnicodeError),
        Status.REFUSED,
        lambda error: f"the name of the host cannot be resolved: {_short(error)}",
    ),
)
"""What is told by the kind of an exception, the first that fits."""
