"""Every error that Vedette raises for a reason outside its own code.

    VedetteError            kind        whose turn it is
    ├── InvalidError        invalid     the caller: input that cannot be used as it is
    │   └── UsageError      invalid     the caller: command line or configuration
    ├── UnauthenticatedError unauthenticated the caller: no key, or one that is not known
    ├── ForbiddenError      forbidden   the caller: a key or an address without the right
    ├── NotFoundError       not_found   the caller: a name, file or address that is not there
    ├── ConflictError       conflict    the caller: it clashes with what is there
    ├── TooLargeError       too_large   the caller: beyond a stated limit
    ├── UnsupportedError    unsupported the caller: a format, device or precision not offered here
    ├── OverloadedError     overloaded  the surroundings: more work than can be done in time, refused at once
    ├── DeadlineError       timeout     the surroundings: the deadline passed before the answer was there
    ├── UnavailableError    unavailable the surroundings: a package, registry or device does not answer
    ├── ExhaustedError      exhausted   the surroundings: disk or memory ran out
    └── InternalError       internal    us: a bug worth a report

Every error says what happened with the value, and in `help` the next step. `exit_code` is the one table from errors to
the exit codes of the command line; a transport adds its own table beside this one. A mistake in Vedette's own code is
an `AssertionError` or whatever Python raises, never one of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

Kind = Literal[
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "too_large",
    "unsupported",
    "overloaded",
    "timeout",
    "unavailable",
    "exhausted",
    "internal",
]


class VedetteError(Exception):
    """What happened (`message`, with the value) and the next step (`help`)."""

    kind: ClassVar[Kind] = "internal"

    def __init__(self, message: str, *, help: str) -> None:  # noqa: A002 - the word that the user reads
        super().__init__(message)
        self.message = message
        self.help = help

    def __reduce__(self) -> tuple[Callable[..., VedetteError], tuple[type[VedetteError], str, str]]:
        """Errors cross between processes."""
        return _rebuilt, (type(self), self.message, self.help)

    def __str__(self) -> str:
        return f"{self.message}\nhelp: {self.help}"


def _rebuilt(error: type[VedetteError], message: str, next_step: str) -> VedetteError:
    return error(message, help=next_step)


def error_of(kind: str, message: str, next_step: str) -> VedetteError:
    """The error of a neutral kind, as it came from another process."""
    for error in VedetteError.__subclasses__():
        if error.kind == kind:
            return error(message, help=next_step)
    return InternalError(message, help=next_step)


def kind_of(error: BaseException) -> Kind:
    """The neutral kind of any error; one that is not Vedette's own is internal."""
    return error.kind if isinstance(error, VedetteError) else "internal"


class InvalidError(VedetteError):
    """Input that cannot be used as it is."""

    kind = "invalid"


class UsageError(InvalidError):
    """A command line or configuration that cannot be used as it is."""


class UnauthenticatedError(VedetteError):
    """No key, or one that is not known."""

    kind = "unauthenticated"


class ForbiddenError(VedetteError):
    """A key without the right, or an address or path that the operator does not allow."""

    kind = "forbidden"


class NotFoundError(VedetteError):
    """A name, file or address that is not there."""

    kind = "not_found"


class ConflictError(VedetteError):
    """A wish that clashes with what is there."""

    kind = "conflict"


class TooLargeError(VedetteError):
    """Input beyond a stated limit."""

    kind = "too_large"


class UnsupportedError(VedetteError):
    """A format, device or precision that is not offered here."""

    kind = "unsupported"


class OverloadedError(VedetteError):
    """More work than can be done in time; refused at once. `retry_after_s` is when it may be tried again."""

    kind = "overloaded"

    def __init__(self, message: str, *, help: str, retry_after_s: float = 1.0) -> None:  # noqa: A002 - as above
        super().__init__(message, help=help)
        self.retry_after_s = retry_after_s


class DeadlineError(VedetteError):
    """The deadline passed before the answer was there."""

    kind = "timeout"


class UnavailableError(VedetteError):
    """A package, registry or device that does not answer."""

    kind = "unavailable"


class ExhaustedError(VedetteError):
    """Disk or memory that ran out."""

    kind = "exhausted"


class InternalError(VedetteError):
    """Something that only a change of Vedette can put right."""

    kind = "internal"


SOME_FAILED = 1
NOTHING_WORKED = 3
INTERRUPTED = 130

BAD_USAGE = 2

_EXIT_CODES: dict[Kind, int] = {
    "invalid": NOTHING_WORKED,
    "unauthenticated": BAD_USAGE,
    "forbidden": BAD_USAGE,
    "not_found": BAD_USAGE,
    "conflict": BAD_USAGE,
    "too_large": NOTHING_WORKED,
    "unsupported": BAD_USAGE,
    "overloaded": NOTHING_WORKED,
    "timeout": NOTHING_WORKED,
    "unavailable": NOTHING_WORKED,
    "exhausted": NOTHING_WORKED,
    "internal": NOTHING_WORKED,
}


def exit_code(error: VedetteError) -> int:
    """The exit code of a command that an error ended: 2 for a wish that cannot be, 3 where nothing worked."""
    return BAD_USAGE if isinstance(error, UsageError) else _EXIT_CODES[error.kind]
