"""The socket of a server, bound before anything is loaded, so that a port that is taken is told at once."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vedette.errors import ConflictError, ForbiddenError, UsageError

_BACKLOG = 2048
_ALL = "0.0.0.0"  # noqa: S104 - only where the operator asks for it; `rules/access/bind` has judged it
Holder = Callable[[str, int], int | None]
_SPARE_FILES = 256
"""Files that models, logs and requests of the server itself need beside its connections."""


def addresses_of(host: str) -> tuple[str, ...]:
    """The numeric addresses that a host to listen on stands for; empty is all of IPv4.

    Raises:
        UsageError: the name is not known.
    """
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in _found(host, 0)))


def _nobody_knows(host: str, port: int) -> int | None:
    del host, port
    return None


def listen(host: str, port: int, holder: Holder = _nobody_knows) -> socket.socket:
    """A socket that listens; of a name with several addresses, on the first of IPv4.

    Args:
        host: a name or numeric address; empty is all of IPv4, `::` all of IPv4 and IPv6.
        port: 0 takes a free one.
        holder: the process that listens on a host and port, for the message where it is taken.

    Raises:
        ConflictError: the port is taken; the message says by whom if that can be seen.
        ForbiddenError: the system keeps the port for others.
        UsageError: the host is no address of this machine, or there is no such port.
    """
    if not 0 <= port <= 65535:  # noqa: PLR2004 - the ports of TCP
        raise UsageError(f"there is no port {port}", help="take 1 to 65535, or 0 for a free one")
    family, _, _, _, address = min(_found(host, port), key=lambda entry: entry[0] != socket.AF_INET)
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _refusal(error, host, port, holder) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address[0] == "::" else 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise _refusal(error, host, port, holder) from None
    listening.settimeout(0)
    return listening


def raise_file_limit() -> int:
    """Let this process open as many files as it may; how many connections they allow at once."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, 1 << 20)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            hard = soft
    return max(1, hard - _SPARE_FILES)


def _found(host: str, port: int) -> list[tuple[Any, ...]]:
    try:
        return list(socket.getaddrinfo(host or _ALL, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE))
    except (OSError, UnicodeError):
        raise UsageError(f"{host!r} is no host", help="listen on 127.0.0.1, or an address of this machine") from None


def _refusal(error: OSError, host: str, port: int, holder: Holder) -> ConflictError | ForbiddenError | UsageError:
    if error.errno == errno.EADDRINUSE:
        return ConflictError(
            f"port {port} of {host or 'this machine'} is taken{_by(holder(host or _ALL, port))}",
            help="end that program, or take another port: --port 0 takes a free one",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return ForbiddenError(f"port {port} is not open to this user", help="take a port from 1024")
    return UsageError(
        f"{host!r} cannot be listened on: {error.strerror}", help="listen on 127.0.0.1, or an address of this machine"
    )


def _by(pid: int | None) -> str:
    """` by NAME (process N)`; empty where nobody knows."""
    if pid is None:
        return ""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        name = "a program"
    return f" by {name} (process {pid})"
