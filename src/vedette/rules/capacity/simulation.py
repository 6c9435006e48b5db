"""Images that arrive at replicas of a server, event by event, with the server's own batching policy.

    when images arrive -> routed to a replica -> rows that wait -> BatchPolicy.decide -> a batch on a free stream

Each replica asks the policy as `flows.inference.station.Station` does: when a row comes, when a stream is given back,
and at the instant that the policy named; with the rows that wait, those that are still being made, the age of the
oldest and the smoothed gap. Times are whole nanoseconds. Every figure is a function of what is passed: there is no
clock, and no generator of random numbers; who wants random times passes them (`arrivals`, `capacity.service_time`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vedette.rules.batching.policy import BatchPolicy, Dispatch, Waiting

Nanoseconds = NDArray[np.int64]

Duration = Callable[[int, int, int], int]
"""Nanoseconds of a batch: of so many rows, whose first image has this number, on this replica."""

Idle = Callable[[int], int]
"""Nanoseconds that a batch takes longer which finds its replica idle, of how long it has been idle."""

_LAST = 1 << 62
"""Added to the order of the policy's instants: what is done at the same instant comes first."""

_GAP_SHARE = 1 / 8
"""The share of each new gap in the mean, as in the station."""


class Routing(StrEnum):
    """Who gets the next image.

    `round-robin`: the replicas in turn, as proxies do unless told otherwise. `random`: any, so that each replica has
    Poisson arrivals of its own. `least-loaded`: one with the fewest images that are not done, the first of equals.
    """

    ROUND_ROBIN = "round-robin"
    RANDOM = "random"
    LEAST_LOADED = "least-loaded"


