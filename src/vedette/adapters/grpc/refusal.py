"""How an error leaves over gRPC: its status, its text, and when to try again."""

from __future__ import annotations

import math
from urllib.parse import quote

import grpc

from vedette.errors import InternalError, OverloadedError, VedetteError
from vedette.rules.wire.status import GRPC_STATUS

_LONGEST = 4096
"""Bytes of the details as they are sent, percent-encoded: clients refuse trailers of more than 8 KiB."""


def internal() -> InternalError:
    """What the caller hears of a bug of ours; the log has the rest."""
    return InternalError("the server failed", help="see its log, and report what it says")


def code_of(error: VedetteError) -> grpc.StatusCode:
    """The status of an error."""
    return grpc.StatusCode[GRPC_STATUS[error.kind]]


def details_of(error: VedetteError) -> str:
    """What happened and the next step, on two lines; a message that is too long for a trailer is cut."""
    message = error.message[:_LONGEST]
    while len(quote(_text(message, error.help))) > _LONGEST and message:
        message = message[: len(message) // 2]
    return _text(message if message == error.message else f"{message} ...", error.help)


def trailers_of(error: VedetteError) -> tuple[tuple[str, str], ...]:
    """`retry-after-ms` of a refusal for overload."""
    if not isinstance(error, OverloadedError):
        return ()
    return (("retry-after-ms", str(max(1, math.ceil(error.retry_after_s * 1000)))),)


def _text(message: str, next_step: str) -> str:
    return f"{message}\nhelp: {next_step}"
