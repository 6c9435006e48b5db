"""A lane between a server and the process of a model: a socket for short messages, a slot each way for tensors.

    server -> tensors -> process    a message is its kind (one byte), its length (four), and its content:
    server <- tensors <- process    the table of a slot's tensors, or a JSON object
           <- {"error": {"kind", "message", "help"}}

Question and answer take turns, so that one inference is under way in a lane; a process has a lane for each stream.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

from vedette.adapters.runtimes.slot import Slot, shared_file
from vedette.flows.inference.runtime import Tensor

Message = dict[str, Any]

_HEAD = struct.Struct("<cI")
_TENSORS, _JSON = b"T", b"J"
_PART_BYTES = 1 << 16


class Lane:
    """One end."""

    def __init__(self, connection: socket.socket, incoming: Slot, outgoing: Slot) -> None:
        self._connection = connection
        self._timeout_s = 0.0
        self._incoming, self._outgoing = incoming, outgoing

    def tell(self, message: Message) -> None:
        """Send a message.

        Raises:
            OSError: the other end is gone.
        """
        self._send(_JSON, json.dumps(message).encode())

    def give(self, tensors: Sequence[Tensor]) -> None:
        """Pass tensors on.

        Raises:
            InvalidError, ExhaustedError: they cannot be passed on; nothing was sent.
            OSError: the other end is gone.
        """
        table = self._outgoing.write(tensors)  # may be a view of what was heard, which goes after it
        self._send(_TENSORS, table)

    def hear(self, timeout_s: float = 0.0) -> Message | tuple[Tensor, ...]:
        """The next message, or the next tensors; these lie in the lane until it is cleared or sends.

        Args:
            timeout_s: the longest wait; 0 has no end.

        Raises:
            TimeoutError: none came in time.
            EOFError: the other end is gone.
        """
        self._wait_at_most(timeout_s)
        received = self._part(timeout_s)
        while len(received) < _HEAD.size:
            received += self._part(timeout_s)
        kind, size = _HEAD.unpack_from(received)
        while len(received) < _HEAD.size + size:
            received += self._part(timeout_s)
        content = received[_HEAD.size :]
        if kind == _TENSORS:
            return self._incoming.read(content)
        message: Message = json.loads(content)
        return message

    def clear(self) -> None:
        """Give back the memory of large tensors that were heard."""
        self._incoming.release()

    def _send(self, kind: bytes, content: bytes) -> None:
        self.clear()  # before the other end may write again
        self._connection.sendall(_HEAD.pack(kind, len(content)) + content)

    def _part(self, timeout_s: float) -> bytes:
        try:
            part = self._connection.recv(_PART_BYTES)
        except BlockingIOError:
            raise TimeoutError(f"no message within {timeout_s:g} s") from None
        except ConnectionResetError:
            part = b""
        if not part:
            raise EOFError("the other end of the lane is gone")
        return part

    def _wait_at_most(self, timeout_s: float) -> None:
        """Let the kernel watch the time: Python's own way costs a call more for each message."""
        if timeout_s != self._timeout_s:
            whole = int(timeout_s)
            limit = struct.pack("ll", whole, int((timeout_s - whole) * 1e6))
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            self._timeout_s = timeout_s

    def close(self) -> None:
        """Let go of socket and memory."""
        self._connection.close()
        self._incoming.close()
        self._outgoing.close()


class Pair:
    """The server's end of a lane, and the descriptors that the process inherits for its own end."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        questions, answers = shared_file(), shared_file()
        self.lane = Lane(here, Slot(answers), Slot(questions))
        self.descriptors = (there.detach(), os.dup(questions), os.dup(answers))

    def release(self) -> None:
        """Close what the process has inherited."""
        for descriptor in self.descriptors:
            os.close(descriptor)


def written(pairs: Sequence[Pair]) -> str:
    """The descriptors as an argument of a command line: `3:4:5,6:7:8`."""
    return ",".join(":".join(str(one) for one in pair.descriptors) for pair in pairs)


def opened(text: str) -> list[Lane]:
    """The process's ends of the lanes that `written` names."""
    lanes = []
    for part in text.split(","):
        connection, questions, answers = (int(one) for one in part.split(":"))
        lanes.append(Lane(socket.socket(fileno=connection), Slot(questions), Slot(answers)))
    return lanes
