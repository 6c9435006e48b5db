"""The formulas that measurements are held against."""

from __future__ import annotations

import numpy as np
import pytest
from queueing_theory import (
    closed_bound,
    closed_throughput,
    md1_mean,
    mdc_mean,
    mm1_mean,
    mm1_quantile,
    mm1_tail,
    times_in_system,
)


@pytest.mark.parametrize("load", [0.1, 0.5, 0.7, 0.9])
def test_crommelin_with_one_worker_is_pollaczek_and_khinchine(load: float) -> None:
    """M/D/1 has a closed form, and the numerical solution equals it."""
    assert mdc_mean(load / 10, 10.0, 1) == pytest.approx(md1_mean(load / 10, 10.0), rel=1e-9)


@pytest.mark.parametrize(("load", "workers"), [(0.5, 2), (0.7, 2), (0.8, 4)])
def test_crommelin_matches_a_simulated_queue(load: float, workers: int) -> None:
    """The recursion of Kiefer and Wolfowitz over 200 000 arrivals gives the same mean within 1 %."""
    rng = np.random.default_rng(3)
    arrivals = np.cumsum(rng.exponential(1 / (load * workers), 200_000))

    times = times_in_system(arrivals, np.ones(200_000), workers)

    assert times.mean() == pytest.approx(mdc_mean(load * workers, 1.0, workers), rel=0.01)


def test_mm1_matches_a_simulated_queue() -> None:
    """The recursion of Lindley over 200 000 arrivals gives the mean, a tail and a quantile at half load."""
    rng = np.random.default_rng(5)
    arrivals, services = np.cumsum(rng.exponential(20.0, 200_000)), rng.exponential(10.0, 200_000)

    times = times_in_system(arrivals, services, 1)

    assert times.mean() == pytest.approx(mm1_mean(0.05, 10.0), rel=0.02)
    assert (times > 40.0).mean() == pytest.approx(mm1_tail(0.05, 10.0, 40.0), rel=0.05)
    assert np.quantile(times, 0.99) == pytest.approx(mm1_quantile(0.05, 10.0, 0.99), rel=0.05)


def test_two_workers_by_hand() -> None:
    """The third request waits for the worker that is free first, the fourth for the other one."""
    times = times_in_system(np.array([0, 1, 2, 2]), np.array([10, 4, 3, 1]), 2)

    assert times.tolist() == [10, 4, 6, 7]


def test_one_client_never_waits() -> None:
    """The closed loop of one client is think and service by turns; many clients reach what the worker can do."""
    assert closed_throughput(1, 40.0, 10.0) == pytest.approx(1 / 50)
    assert closed_throughput(200, 40.0, 10.0) == pytest.approx(1 / 10, rel=1e-6)


@pytest.mark.parametrize("clients", [1, 2, 5, 20])
def test_the_machine_repairman_keeps_the_bound_and_the_balance(clients: int) -> None:
    """Mean value analysis equals the chain of births and deaths solved directly, and stays below the bound."""
    think, service = 40.0, 10.0
    weights = np.cumprod([1.0, *((clients - queued) * service / think for queued in range(clients))])
    busy = 1 - weights[0] / weights.sum()

    assert closed_throughput(clients, think, service) == pytest.approx(busy / service, rel=1e-12)
    assert closed_throughput(clients, think, service) <= closed_bound(clients, think, service) + 1e-12
