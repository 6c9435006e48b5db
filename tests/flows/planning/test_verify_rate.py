"""The rate of a plan, put on replicas in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from virtual_time import VirtualClock, run

from vedette.errors import UnavailableError
from vedette.flows.bench.target import Reply
from vedette.flows.planning.verify_rate import CUT, FEWEST, WARM_UP, InTurns, RateLoad, measure_rate
from vedette.values.requests import Status
from vedette.values.trial import Introduction, Scope

IMAGES = [b"a", b"b", b"c"]


@dataclass
class Queue:
    """A replica that takes `service_s` for each image, one after the other; its own latencies are kept."""

    service_s: float
    fails: range = range(0)
    clock: VirtualClock = field(default_factory=VirtualClock)
    free_ns: int = 0
    took_ns: list[int] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    closed: int = 0

    async def open(self, images: Sequence[bytes]) -> Introduction:
        assert images
        return Introduction(Scope.IMAGE)

    async def send(self, image: int) -> Reply:
        now = self.clock.now_ns()
        self.images.append(image)
        if len(self.images) in self.fails:
            return Reply(Status.HTTP_ERROR, 503, reason="overloaded " * 40)
        self.free_ns = max(self.free_ns, now) + round(self.service_s * 1e9)
        self.took_ns.append(self.free_ns - now)
        await self.clock.sleep_until(self.free_ns)
        return Reply(Status.OK, 200, b"{}")

    async def close(self) -> None:
        self.closed += 1


def load(rate: float = 50.0, duration_s: float = 30.0, seed: int = 1) -> RateLoad:
    return RateLoad(rate, duration_s, seed)


def test_p99_is_that_of_the_latencies_that_the_replicas_took() -> None:
    """NumPy's nearest rank of what a queue saw itself, without the warm-up and the first tenth."""
    queue = Queue(0.012)

    found = run(measure_rate([queue], IMAGES, load(), VirtualClock()))
    own = np.array(queue.took_ns[WARM_UP:]) / 1e6
    counted = own[round(CUT * len(own)) :]

    assert found.counted == len(counted)
    assert found.p99_ms.value == pytest.approx(np.quantile(counted, 0.99, method="inverted_cdf"), abs=1e-3)
    assert found.failed == 0


def test_replicas_get_images_in_turn() -> None:
    """Of two, each gets every second image of one stream; latencies of both count."""
    quick, slow = Queue(0.001), Queue(0.015)

    found = run(measure_rate([quick, slow], IMAGES, load(), VirtualClock()))

    assert abs(len(quick.images) - len(slow.images)) <= 1
    assert quick.images[WARM_UP:][:3] == [0, 2, 1]
    assert found.p99_ms.value is not None
    assert found.p99_ms.value >= 15.0


def test_failures_count_as_longer_than_everything() -> None:
    """More than one in a hundred leave no 99th percentile, and the reason is told in short."""
    found = run(measure_rate([Queue(0.001, fails=range(1000, 10_000))], IMAGES, load(), VirtualClock()))

    assert found.p99_ms.value is None
    assert "of the requests failed" in found.p99_ms.reason
    assert found.failed > 0
    assert len(found.notes[1]) < 200


def test_few_failures_leave_the_p99() -> None:
    """One in a thousand lies beyond it; the interval may not reach so far."""
    failing = Queue(0.001, fails=range(1000, 1003))

    found = run(measure_rate([failing], IMAGES, load(rate=50.0, duration_s=30.0), VirtualClock()))

    assert found.failed == 3
    assert found.p99_ms.value is not None
    assert np.isfinite(found.p99_ms.value)


def test_too_few_images_give_no_p99_and_say_so() -> None:
    """A short run tells how many it takes."""
    found = run(measure_rate([Queue(0.001)], IMAGES, load(duration_s=2.0), VirtualClock()))

    assert found.p99_ms.value is None
    assert str(FEWEST) in found.p99_ms.reason


def test_no_arrivals_are_an_error() -> None:
    """A rate so low that nothing comes in the time measures nothing."""
    with pytest.raises(UnavailableError, match="no image arrived"):
        run(measure_rate([Queue(0.001)], IMAGES, load(rate=1e-6, duration_s=1.0), VirtualClock()))


def test_targets_in_turn_are_opened_and_closed_together() -> None:
    """What is done to the whole is done to each."""
    queues = [Queue(0.0), Queue(0.0), Queue(0.0)]
    turns = InTurns(queues)

    async def through() -> None:
        await turns.open(IMAGES)
        await asyncio.gather(*(turns.send(image) for image in (0, 1, 2, 0)))
        await turns.close()

    run(through())

    assert [queue.images for queue in queues] == [[0, 0], [1], [2]]
    assert [queue.closed for queue in queues] == [1, 1, 1]
