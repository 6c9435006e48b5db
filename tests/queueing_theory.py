"""What queueing theory says of servers, as a second truth beside what is measured of them. Any unit of time will do.

Kendall's notation: arrivals / service / workers, M for a Poisson process or exponential times, D for fixed ones.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

_TAIL = 1e-12


def mm1_mean(rate: float, service: float) -> float:
    """Mean time in an M/M/1 system, waiting and service, first come first served (Erlang; Kleinrock 1975, 3.2)."""
    return 1 / (1 / service - rate)


def mm1_tail(rate: float, service: float, time: float) -> float:
    """P(time in an M/M/1 system > time): it is exponential (Kleinrock 1975, 5.118)."""
    return math.exp(-time / mm1_mean(rate, service))


def mm1_quantile(rate: float, service: float, share: float) -> float:
    """The time in an M/M/1 system that `share` of the requests do not exceed."""
    return -math.log(1 - share) * mm1_mean(rate, service)


def md1_mean(rate: float, service: float) -> float:
    """Mean time in an M/D/1 system (Pollaczek 1930, Khinchine 1932)."""
    load = rate * service
    return service + load * service / (2 * (1 - load))


def mdc_mean(rate: float, service: float, workers: int) -> float:
    """Mean time in an M/D/c system, after Crommelin (1932, Delay probability formulae).

    Who is in service at some instant is gone one service time later, and who is there then either waited or has come
    since: N(t + D) = max(N(t) - c, 0) + Poisson(rate D). The probabilities that do not change under this step are those
    of the number in the system; they are solved for numerically, cut off where their tail is of no weight. Little's law
    makes the mean number a mean time.
    """
    size = _states(rate * service, workers)
    arrivals = stats.poisson(rate * service).pmf(np.arange(size))
    step = np.zeros((size, size))
    for number in range(size):
        left = max(number - workers, 0)
        step[number, left:] = arrivals[: size - left]
    balance = step.T - np.eye(size)
    balance[-1] = 1.0
    found = np.linalg.solve(balance, np.eye(size)[-1])
    return float(found @ np.arange(size)) / rate


def _states(offered: float, workers: int) -> int:
    """So many that more are in the system with no noticeable probability: a queue falls off geometrically."""
    busy = offered / workers
    return math.ceil(math.log(_TAIL) / math.log(busy)) + workers + math.ceil(offered + 10 * math.sqrt(offered))


def times_in_system(arrivals: np.ndarray, services: np.ndarray, workers: int) -> np.ndarray:
    """Waiting and service of each request, first come first served (Lindley 1952; Kiefer and Wolfowitz 1955).

    The work that is left to each worker, in ascending order, is carried from arrival to arrival: a request goes to the
    least, and all are worked off until the next one comes.
    """
    left = np.zeros(workers, arrivals.dtype)
    gaps = np.diff(arrivals, prepend=arrivals[:1])
    times = np.empty_like(arrivals)
    for number, (gap, service) in enumerate(zip(gaps, services, strict=True)):
        left = np.maximum(left - gap, 0)
        times[number] = left[0] + service
        left[0] += service
        left.sort()
    return times


def closed_throughput(clients: int, think: float, service: float) -> float:
    """Answers a unit of time of the machine repairman: one exponential worker, and clients that think in between.

    Mean value analysis (Reiser and Lavenberg 1980): a request finds the queue that one client fewer makes. How the time
    to think is distributed does not matter, only its mean (Baskett, Chandy, Muntz and Palacios 1975).
    """
    queue = throughput = 0.0
    for number in range(1, clients + 1):
        response = service * (1 + queue)
        throughput = number / (think + response)
        queue = throughput * response
    return throughput


def closed_bound(clients: int, think: float, service: float) -> float:
    """What a closed loop can never exceed (Muntz and Wong 1974): nobody waits, or the one worker never rests."""
    return min(clients / (think + service), 1 / service)