@dataclass(frozen=True, slots=True)
class Servers:
    """What serves.

    Attributes:
        policy: of each replica.
        duration: of a batch.
        replicas: server processes, each with a queue of its own.
        streams: inferences that one replica runs side by side; with one replica, servers that share a queue.
        routing: who gets the next image.
        prepare_ns: from the arrival until the row is ready and waits; the policy knows that it comes.
        idle: what a batch takes longer on a replica none of whose streams worked; None: nothing.
    """

    policy: BatchPolicy
    duration: Duration
    replicas: int = 1
    streams: int = 1
    routing: Routing = Routing.ROUND_ROBIN
    prepare_ns: int = 0
    idle: Idle | None = None

    def __post_init__(self) -> None:
        if self.replicas < 1 or self.streams < 1 or self.prepare_ns < 0:
            raise ValueError(f"no servers: {self.replicas} replicas, {self.streams} streams, {self.prepare_ns} ns")


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened; images in the order of their arrival, batches in the order of their start.

    Attributes:
        arrived_ns, began_ns, done_ns: of each image; `began_ns` is the start of its batch.
        replica: of each image.
        batch_rows: of each batch.
        busy_ns: time that streams worked, of all replicas.
        servers: streams of all replicas.
    """

    arrived_ns: Nanoseconds
    began_ns: Nanoseconds
    done_ns: Nanoseconds
    replica: Nanoseconds
    batch_rows: Nanoseconds
    busy_ns: int
    servers: int

    @property
    def latency_ns(self) -> Nanoseconds:
        """From the arrival until the batch is done."""
        return self.done_ns - self.arrived_ns

    @property
    def span_ns(self) -> int:
        """From the first arrival until everything is done."""
        return int(self.done_ns.max() - self.arrived_ns[0])

    @property
    def utilisation(self) -> float:
        """Share of the time in which a stream worked."""
        return self.busy_ns / (self.servers * self.span_ns)

    @property
    def mean_waiting(self) -> float:
        """Images that waited, averaged over time: their waits added up, over the span (Little's law)."""
        return float((self.began_ns - self.arrived_ns).sum()) / self.span_ns


def arrivals(gaps: NDArray[np.float64], rate_per_s: float) -> Nanoseconds:
    """When images arrive, from gaps of mean 1: exponential ones make a Poisson process.

    The same gaps at another rate are the same process, only quicker: what differs between two rates is then no chance.
    """
    return np.rint(np.cumsum(gaps) * (1e9 / rate_per_s)).astype(np.int64)


def simulate(arrived_ns: Nanoseconds, servers: Servers, choices: Sequence[int] = ()) -> Trace:
    """Serve every image that arrives, until all are done.

    Args:
        arrived_ns: ascending, one image at least.
        servers: what serves.
        choices: for `random` the replica of each image.

    Raises:
        ValueError: nothing arrives, or not in order, or `random` lacks the choices.
    """
    if not len(arrived_ns) or np.any(np.diff(arrived_ns) < 0):
        raise ValueError("arrivals are one at least, in ascending order")
    if servers.routing is Routing.RANDOM and servers.replicas > 1 and len(choices) < len(arrived_ns):
        raise ValueError(f"random routing takes a choice for each of {len(arrived_ns)} images, got {len(choices)}")
    return _Run(servers, arrived_ns.tolist(), choices).trace()


class _Replica:
    """One server process: its queue of images (by number), and what it knows."""

    __slots__ = ("admitted", "coming", "done_ns", "first", "free", "gap_ns", "last_ns", "number", "told_ns", "waiting")

    def __init__(self, number: int, streams: int) -> None:
        self.number, self.free = number, streams
        self.waiting: list[int] = []
        self.first = 0
        self.coming = self.admitted = self.done_ns = 0
        self.last_ns: int | None = None
        self.gap_ns: float | None = None
        self.told_ns: int | None = None

    def offer(self, image: int, now_ns: int) -> None:
        """A row is ready; the gap to the one before is learnt."""
        self.coming -= 1
        self.waiting.append(image)
        if self.last_ns is not None:
            gap = now_ns - self.last_ns
            self.gap_ns = gap if self.gap_ns is None else self.gap_ns + _GAP_SHARE * (gap - self.gap_ns)
        self.last_ns = now_ns

    def take(self, rows: int) -> list[int]:
        """The oldest rows; the list is cut now and then, which is cheaper than each time."""
        images = self.waiting[self.first : self.first + rows]
        self.first += len(images)
        if self.first > 4096:  # noqa: PLR2004 - any number that is large against a batch
            del self.waiting[: self.first]
            self.first = 0
        return images


class _Run:
    """One simulation; an event in the heap is (instant, order, replica, rows that are done or 0: ask the policy)."""

    def __init__(self, servers: Servers, arrived: list[int], choices: Sequence[int]) -> None:
        self.servers, self.arrived, self.choices = servers, arrived, choices
        self.replicas = [_Replica(number, servers.streams) for number in range(servers.replicas)]
        self.routed = [0] * len(arrived)
        self.began = [0] * len(arrived)
        self.done = [0] * len(arrived)
        self.batches: list[int] = []
        self.busy_ns = 0
        self.heap: list[tuple[int, int, _Replica, int]] = []
        self.order = count()

    def trace(self) -> Trace:
        """Work off arrivals, rows that are ready, and the heap, whichever comes first; then the columns."""
        self._work()
        return Trace(
            arrived_ns=np.array(self.arrived, np.int64),
            began_ns=np.array(self.began, np.int64),
            done_ns=np.array(self.done, np.int64),
            replica=np.array(self.routed, np.int64),
            batch_rows=np.array(self.batches, np.int64),
            busy_ns=self.busy_ns,
            servers=self.servers.replicas * self.servers.streams,
        )

    def _work(self) -> None:
        """Of events at one instant, what is done comes first, then arrivals, rows, and last the policy's instant."""
        after, images = self.servers.prepare_ns, len(self.arrived)
        heap, arrived, routed, replicas = self.heap, self.arrived, self.routed, self.replicas
        coming = ready = 0
        while ready < images:
            ready_ns = arrived[ready] + after
            arrives = coming < images and arrived[coming] <= ready_ns
            now_ns = arrived[coming] if arrives else ready_ns
            while heap and (heap[0][0] < now_ns or (heap[0][0] == now_ns and heap[0][3])):
                self._event()
            if arrives:
                replica = self._route(coming)
                replica.coming += 1
                replica.admitted += 1
                routed[coming] = replica.number
                coming += 1
            else:
                replica = replicas[routed[ready]]
                replica.offer(ready, now_ns)
                self._ask(replica, now_ns)
                ready += 1
        while heap:
            self._event()

    def _event(self) -> None:
        now_ns, _, replica, rows = heapq.heappop(self.heap)
        if rows:
            replica.free += 1
            replica.admitted -= rows
            replica.done_ns = now_ns
        elif replica.told_ns == now_ns:
            replica.told_ns = None
        self._ask(replica, now_ns)

    def _ask(self, replica: _Replica, now_ns: int) -> None:
        """What the station does: while a stream is free and the policy says so, a batch begins."""
        waiting, policy, arrived, prepare = replica.waiting, self.servers.policy, self.arrived, self.servers.prepare_ns
        while replica.free and len(waiting) > replica.first:
            oldest_ns = arrived[waiting[replica.first]] + prepare
            rows = len(waiting) - replica.first
            verdict = policy.decide(Waiting(rows, replica.coming, oldest_ns, replica.gap_ns), now_ns)
            if isinstance(verdict, Dispatch):
                self._begin(replica, replica.take(verdict.rows), now_ns)
                continue
            if verdict.until_ns is not None and verdict.until_ns != replica.told_ns:
                replica.told_ns = verdict.until_ns
                heapq.heappush(self.heap, (verdict.until_ns, _LAST + next(self.order), replica, 0))
            return

    def _begin(self, replica: _Replica, images: list[int], now_ns: int) -> None:
        servers = self.servers
        took_ns = servers.duration(len(images), images[0], replica.number)
        if servers.idle is not None and replica.free == servers.streams and now_ns > replica.done_ns:
            took_ns += servers.idle(now_ns - replica.done_ns)
        replica.free -= 1
        done_ns = now_ns + took_ns
        for image in images:
            self.began[image] = now_ns
            self.done[image] = done_ns
        self.batches.append(len(images))
        self.busy_ns += took_ns
        heapq.heappush(self.heap, (done_ns, next(self.order), replica, len(images)))

    def _route(self, image: int) -> _Replica:
        replicas = self.replicas
        if len(replicas) == 1:
            return replicas[0]
        match self.servers.routing:
            case Routing.ROUND_ROBIN:
                return replicas[image % len(replicas)]
            case Routing.RANDOM:
                return replicas[self.choices[image]]
            case Routing.LEAST_LOADED:
                return min(replicas, key=lambda replica: replica.admitted)
