"""How long a server takes from the start of its process to its first right answer.

start -> open the target, again and again -> send one image, again and again -> the first right answer
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vedette.clock import Clock
from vedette.errors import UnavailableError
from vedette.flows.bench.target import Target
from vedette.values.requests import Status

PAUSE_NS = 10_000_000
"""Between two tries; a start is known to this much."""


async def cold_start_ns(
    make: Callable[[], Target],
    images: Sequence[bytes],
    right: Callable[[bytes], bool],
    ended: Callable[[], str | None],
    clock: Clock,
    limit_s: float,
) -> int:
    """Nanoseconds from now to the first right answer.

    Args:
        make: a client that has reached nothing yet.
        images: of which the first is sent.
        right: whether a body is a right answer.
        ended: why the server is gone; None while it runs.
        clock: of the machine.
        limit_s: a server that takes longer is given up.

    Raises:
        UnavailableError: the server ended, or gave no right answer within the limit.
    """
    began = clock.now_ns()
    last = "nothing answered"
    while clock.now_ns() - began < limit_s * 1e9:
        if (gone := ended()) is not None:
            raise UnavailableError(f"the server is gone before its first answer: {gone}", help="start it by hand first")
        target = make()
        try:
            await target.open(images[:1])
            reply = await target.send(0)
            done = clock.now_ns()
            if reply.status is Status.OK and right(reply.body):
                return done - began
            last = reply.reason or "its answer was wrong"
        except UnavailableError as error:
            last = error.message
        finally:
            await target.close()
        await clock.sleep_until(clock.now_ns() + PAUSE_NS)
    raise UnavailableError(
        f"the server gave no right answer within {limit_s:g} s: {last}", help="give it more time with --start-timeout"
    )
