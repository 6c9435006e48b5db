"""Puts the rate of a plan on its replicas, and tells the p99 that came out.

    Poisson arrivals, seeded -> one open loop -> the replicas in turn -> latencies without the first tenth -> p99

Images are sent to the replicas in turn, as the simulation of the plan assumes of a proxy. A request that failed counts
as one that took longer than every other. It is not known here what a replica is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from vedette.clock import Clock
from vedette.errors import UnavailableError
from vedette.flows.bench.recorder import Recorder
from vedette.flows.bench.session import Session
from vedette.flows.bench.target import Reply, Target
from vedette.rules.load.arrivals import schedule
from vedette.rules.load.images import order_of
from vedette.rules.stats.quantiles import minimum_count, nearest_rank, quantile_estimate
from vedette.values.evidence import Estimate
from vedette.values.requests import Requests, Status
from vedette.values.trial import Introduction
from vedette.values.workload import Load, LoadKind, Order

P99 = 0.99
FEWEST = minimum_count(P99)
"""Requests that count at least: fewer show no p99."""

WARM_UP = 8
"""Requests to each replica before those that count, so that none is the first of its process."""

CUT = 0.1
"""Share of the requests at the start that do not count, as in the simulation: the queue is not as usual yet."""

_PERCENT = 100
_LONGEST = 120


class InTurns:
    """Implements `Target`: several targets, of which each gets the next image in turn."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets, self._next = tuple(targets), 0

    async def open(self, images: Sequence[bytes]) -> Introduction:
        """Reach every target; the introduction is that of the first."""
        first, *_ = [await target.open(images) for target in self._targets]
        return first

    async def send(self, image: int) -> Reply:
        """Send an image to the target whose turn it is; turns go by the order of these calls."""
        target = self._targets[self._next % len(self._targets)]
        self._next += 1
        return await target.send(image)

    async def close(self) -> None:
        """Close every target."""
        for target in self._targets:
            await target.close()


@dataclass(frozen=True, slots=True)
class RateLoad:
    """What is put on the replicas.

    Attributes:
        rate_per_s: images a second, as a Poisson process.
        duration_s: how long.
        seed: of the arrivals.
        timeout_s: a request without an answer after that has failed.
    """

    rate_per_s: float
    duration_s: float
    seed: int = 0
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class RateMeasured:
    """What came out.

    Attributes:
        p99_ms: with its interval; a value of None says why.
        counted: requests that count.
        failed: of these.
        notes: what a reader must know, a sentence each.
    """

    p99_ms: Estimate
    counted: int
    failed: int
    notes: tuple[str, ...]


def arrivals_of(load: RateLoad) -> NDArray[np.int64]:
    """When images are due, in nanoseconds from the start, ascending.

    Raises:
        UnavailableError: none arrives in the time of the load.
    """
    poisson = Load(LoadKind.POISSON, rate=load.rate_per_s, duration_s=load.duration_s)
    due = schedule(poisson, np.random.default_rng(load.seed))
    if not len(due):
        raise UnavailableError(
            f"no image arrived in {load.duration_s:g} s at {load.rate_per_s:g} a second", help="give it more time"
        )
    return due


async def measure_rate(
    replicas: Sequence[Target], images: Sequence[bytes], load: RateLoad, clock: Clock
) -> RateMeasured:
    """Put the load on the replicas, which are open already; blocks for its duration.

    Raises:
        UnavailableError: no image arrives in the time of the load.
    """
    recorder, turns = Recorder(0), InTurns(replicas)
    session = Session(turns, recorder, clock, load.timeout_s)
    await session.warm_up(0, (number % len(images) for number in range(WARM_UP * len(replicas))))
    due = arrivals_of(load)
    order = order_of(Order.CYCLE, len(images), len(due), np.random.default_rng(load.seed))
    await session.open_loop(0, due, order)
    requests = recorder.requests()
    return measured(requests.where(~requests.warm_up), recorder.reasons)


def measured(requests: Requests, reasons: dict[Status, str]) -> RateMeasured:
    """The p99 of what counts, failures being longer than everything else."""
    ordered = requests.ordered()
    counted = ordered.where(np.arange(len(ordered)) >= round(CUT * len(ordered)))
    latency = np.where(counted.ok, counted.latency_ms, np.inf)
    failed = int((~counted.ok).sum())
    notes = [f"{len(counted):,} requests count; the generator was {_late(counted):.2g} ms late at its own p99"]
    if failed:
        reason = next(iter(reasons.values()), "no reason was told")
        notes.append(f"{failed} of them failed: {reason[:_LONGEST]}{'...' if len(reason) > _LONGEST else ''}")
    return RateMeasured(_p99(latency, failed), len(counted), failed, tuple(notes))


def _p99(latency: np.ndarray, failed: int) -> Estimate:
    found = quantile_estimate(latency, P99)
    if found.value is not None and not isfinite(found.value):
        share = failed / len(latency) * _PERCENT
        return Estimate(None, reason=f"{share:.3g} % of the requests failed, so that there is no 99th percentile")
    if found.high is not None and not isfinite(found.high):
        return Estimate(found.value, confidence=found.confidence, reason="failures lie in its interval")
    return found


def _late(requests: Requests) -> float:
    return nearest_rank(requests.lateness_ms, P99)
