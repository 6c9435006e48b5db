"""Queues with a closed form, approximations, and bounds: what a plan for a rate is pruned with and checked against.

    arrivals a second, time of a service, servers -> waiting times, in the unit of the time of a service

Kendall's notation: arrivals / service / servers; M is exponential (a Poisson process), D fixed, G any. Waiting counts
from the arrival to the start of the service. Everything is for one queue that is served in the order of arrival. It
knows no batching policy; batches enter only as the limits `most_rate` and `least_quantile`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TAIL = 28.0
"""Decay of the tail, in powers of e, beyond which states are left out: 7e-13."""

_MOST_STATES = 6000


def offered(rate: float, service: float, servers: int = 1) -> float:
    """Share of the time in which a server works: rate x service / servers.

    Raises:
        ValueError: the rate or the time is not above 0, there is no server, or the share reaches 1: no queue is stable.
    """
    if not (rate > 0 and service > 0 and servers >= 1 and math.isfinite(rate * service)):
        raise ValueError(f"rate, time and servers must be above 0, got {rate:g}, {service:g}, {servers}")
    load = rate * service / servers
    if load >= 1:
        raise ValueError(f"{servers} servers are busy for {load:.2f} of the time: the queue grows without end")
    return load


def erlang_b(servers: int, traffic: float) -> float:
    """Share of arrivals that find every server busy where nobody waits; `traffic` is rate x service, in erlang.

    By the recursion B(c) = a B(c-1) / (c + a B(c-1)) of A. K. Erlang's loss formula (1917).
    """
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = traffic * blocked / (count + traffic * blocked)
    return blocked


def erlang_c(servers: int, traffic: float) -> float:
    """Share of arrivals that wait in M/M/c (A. K. Erlang 1917); 1 where `traffic` reaches the servers."""
    if traffic >= servers:
        return 1.0
    blocked = erlang_b(servers, traffic)
    return servers * blocked / (servers - traffic * (1 - blocked))


@dataclass(frozen=True, slots=True)
class MMc:
    """Poisson arrivals, exponential services of mean `service`, `servers` servers."""

    rate: float
    service: float
    servers: int = 1

    def __post_init__(self) -> None:
        offered(self.rate, self.service, self.servers)

    @property
    def mean_wait(self) -> float:
        """C(c, a) / (c / service - rate)."""
        waits = erlang_c(self.servers, self.rate * self.service)
        return waits / (self.servers / self.service - self.rate)

    def wait_quantile(self, share: float) -> float:
        """The time that `share` of the arrivals wait at most: P(W > t) = C(c, a) exp(-(c / service - rate) t)."""
        waits = erlang_c(self.servers, self.rate * self.service)
        return max(0.0, math.log(waits / (1 - share)) / (self.servers / self.service - self.rate))

    def latency_quantile(self, share: float) -> float:
        """The same of waiting and service together, by bisection of its distribution function.

        With d = c / service - rate and m = 1 / service, P(T > t) = (1 - C) e^-mt + C (d e^-mt - m e^-dt) / (d - m)
        (Gross and Harris 1998, Fundamentals of queueing theory, section 2.3); C (1 + mt) e^-mt where d = m.
        """
        low, high = 0.0, self.service
        while self._later(high) > 1 - share:
            low, high = high, 2 * high
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if self._later(middle) > 1 - share else (low, middle)
        return high

    def _later(self, time: float) -> float:
        waits = erlang_c(self.servers, self.rate * self.service)
        ends, drains = 1 / self.service, self.servers / self.service - self.rate
        alone = (1 - waits) * math.exp(-ends * time)
        if math.isclose(drains, ends, rel_tol=1e-9):
            return alone + waits * (1 + ends * time) * math.exp(-ends * time)
        both = (drains * math.exp(-ends * time) - ends * math.exp(-drains * time)) / (drains - ends)
        return alone + waits * both


def mg1_mean_wait(rate: float, service: float, variation: float) -> float:
    """Mean wait of M/G/1: rho s (1 + v^2) / (2 (1 - rho)) (Pollaczek 1930, Khinchine 1932).

    `variation` is the coefficient of variation of the service: 0 is M/D/1, 1 is as M/M/1.
    """
    load = offered(rate, service)
    return load * service * (1 + variation**2) / (2 * (1 - load))


def kingman(rate: float, service: float, variation: float, arrival_variation: float = 1.0) -> float:
    """Upper bound of the mean wait of G/G/1 (J. F. C. Kingman 1962).

    rate (va + vs) / (2 (1 - rho)), where va and vs are the variances of the gaps and of the services. It is near in
    heavy traffic and too high in light.
    """
    load = offered(rate, service)
    variances = (arrival_variation / rate) ** 2 + (variation * service) ** 2
    return rate * variances / (2 * (1 - load))


def allen_cunneen(rate: float, service: float, servers: int, variation: float, arrival_variation: float = 1.0) -> float:
    """Approximate mean wait of G/G/c: that of M/M/c times (ca^2 + cs^2) / 2 (A. O. Allen 1990, section 5.4).

    Exact for M/M/c and M/G/1; otherwise neither bound nor exact.
    """
    return MMc(rate, service, servers).mean_wait * (arrival_variation**2 + variation**2) / 2


class MDc:
    """Poisson arrivals, services that all take `service`, `servers` servers: the exact distribution of the wait.

    After C. D. Crommelin (1932). What is in the system one service time later was waiting now or has arrived since, so
    that the number in the system has the distribution p = p_0..c a + sum p_(c+k) a shifted by k, where a is Poisson of
    rate x service. The wait follows from the number that wait, in a sum of positive terms (G. J. Franx 2001, A simple
    solution for the M/D/c waiting time distribution, Operations Research Letters 29).
    """

    def __init__(self, rate: float, service: float, servers: int = 1) -> None:
        self.rate, self.service, self.servers = rate, service, servers
        load = offered(rate, service, servers)
        states = servers + math.ceil(_TAIL / (2 * (1 - load))) + math.ceil(12 * math.sqrt(servers)) + 20
        if states > _MOST_STATES:
            raise ValueError(f"servers are busy for {load:.5f} of the time: too near 1 for an exact distribution")
        numbers = _one_server(load, states) if servers == 1 else _servers(rate * service, servers, states)
        self._waiting_at_most = np.cumsum(np.concatenate([[numbers[: servers + 1].sum()], numbers[servers + 1 :]]))

    @property
    def mean_wait(self) -> float:
        """By Little's law from the mean number that wait."""
        return float((1 - self._waiting_at_most).clip(0).sum()) / self.rate

    def wait_share(self, time: float) -> float:
        """P(W <= time) = e^-y sum over j < k c of Q(k c - 1 - j) y^j / j!, where (k-1) s <= time < k s.

        Here y is rate (k s - time), and Q(m) the probability that m wait at most.
        """
        services = math.floor(time / self.service * (1 + 1e-12)) + 1
        expected = self.rate * max(0.0, services * self.service - time)
        terms = _poisson(expected, services * self.servers)
        places = np.minimum(services * self.servers - 1 - np.arange(len(terms)), len(self._waiting_at_most) - 1)
        return float(min(1.0, terms @ self._waiting_at_most[places]))

    def wait_quantile(self, share: float) -> float:
        """The shortest time that `share` of the arrivals wait at most, by bisection."""
        if self.wait_share(0.0) >= share:
            return 0.0
        low, high = 0.0, self.service
        while self.wait_share(high) < share:
            low, high = high, 2 * high
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if self.wait_share(middle) >= share else (middle, high)
        return high


