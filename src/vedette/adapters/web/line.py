"""A connection to one numeric address, every step of which ends at one instant.

A time limit for each read would let a server send a byte now and then for ever; here all reads and writes share what
is left of the whole time.
"""

from __future__ import annotations

import io
import socket
import ssl
from typing import Protocol

from vedette.clock import Clock
from vedette.errors import DeadlineError

_NS = 1e-9


class Deadline:
    """An instant of the clock, and what is left until then."""

    def __init__(self, clock: Clock, within_s: float) -> None:
        self._clock, self._within_s = clock, within_s
        self._end_ns = clock.now_ns() + round(within_s * 1e9)

    def left_s(self) -> float:
        """Seconds until then, above 0.

        Raises:
            DeadlineError: it has passed.
        """
        left = (self._end_ns - self._clock.now_ns()) * _NS
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> DeadlineError:
        """The error that tells so."""
        return DeadlineError(
            f"the address did not answer within {self._within_s:g} s", help="try again, or take a nearer address"
        )


class Resolver(Protocol):
    """Names to numeric addresses."""

    def resolve(self, host: str, port: int, within_s: float) -> tuple[str, ...]:
        """Every address of a host, the preferred first; empty: there is none.

        Raises:
            TimeoutError: no answer in time.
            OSError: the name is not known.
        """


class _Reader(io.RawIOBase):
    """The bytes that come, within a deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._socket, self._deadline = connected, deadline

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """The next bytes.

        Raises:
            DeadlineError: none came in time.
        """
        self._socket.settimeout(self._deadline.left_s())
        try:
            return self._socket.recv_into(buffer)
        except TimeoutError:
            raise self._deadline.passed() from None


class Line:
    """What `http.client` needs of a socket, within a deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connected, deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            DeadlineError: it did not leave in time.
        """
        self._socket.settimeout(self._deadline.left_s())  # sendall counts it for the whole of the data
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise self._deadline.passed() from None

    def makefile(self, mode: str) -> io.BufferedReader:
        """A buffered reader of the answer."""
        assert mode == "rb"
        return io.BufferedReader(_Reader(self._socket, self._deadline))

    def close(self) -> None:
        """Nothing: `http.client` closes as soon as it knows that no second request follows, before the body is read."""

    def end(self) -> None:
        """Close the connection."""
        self._socket.close()


def connect(address: str, port: int, deadline: Deadline, tls: tuple[ssl.SSLContext, str] | None) -> Line:
    """A connection to the numeric address and to no other.

    Args:
        address: numeric.
        port: of it.
        deadline: of everything on the connection.
        tls: settings, and the name that the certificate must bear.

    Raises:
        OSError: it does not answer, or its certificate is not the right one.
        DeadlineError: not in time.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.settimeout(deadline.left_s())
        plain.connect((address, port))
        if tls is None:
            return Line(plain, deadline)
        context, name = tls
        plain.settimeout(deadline.left_s())
        return Line(context.wrap_socket(plain, server_hostname=name), deadline)
    except TimeoutError:
        plain.close()
        raise deadline.passed() from None
    except BaseException:
        plain.close()
        raise
