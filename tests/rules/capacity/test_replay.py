"""The p99 of a simulation with arrivals that are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vedette.rules.batching.policy import BatchPolicy
from vedette.rules.capacity.replay import replayed_p99_ms
from vedette.rules.capacity.replicas import Case, ReplicaKind
from vedette.rules.capacity.simulation import arrivals
from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment
from vedette.values.profile import AfterIdle

CUT = 0.1


def kind(within_s: float = 0.0, between_s: float = 0.0, request: Moment | None = None) -> ReplicaKind:
    point = BatchPoint(1, 10.0, 15.0, 50, Moment(0.010, within_s, between_s, 50, 3))
    return ReplicaKind(DeviceKind("cpu:1"), "m", "p", BatchCurve((point,)), 8, 1, request)


def due(images: int = 1500, rate: float = 60.0, seed: int = 3) -> np.ndarray:
    return arrivals(np.random.default_rng(seed).standard_exponential(images), rate)


def lindley_p99_ms(due_ns: np.ndarray, service_ms: float) -> float:
    """The waits of one queue by the recursion of Lindley (1952): w' = max(0, w + s - gap)."""
    waits = [0.0]
    for gap in np.diff(due_ns) / 1e6:
        waits.append(max(0.0, waits[-1] + service_ms - gap))
    counted = np.sort(np.array(waits)[round(CUT * len(waits)) :]) + service_ms
    return float(counted[int(np.ceil(0.99 * len(counted))) - 1])


@pytest.mark.parametrize("rate", [20.0, 60.0, 85.0])
def test_fixed_times_give_the_waits_of_lindley(rate: float) -> None:
    """One replica, every batch of one takes 10 ms: the recursion has the same p99, and no run differs."""
    found = replayed_p99_ms(Case(kind(), 1, rate), BatchPolicy(), due(rate=rate), CUT)

    assert found.expected == pytest.approx(lindley_p99_ms(due(rate=rate), 10.0), rel=1e-6)
    assert found.low == pytest.approx(found.expected)
    assert found.high == pytest.approx(found.expected)


def test_what_a_request_takes_counts() -> None:
    """10 ms and 2 ms besides are 12 ms."""
    found = replayed_p99_ms(Case(kind(request=Moment(0.002)), 1, 60.0), BatchPolicy(), due(), CUT)

    assert found.expected == pytest.approx(lindley_p99_ms(due(), 12.0), rel=1e-6)


def test_images_that_find_the_replica_idle_take_longer() -> None:
    """Lindley's recursion, with 5 ms more for each image that comes when nothing is under way."""
    rested = replace(kind(), after_idle=(AfterIdle(1e-6, 1.5),))
    due_ns = due(rate=30.0)

    found = replayed_p99_ms(Case(rested, 1, 30.0), BatchPolicy(), due_ns, CUT)

    free_ms, latency = 0.0, []
    for arrived_ms in due_ns / 1e6:
        began = max(free_ms, arrived_ms)
        free_ms = began + (10.0 if arrived_ms <= free_ms else 15.0)
        latency.append(free_ms - arrived_ms)
    counted = np.sort(latency[round(CUT * len(latency)) :])
    assert found.expected == pytest.approx(counted[int(np.ceil(0.99 * len(counted))) - 1], rel=1e-3)


def test_replicas_in_turn_are_queues_with_every_second_image() -> None:
    """Two replicas: each queue is that of Lindley on its own images."""
    due_ns = due(rate=150.0)
    each = [due_ns[start::2] for start in (0, 1)]
    latency = np.empty(len(due_ns))
    for start, own in enumerate(each):
        wait, waits = 0.0, [0.0]
        for gap in np.diff(own) / 1e6:
            wait = max(0.0, wait + 10.0 - gap)
            waits.append(wait)
        latency[start::2] = np.array(waits) + 10.0
    counted = np.sort(latency[round(CUT * len(latency)) :])

    found = replayed_p99_ms(Case(kind(), 2, 150.0), BatchPolicy(), due_ns, CUT)

    assert found.expected == pytest.approx(counted[int(np.ceil(0.99 * len(counted))) - 1], rel=1e-6)


def test_interval_is_of_the_times_alone() -> None:
    """Arrivals are the same in every run: times that vary more widen it, and around the recursion's p99 it lies."""
    due_ns = due(1500)
    steady, varied = (
        replayed_p99_ms(Case(kind(within_s=within), 1, 60.0), BatchPolicy(), due_ns, CUT) for within in (0.0002, 0.002)
    )

    assert steady.low is not None
    assert steady.high is not None
    assert varied.low is not None
    assert varied.high is not None
    assert steady.low < lindley_p99_ms(due_ns, 10.0) < steady.high
    assert varied.high - varied.low > 2 * (steady.high - steady.low)
