"""Servers whose behaviour is known exactly, as targets: what a harness measures of them can be held against the truth.

A request that comes in gets the next service time, waits for the worker that is free first (first come, first served),
and is answered when its work is done. A stall stops all work for as long as it lasts. Work that a client gave up on is
done all the same, as most servers do.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from virtual_time import VirtualClock

from vedette.flows.bench.target import Reply
from vedette.values.requests import Status
from vedette.values.trial import Introduction, Scope

_CHUNK = 4096
RIGHT, WRONG = b'{"class": "right"}', b'{"class": "wrong"}'

Draw = Callable[[np.random.Generator, int], np.ndarray]
"""Service times in milliseconds: so many, from a generator."""


def fixed(ms: float) -> Draw:
    return lambda _, size: np.full(size, ms)


def exponential(mean_ms: float) -> Draw:
    return lambda rng, size: rng.exponential(mean_ms, size)


def bimodal(short_ms: float, long_ms: float, long_share: float) -> Draw:
    """Two fixed times, such as an answer that was kept and one that has to be worked out."""
    return lambda rng, size: np.where(rng.random(size) < long_share, long_ms, short_ms)


@dataclass(frozen=True)
class Stall:
    """Nothing is done from `at_ns`, an instant of the clock, for `length_ns`."""

    at_ns: int
    length_ns: int


@dataclass
class SimulatedServer:
    """First come, first served, by `workers` workers; None: as many as there are requests, so that nobody waits.

    `stalls` are in order and do not overlap. `failures` and `wrong` name requests by their number since the start,
    from 0; a failure takes as long as an answer. The client itself is busy for `client_ms` before a request is out, and
    nothing else runs meanwhile.
    """

    clock: VirtualClock
    draw: Draw
    seed: int = 0
    workers: int | None = 1
    stalls: Sequence[Stall] = ()
    failures: Mapping[int, Status] = field(default_factory=dict)
    wrong: frozenset[int] = frozenset()
    client_ms: float = 0.0
    received: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free = [0] * (self.workers or 0)
        self._times = self._service_times(np.random.default_rng(self.seed))

    async def open(self, images: Sequence[bytes]) -> Introduction:
        return Introduction(Scope.HARNESS, server="simulated", reason="it has no model")

    async def send(self, image: int) -> Reply:
        number = len(self.received)
        self.received.append(image)
        self.clock.busy(round(self.client_ms * 1e6))
        await self.clock.sleep_until(self._answered_at(self.clock.now_ns()))
        status = self.failures.get(number, Status.OK)
        if status is not Status.OK:
            return Reply(status, code=500 if status is Status.HTTP_ERROR else 0, reason="as the simulation wants it")
        return Reply(Status.OK, code=200, body=WRONG if number in self.wrong else RIGHT)

    async def close(self) -> None:
        """There is nothing to close."""

    def _answered_at(self, came_ns: int) -> int:
        work = next(self._times)
        if self.workers is None:
            return self._worked(came_ns, work)
        done = self._worked(max(came_ns, self._free[0]), work)
        heapq.heapreplace(self._free, done)
        return done

    def _worked(self, start: int, work: int) -> int:
        """When work that starts then is done, past all stalls that fall into it."""
        done = start + work
        for stall in self.stalls:
            if start < stall.at_ns + stall.length_ns and stall.at_ns < done:
                done += stall.at_ns + stall.length_ns - max(start, stall.at_ns)
        return done

    def _service_times(self, rng: np.random.Generator) -> Iterator[int]:
        while True:
            yield from np.rint(self.draw(rng, _CHUNK) * 1e6).astype(np.int64).tolist()
