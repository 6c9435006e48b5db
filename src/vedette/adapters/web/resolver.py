"""The resolver of the operating system."""

from __future__ import annotations

import queue
import socket
import threading


class SystemResolver:
    """`getaddrinfo`, which knows no time limit, in a thread of its own that may be left behind."""

    def resolve(self, host: str, port: int, within_s: float) -> tuple[str, ...]:
        """See `Resolver.resolve`."""
        answers: queue.SimpleQueue[tuple[str, ...] | OSError] = queue.SimpleQueue()
        threading.Thread(target=_ask, args=(host, port, answers), name="resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=within_s)
        except queue.Empty:
            raise TimeoutError(host) from None
        if isinstance(answer, OSError):
            raise answer
        return answer


def _ask(host: str, port: int, answers: queue.SimpleQueue[tuple[str, ...] | OSError]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        answers.put(error if isinstance(error, OSError) else OSError(str(error)))
        return
    answers.put(tuple(dict.fromkeys(str(entry[4][0]) for entry in found)))
