"""A cold start lasts until the first right answer, whatever comes before it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from virtual_time import VirtualClock, run

from vedette.errors import UnavailableError
from vedette.flows.bench.cold_start import PAUSE_NS, cold_start_ns
from vedette.flows.bench.target import Reply
from vedette.values.requests import Status
from vedette.values.trial import Introduction, Scope

MS = 1_000_000


class Starting:
    """A server that listens from 100 ms on, refuses until 200 ms, answers wrongly until 300 ms, and takes 7 ms."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock

    async def open(self, images: Sequence[bytes]) -> Introduction:
        if self.clock.now_ns() < 100 * MS:
            raise UnavailableError("nothing answers", help="start it")
        return Introduction(Scope.IMAGE)

    async def send(self, image: int) -> Reply:
        came = self.clock.now_ns()
        await self.clock.sleep_until(came + 7 * MS)
        if came < 200 * MS:
            return Reply(Status.HTTP_ERROR, 503, reason="503 not ready")
        return Reply(Status.OK, 200, b"wrong" if came < 300 * MS else b"right")

    async def close(self) -> None:
        """Nothing to close."""


def started(limit_s: float = 10.0, gone: str | None = None, right: bytes = b"right") -> int:
    clock = VirtualClock()
    return run(
        cold_start_ns(lambda: Starting(clock), [b"image"], lambda body: body == right, lambda: gone, clock, limit_s)
    )


def test_it_ends_with_the_first_right_answer() -> None:
    """Neither a port that listens nor a wrong answer is a start."""
    assert 307 * MS <= started() < 307 * MS + PAUSE_NS + 7 * MS


def test_a_server_that_died_is_told_at_once() -> None:
    """With what it said."""
    with pytest.raises(UnavailableError, match="exit code 3"):
        started(gone="it ended with exit code 3")


def test_a_server_that_never_answers_rightly_is_given_up() -> None:
    """The message has the last thing that went wrong."""
    with pytest.raises(UnavailableError, match="within 1 s: its answer was wrong"):
        started(limit_s=1.0, right=b"never")