def _poisson(mean: float, count: int) -> NDArray[np.float64]:
    """Probabilities of 0 .. count - 1 events, by logarithms: no term overflows."""
    if mean == 0:
        return np.eye(1, count, dtype=np.float64).ravel()
    numbers = np.arange(count, dtype=np.float64)
    logarithms = np.concatenate([[0.0], np.cumsum(np.log(numbers[1:]))])
    probabilities: NDArray[np.float64] = np.exp(numbers * math.log(mean) - mean - logarithms)
    return probabilities


def _one_server(load: float, states: int) -> NDArray[np.float64]:
    """Number in M/D/1: what rises above j over a service balances what comes down; only positive terms are added."""
    arrivals = _poisson(load, states + 2)
    more = np.maximum(0.0, 1 - np.cumsum(arrivals))
    tail = np.cumsum(arrivals[::-1])[::-1]
    more[:-1] = tail[1:]
    numbers = np.zeros(states)
    numbers[0] = 1 - load
    for place in range(states - 1):
        rises = numbers[0] * more[place] + numbers[1 : place + 1] @ more[place:0:-1]
        numbers[place + 1] = rises / arrivals[0]
    return numbers


def _servers(traffic: float, servers: int, states: int) -> NDArray[np.float64]:
    """Number in M/D/c: the distribution that one service time leaves as it is, of so many states."""
    arrivals = _poisson(traffic, states)
    moves = np.zeros((states, states))
    for state in range(states):
        left = max(0, state - servers)
        moves[state, left:] = arrivals[: states - left]
        moves[state, -1] += max(0.0, 1 - moves[state].sum())
    equations = np.vstack([moves.T[:-1] - np.eye(states)[:-1], np.ones(states)])
    return np.asarray(np.linalg.solve(equations, np.eye(states)[-1]))


def most_rate(times: Sequence[float], servers: int = 1) -> float:
    """Arrivals a time that `servers` can serve at most, by any policy: c max over k of k / L(k).

    `times` are L(1), L(2), ... of a batch of so many rows. From this rate on every queue grows without end. A policy
    that runs batches of B while rows wait reaches c B / L(B).
    """
    return servers * max(rows / time for rows, time in enumerate(times, 1))


def least_quantile(rate: float, times: Sequence[float], servers: int = 1, share: float = 0.99) -> float:
    """A latency that no policy in order of arrival goes below at the quantile `share`, where batches take fixed times.

    Every row takes the shortest batch, min L(k). It also takes w = min L(k) / k of some server's time, so the work that
    is left never falls below that of a single server that is c times as quick, takes rows one by one, and is M/D/1.
    When a row is done, the rows before it are done but for c - 1 batches of B that run beside it:

        latency >= (work at its arrival, its own included - (c - 1) B w) / c

    Poisson arrivals see the work as it is at any time (Wolff 1982). The bound is exact for M/D/1. Infinite where
    `most_rate` is reached.

    Args:
        rate: arrivals a time.
        times: L(1), L(2), ..., L(B).
        servers: c.
        share: 0..1.
    """
    shortest = min(times)
    if rate >= most_rate(times, servers):
        return math.inf
    work = min(time / rows for rows, time in enumerate(times, 1))
    quick = work / servers
    near = min(rate, 0.995 / quick)
    backlog = MDc(near, quick).wait_quantile(share) + quick
    return max(shortest, backlog - (servers - 1) * len(times) * quick)
