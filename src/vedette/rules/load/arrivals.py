"""When each request of an open load is due. Everything that decides it lives in this file.

    Load, generator -> ascending nanoseconds from the start of the repeat, computed before the first request is sent

    constant  k / rate, from 0
    poisson   independent exponential gaps of mean 1 / rate
    burst     `burst` at once, every burst / rate seconds, from 0
    ramp      a Poisson process whose rate goes from `rate` to `rate_to` in a straight line
    trace     the due times of a file

A schedule ends at the number of requests or before the duration, whichever comes first. It does not know the target:
how quickly that answers changes nothing, and that is what makes the loop an open one.

A generator is read one number a request, so a longer Poisson schedule of the same seed starts with the shorter one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vedette.rules.load.figures import check_schedule
from vedette.values.workload import Load, LoadKind

Seconds = NDArray[np.float64]
_CHUNK = 65_536


def schedule(load: Load, rng: np.random.Generator, due_s: Seconds | None = None) -> NDArray[np.int64]:
    """Due times of an open load in nanoseconds from the start, ascending, shape (n,).

    A Poisson or ramp load of short duration may come out empty: that no request arrives is one of its outcomes.

    Args:
        load: one of the kinds that are open.
        rng: from which the random kinds draw.
        due_s: the due times of a trace, ascending seconds from the start (`rules.load.trace.parse_trace`).

    Raises:
        UsageError: a see `check_schedule`.
        ValueError: the load is not open, or a trace comes without its due times.
    """
    check_schedule(load, due_s)
    if not load.kind.is_open or (load.kind is LoadKind.TRACE and due_s is None):
        raise ValueError(f"no schedule for {load.kind}")
    if due_s is not None:
        return _nanoseconds(_cut(due_s, load))
    due = _DUE[load.kind](load, rng)
    return _nanoseconds(_cut(due, load))


def _constant(load: Load, _: np.random.Generator) -> Seconds:
    rate = _given(load.rate)
    return np.arange(_at_most(load, rate)) / rate


def _burst(load: Load, _: np.random.Generator) -> Seconds:
    rate, burst = _given(load.rate), _given(load.burst)
    number = np.arange(_at_most(load, rate) + int(burst))
    return np.asarray((number // int(burst)) * (burst / rate))


def _poisson(load: Load, rng: np.random.Generator) -> Seconds:
    rate = _given(load.rate)
    end = math.inf if load.duration_s is None else load.duration_s * rate
    return _unit_arrivals(rng, end, load.requests) / rate


def _ramp(load: Load, rng: np.random.Generator) -> Seconds:
    """A Poisson process with a rate that changes, by inversion of its cumulated rate (Cinlar, 1975).

    Random arrivals, not evenly spaced ones, because clients who do not know of each other come at random, and a server
    queues less under even spacing than it will in use. Without a duration the line is as long as `requests` take at the
    mean of the two rates, and exactly that many lie on it: given their number, arrivals of a Poisson process are
    independent draws in ascending order.
    """
    rate, rate_to = _given(load.rate), _given(load.rate_to)
    mean = (rate + rate_to) / 2
    if load.duration_s is None:
        number = _given(load.requests)
        length, arrived = number / mean, np.sort(rng.random(int(number))) * number
    else:
        length = load.duration_s
        arrived = _unit_arrivals(rng, mean * length, load.requests)
    slope = (rate_to - rate) / length
    root = np.sqrt(np.maximum(rate**2 + 2 * slope * arrived, 0.0))
    return np.asarray(2 * arrived / (rate + root))


_DUE: dict[LoadKind, Callable[[Load, np.random.Generator], Seconds]] = {
    LoadKind.CONSTANT: _constant,
    LoadKind.POISSON: _poisson,
    LoadKind.BURST: _burst,
    LoadKind.RAMP: _ramp,
}


def _unit_arrivals(rng: np.random.Generator, end: float, most: int | None) -> Seconds:
    """Arrivals of a Poisson process of rate 1: those before `end`, `most` of them at most; one of the two is finite."""
    parts: list[Seconds] = []
    count, last = 0, 0.0
    while last < end and (most is None or count < most):
        size = _CHUNK if most is None else min(_CHUNK, most - count)
        gaps = rng.standard_exponential(size, method="inv")
        parts.append(np.cumsum(np.concatenate([[last], gaps]))[1:])
        count, last = count + size, float(parts[-1][-1])
    arrived = np.concatenate(parts)
    return arrived[arrived < end]


def _at_most(load: Load, rate: float) -> int:
    """A number of evenly spaced requests that is enough to reach the end; `_cut` takes away what is too much."""
    if load.duration_s is None:
        return int(_given(load.requests))
    by_duration = math.ceil(load.duration_s * rate) + 1
    return by_duration if load.requests is None else min(load.requests, by_duration)


def _cut(due: Seconds, load: Load) -> Seconds:
    within = due if load.duration_s is None else due[due < load.duration_s]
    return within if load.requests is None else within[: load.requests]


def _nanoseconds(due: Seconds) -> NDArray[np.int64]:
    return np.rint(due * 1e9).astype(np.int64)


def _given(figure: float | None) -> float:
    assert figure is not None, "check_schedule lets no open load through without it"
    return figure
