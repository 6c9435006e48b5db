"""The door of a server with TLS: connections count from the moment they are accepted, not only once TLS is agreed.

    accept -> handshake, the oldest of too many is broken off -> a protocol of the server

A client that only connects costs a file of the process. One that means it is through in a few round trips, so where
there are too many the oldest is the one that hangs.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial

_AT_ONCE = 100
"""Connections that are accepted before others get their turn."""

_PAUSE_S = 1.0
"""Time without accepting after the system had no room for another one."""

_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_CLOSE_S = 2.0


class TlsDoor:
    """Used by the event loop only.

    Args:
        listening: the socket; it stays the caller's.
        protocol: makes what speaks over a connection.
        context: of TLS.
        head_s: time of a handshake.
        room: how many more connections there may be, those in a handshake among them.
    """

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        head_s: float,
        room: Callable[[], int],
    ) -> None:
        self._listening, self._protocol, self._context = listening, protocol, context
        self._head_s, self._room = head_s, room
        self._loop = asyncio.get_running_loop()
        self._shaking: dict[asyncio.Task[None], None] = {}
        self._pause: asyncio.TimerHandle | None = None
        self._open()

    @property
    def shaking(self) -> int:
        """Connections in a handshake."""
        return len(self._shaking)

    def close(self) -> None:
        """Accept nothing any more, and break off handshakes."""
        self._loop.remove_reader(self._listening)
        if self._pause is not None:
            self._pause.cancel()
        for task in self._shaking:
            task.cancel()

    def _open(self) -> None:
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, _address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self._make_room()
                return
            accepted.settimeout(0)
            task = self._loop.create_task(self._shaken(accepted))
            self._shaking[task] = None
            task.add_done_callback(partial(self._ended, accepted))
            if len(self._shaking) > self._room():
                self._break_off_oldest()

    def _make_room(self) -> None:
        """The process may open no further file: give up the oldest handshake, or wait for something else to end."""
        if self._shaking:
            self._break_off_oldest()
        self._loop.remove_reader(self._listening)
        self._pause = self._loop.call_later(_PAUSE_S, self._open)

    def _break_off_oldest(self) -> None:
        oldest = next(iter(self._shaking))
        del self._shaking[oldest]
        oldest.cancel()

    async def _shaken(self, accepted: socket.socket) -> None:
        """Agree on TLS; from then on the protocol has the connection."""
        with suppress(OSError):  # the client has gone, is too slow, or speaks something else
            await self._loop.connect_accepted_socket(
                self._protocol,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=self._head_s,
                ssl_shutdown_timeout=_CLOSE_S,
            )

    def _ended(self, accepted: socket.socket, task: asyncio.Task[None]) -> None:
        self._shaking.pop(task, None)
        if task.cancelled():
            accepted.close()  # it may have been broken off before anybody else had it
