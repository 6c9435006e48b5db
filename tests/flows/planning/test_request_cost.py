"""What a request takes besides the work on its image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from virtual_time import VirtualClock, run

from vedette.errors import UnavailableError
from vedette.flows.bench.target import Reply
from vedette.flows.planning.request_cost import PAUSES_S, after_idle, request_cost
from vedette.values.requests import Status
from vedette.values.trial import Introduction, Scope

IMAGES = [b"a", b"b", b"c"]


@dataclass
class Telling:
    """A server that takes `besides_ms` and then its stages, of each request in turn, and tells the stages."""

    besides_ms: Sequence[float]
    stages_ms: Sequence[float] = (20.0,)
    reply: Reply | None = None
    clock: VirtualClock = field(default_factory=VirtualClock)
    images: list[int] = field(default_factory=list)

    async def open(self, images: Sequence[bytes]) -> Introduction:
        assert images
        return Introduction(Scope.IMAGE)

    async def send(self, image: int) -> Reply:
        turn = len(self.images)
        self.images.append(image)
        besides, stages = self.besides_ms[turn % len(self.besides_ms)], self.stages_ms[turn % len(self.stages_ms)]
        await self.clock.sleep_until(self.clock.now_ns() + round((besides + stages) * 1e6))
        told = {"acquire": 0.2, "queue": 0.1, "decode": 0.25 * stages, "infer": 0.75 * stages, "total": stages + 0.3}
        return self.reply or Reply(Status.OK, 200, json.dumps({"timeline_ms": told}).encode())

    async def close(self) -> None:
        """Nothing is open."""


def test_cost_is_the_latency_without_the_stages_of_the_same_request() -> None:
    """Stages that vary tenfold, as on a machine that does other work, leave it as it is; NumPy has the same moments."""
    server = Telling((1.0, 1.4, 0.9), (5.0, 50.0))

    cost = run(request_cost(server, IMAGES, VirtualClock(), 48))

    kept = np.sort(np.tile([1.0, 1.4, 0.9], 16))[:47] / 1e3
    assert cost.besides_s.mean == pytest.approx(kept.mean())
    assert cost.besides_s.within == pytest.approx(kept.std())
    assert (cost.besides_s.count, cost.besides_s.between) == (47, None)
    assert cost.stages_s.mean == pytest.approx(np.sort(np.tile([5.0, 50.0], 24))[:47].mean() / 1e3)
    assert server.images[:4] == [0, 1, 2, 0]


def test_pauses_of_the_machine_are_no_work_of_a_request() -> None:
    """Of a hundred requests the two longest do not count."""
    server = Telling((1.0,) * 49 + (300.0,))

    cost = run(request_cost(server, IMAGES, VirtualClock(), 100))

    assert cost.besides_s.mean == pytest.approx(0.001)
    assert cost.besides_s.within == pytest.approx(0.0, abs=1e-9)


@dataclass
class Resting(Telling):
    """A server that takes `asleep_ms` more where it was idle for 50 ms, and never tells its times."""

    asleep_ms: float = 0.0
    idle_since_ns: int | None = None

    async def send(self, image: int) -> Reply:
        self.images.append(image)
        now_ns = self.clock.now_ns()
        rested = self.idle_since_ns is not None and now_ns - self.idle_since_ns >= 50e6
        took_ms = 20.0 + self.besides_ms[len(self.images) % len(self.besides_ms)] + (self.asleep_ms if rested else 0.0)
        await self.clock.sleep_until(now_ns + round(took_ms * 1e6))
        self.idle_since_ns = self.clock.now_ns()
        return self.reply or Reply(Status.OK, 200)


def test_idleness_costs_what_requests_after_a_pause_take_more() -> None:
    """3 ms of 20 after 100 ms, nothing after 20 ms; one request in seven that is ten times as long moves neither."""
    server = Resting((0.0,) * 6 + (180.0,), asleep_ms=3.0)

    found = run(after_idle(server, IMAGES, server.clock))

    assert [one.idle_s for one in found] == list(PAUSES_S)
    assert [one.ratio for one in found] == pytest.approx([1.0, 23 / 20])
    assert [server.images.count(image) for image in range(3)] == [30, 30, 30]


def test_a_server_that_wakes_up_quicker_is_taken_as_it_is_without_a_pause() -> None:
    """What is less than 1 is chance: no request is shorter because the server had nothing to do."""
    server = Resting((0.0,), asleep_ms=-5.0)

    found = run(after_idle(server, IMAGES, server.clock, (0.1,)))

    assert [one.ratio for one in found] == [1.0]


def test_idleness_of_a_server_that_refuses_is_not_known() -> None:
    """An error is no request."""
    server = Resting((0.0,), reply=Reply(Status.HTTP_ERROR, 503, reason="overloaded"))

    with pytest.raises(UnavailableError, match="overloaded"):
        run(after_idle(server, IMAGES, server.clock))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(Status.HTTP_ERROR, 503, reason="overloaded"), "an error: overloaded"),
        (Reply(Status.OK, 200, b"no JSON"), "does not tell its times"),
        (Reply(Status.OK, 200, b"[1]"), "does not tell its times"),
        (Reply(Status.OK, 200, b'{"timeline_ms": {"decode": "soon"}}'), "does not tell its times"),
    ],
)
def test_server_that_cannot_tell_is_refused(reply: Reply, words: str) -> None:
    """An error, and answers of another kind of server."""
    with pytest.raises(UnavailableError, match=words):
        run(request_cost(Telling((1.0,), reply=reply), IMAGES, VirtualClock(), 3))
