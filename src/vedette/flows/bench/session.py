"""Puts load on a target: requests on a schedule that was fixed before, or by clients that wait for their answers.

    open loop    due times -> sleep until each -> send, without waiting for the answers before -> row
    closed loop  client: send -> answer -> think -> send ...                                    -> rows

Sends go out at absolute instants: lateness of one does not move the next. A request that is late is sent at once, and
both times are kept. A session does not know what an answer means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vedette.clock import Clock
from vedette.flows.bench.recorder import Recorder
from vedette.flows.bench.target import Reply, Target
from vedette.rules.load.images import order_of
from vedette.values.requests import Status
from vedette.values.workload import Load, Order

LEAD_NS = 50_000_000
"""The first request of an open loop is due this much after the start, so that it is not late by how it begins."""

_AT_ONCE = 64
"""Requests that are begun, where many are late, before answers that came are looked at."""
_CHUNK = 4096

Due = tuple[int, int]
"""When a request is due, and its image."""


class Session:
    """Sends to one target and records. `stop` ends it early: nothing more is sent, what is under way is given up."""

    def __init__(self, target: Target, recorder: Recorder, clock: Clock, timeout_s: float) -> None:
        self._target, self._recorder, self._clock, self._timeout_s = target, recorder, clock, timeout_s
        self._running: set[asyncio.Task[None]] = set()
        self._open, self._changed_ns, self._under_way_ns = 0, 0, 0
        self._stopped = False
        self._all_sent: asyncio.Future[None] | None = None

    @property
    def under_way_ns(self) -> int:
        """Nanoseconds under way of all requests that count, reckoned from how many were open, not from their rows."""
        return self._under_way_ns

    @property
    def stopped(self) -> bool:
        """Whether it was told to end early."""
        return self._stopped

    def stop(self) -> None:
        """End early."""
        self._stopped = True
        self._sent_all()
        for task in list(self._running):
            task.cancel()

    async def warm_up(self, repeat: int, images: Iterable[int]) -> None:
        """Send these one after the other; they never count."""
        for image in images:
            if self._stopped:
                return
            await self._under_way(self._request(repeat, 0, image, self._clock.now_ns(), warm_up=True))

    async def open_loop(self, repeat: int, due_ns: NDArray[np.int64], images: NDArray[np.int32]) -> None:
        """Send image i at `due_ns[i]` after the start; returns when every answer is there or was given up.

        Args:
            repeat: number written into the rows.
            due_ns: offsets in nanoseconds, ascending, shape (n,).
            images: index of the image of each request, shape (n,).
        """
        start = self._clock.now_ns() + LEAD_NS
        due = zip((due_ns + start).tolist(), images.tolist(), strict=True)
        all_sent = self._all_sent = asyncio.get_running_loop().create_future()
        self._send_due(repeat, due, next(due, None))
        await all_sent
        await self._all_done()

    def _send_due(self, repeat: int, to_come: Iterator[Due], upcoming: Due | None) -> None:
        """Send what is due, and come back when the next one is.

        It is called by the loop's timer: a coroutine that sleeps between two requests would cost half as much again.
        """
        loop = asyncio.get_running_loop()
        for _ in range(_AT_ONCE):
            if upcoming is None or self._stopped:
                self._sent_all()
                return
            due, image = upcoming
            early = due - self._clock.now_ns()
            if early > 0:
                loop.call_at(loop.time() + early / 1e9, self._send_due, repeat, to_come, upcoming)
                return
            self._begin(self._request(repeat, 0, image, due))
            upcoming = next(to_come, None)
        loop.call_soon(self._send_due, repeat, to_come, upcoming)

    def _sent_all(self) -> None:
        if self._all_sent is not None and not self._all_sent.done():
            self._all_sent.set_result(None)

    async def closed_loop(self, repeat: int, load: Load, images: Iterator[int]) -> None:
        """Let `load.clients` clients send, think and send again, until the number or duration of the load is reached.

        A request is scheduled when its client is ready for it. None is started after the duration.
        """
        end = None if load.duration_s is None else self._clock.now_ns() + round(load.duration_s * 1e9)
        shared = images if load.requests is None else islice(images, load.requests)
        for client in range(load.clients):
            self._begin(self._client(repeat, client, load, shared, end))
        await self._all_done()

    async def issue(self, repeat: int, image: int, scheduled_ns: int) -> None:
        """Send one request that somebody else has scheduled, and wait for its answer."""
        if not self._stopped:
            await self._under_way(self._request(repeat, 0, image, scheduled_ns))

    async def _client(self, repeat: int, client: int, load: Load, images: Iterator[int], end: int | None) -> None:
        ready = self._clock.now_ns()
        for image in images:
            if self._stopped or (end is not None and ready >= end):
                return
            await self._clock.sleep_until(ready)
            await self._request(repeat, client, image, ready)
            ready = self._clock.now_ns() + round(load.think_ms * 1e6)

    async def _request(self, repeat: int, client: int, image: int, scheduled: int, *, warm_up: bool = False) -> None:
        sent = self._clock.now_ns()
        self._gauge(0 if warm_up else 1, sent)
        reply = Reply(Status.UNFINISHED, reason="the run ended before the answer came")
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._target.send(image)
        except TimeoutError:
            reply = Reply(Status.TIMEOUT, reason=f"no answer within {self._timeout_s:g} s")
        finally:
            done = self._clock.now_ns()
            self._gauge(0 if warm_up else -1, done)
            self._recorder.note(
                repeat,
                client,
                image,
                warm_up=warm_up,
                scheduled=scheduled,
                sent=sent,
                done=done,
                reply=reply,
            )

    def _gauge(self, change: int, now: int) -> None:
        """One request more or less is open; the time until now was spent by those that were.

        It takes the instants of the rows: of its own, a request of some microseconds would show a gap by chance.
        """
        self._under_way_ns += self._open * (now - self._changed_ns)
        self._open, self._changed_ns = self._open + change, now

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _under_way(self, work: Coroutine[None, None, None]) -> None:
        task = self._begin(work)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    async def _all_done(self) -> None:
        outcomes = await asyncio.gather(*self._running, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


def endless(order: Order, count: int, rng: np.random.Generator) -> Iterator[int]:
    """Indices of images in an order, without end."""
    length = count * -(-_CHUNK // count)
    while True:
        yield from order_of(order, count, length, rng).tolist()
