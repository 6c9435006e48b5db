"""Series whose truth is known, and the rows of a run made of them."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.values.requests import DTYPES, Requests

Floats = NDArray[np.float64]


def ar1(rng: np.random.Generator, count: int, coefficient: float) -> Floats:
    """Stationary from its first value on: variance 1 / (1 - coefficient^2)."""
    from scipy.signal import lfilter

    first = rng.normal() / np.sqrt(1 - coefficient**2)
    noise = rng.normal(size=count)
    noise[0] = first
    return np.asarray(lfilter([1.0], [1.0, -coefficient], noise))


def queue(rng: np.random.Generator, count: int, load: float) -> tuple[Floats, Floats]:
    """Arrivals and departures of M/M/1 with a mean service time of 1, empty at the start."""
    service = rng.exponential(1.0, count)
    begin = np.cumsum(rng.exponential(1 / load, count))
    worked = np.cumsum(service)
    end = np.maximum.accumulate(begin - np.concatenate([[0.0], worked[:-1]])) + worked
    return begin, end


def sojourns(rng: np.random.Generator, count: int, load: float) -> Floats:
    """Times in the system of M/M/1, the start left out; exponential with mean 1 / (1 - load)."""
    begin, end = queue(rng, count + 2000, load)
    return (end - begin)[2000:]


def clients(rng: np.random.Generator, count: int, number: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """A closed loop with exponential service times of mean 1: begin, end, client, in the order of sending."""
    free = [(0.0, client) for client in range(number)]
    rows = []
    for service in rng.exponential(1.0, count).tolist():
        begin, client = heapq.heappop(free)
        rows.append((begin, begin + service, client))
        heapq.heappush(free, (begin + service, client))
    begin_s, end_s, client_of = (np.asarray(column) for column in zip(*rows, strict=True))
    return begin_s, end_s, client_of


def rows(
    begin_s: Sequence[float] | Floats,
    end_s: Sequence[float] | Floats,
    *,
    status: int | Sequence[int] = 0,
    repeat: int = 0,
    client: int | Sequence[int] | NDArray[np.int64] = 0,
    warm_up: bool | Sequence[bool] = False,
    late_s: float | Floats = 0.0,
) -> Requests:
    """Rows of one repeat; the clock starts a day before the first request."""
    count = len(begin_s)
    day_ns = 86_400 * 10**9
    begin = day_ns + np.round(np.asarray(begin_s) * 1e9).astype(np.int64)
    columns = {
        "repeat": repeat,
        "client": client,
        "image": 0,
        "warm_up": warm_up,
        "scheduled": begin,
        "sent": begin + np.round(np.asarray(late_s) * 1e9).astype(np.int64),
        "done": day_ns + np.round(np.asarray(end_s) * 1e9).astype(np.int64),
        "status": status,
        "code": 200,
        "answer_bytes": 1,
    }
    return Requests(*(np.broadcast_to(columns[name], count).astype(kind) for name, kind in DTYPES.items()))
