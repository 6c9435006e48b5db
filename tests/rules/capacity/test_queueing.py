"""Queues with a closed form, approximations and bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.capacity.queueing import (
    MDc,
    MMc,
    allen_cunneen,
    erlang_b,
    erlang_c,
    kingman,
    least_quantile,
    mg1_mean_wait,
    most_rate,
    offered,
)


def waits(gaps, services, servers=1):
    """First come, first served, by the recursion of J. Kiefer and J. Wolfowitz (1955)."""
    free = np.zeros(servers)
    now, found = 0.0, []
    for gap, service in zip(gaps, services, strict=True):
        now += gap
        place = int(free.argmin())
        start = max(now, free[place])
        found.append(start - now)
        free[place] = start + service
    return np.array(found)


@pytest.mark.parametrize(
    ("servers", "traffic", "blocked"), [(1, 1.0, 0.5), (2, 1.0, 0.2), (5, 3.0, 0.1101), (10, 7.0, 0.0787)]
)
def test_erlang_b_is_as_tabled(servers, traffic, blocked) -> None:
    """Loss of a full group of trunks, from the tables of traffic theory."""
    assert erlang_b(servers, traffic) == pytest.approx(blocked, abs=5e-5)


@pytest.mark.parametrize(("servers", "traffic"), [(1, 0.7), (2, 1.5), (8, 6.4), (40, 38.0)])
def test_erlang_c_is_the_sum_of_its_definition(servers, traffic) -> None:
    """The recursion equals a^c / c! / (1 - rho) over the sum of all states."""
    last = traffic**servers / math.factorial(servers) / (1 - traffic / servers)
    below = sum(traffic**number / math.factorial(number) for number in range(servers))

    assert erlang_c(servers, traffic) == pytest.approx(last / (below + last))
    assert erlang_c(servers, float(servers)) == 1.0


def test_one_exponential_server_has_its_textbook_figures() -> None:
    """M/M/1: the latency is exponential with mean s / (1 - rho)."""
    queue = MMc(rate=0.8, service=1.0)

    assert queue.mean_wait == pytest.approx(4.0)
    assert queue.latency_quantile(0.99) == pytest.approx(5 * math.log(100))
    assert queue.wait_quantile(0.1) == 0.0
    assert mg1_mean_wait(0.8, 1.0, variation=1.0) == pytest.approx(queue.mean_wait)


@pytest.mark.parametrize("servers", [2, 5])
def test_latencies_of_exponential_servers_have_the_mean_that_little_gives(servers) -> None:
    """The area above the distribution function is wait plus service; with d = m too, as at 4 of 5 servers busy."""
    queue = MMc(rate=servers - 1.0, service=1.0, servers=servers)
    shares = (np.arange(500) + 0.5) / 500

    mean = np.mean([queue.latency_quantile(share) for share in shares])
    assert mean == pytest.approx(queue.mean_wait + 1.0, rel=0.01)


def test_fixed_services_wait_half_as_long_as_exponential_ones() -> None:
    """M/D/1 by Pollaczek and Khinchine, and by the whole distribution of its wait."""
    assert mg1_mean_wait(0.9, 1.0, variation=0.0) == pytest.approx(MMc(0.9, 1.0).mean_wait / 2)
    assert MDc(0.9, 1.0).mean_wait == pytest.approx(4.5)
    assert MDc(0.5, 2e-3 * 500).wait_share(0.0) == pytest.approx(0.5)


def test_the_wait_of_one_fixed_service_is_erlangs_alternating_sum() -> None:
    """P(W <= t) = (1 - rho) sum (-1)^k (rate (t - k s))^k / k! e^(rate (t - k s)) (A. K. Erlang 1909)."""
    rate = 0.6
    queue = MDc(rate, 1.0)

    for time in (0.3, 1.0, 2.5, 4.9):
        terms = [
            (-rate * (time - k)) ** k / math.factorial(k) * math.exp(rate * (time - k)) for k in range(int(time) + 1)
        ]
        assert queue.wait_share(time) == pytest.approx((1 - rate) * sum(terms), abs=1e-9)


@pytest.mark.parametrize("servers", [2, 4])
def test_several_fixed_servers_wait_as_a_recursion_of_waits_does(servers) -> None:
    """M/D/c: mean and p99 against Kiefer and Wolfowitz' recursion over 60,000 arrivals."""
    rng = np.random.default_rng(5)
    rate, count = 0.5 * servers, 40_000
    queue = MDc(rate, 1.0, servers)

    found = waits(rng.exponential(1 / rate, count), np.ones(count), servers)[count // 10 :]
    assert queue.mean_wait == pytest.approx(found.mean(), rel=0.08)
    assert queue.wait_quantile(0.99) == pytest.approx(np.quantile(found, 0.99), rel=0.08)
    assert queue.wait_quantile(0.2) == 0.0
    assert queue.wait_share(queue.wait_quantile(0.9)) == pytest.approx(0.9, abs=1e-6)


def test_the_general_distribution_of_one_server_is_the_special_one() -> None:
    """The states of M/D/1 by the recursion equal those by linear equations."""
    from vedette.rules.capacity.queueing import _one_server, _servers

    assert _one_server(0.8, 120) == pytest.approx(_servers(0.8, 1, 120), abs=1e-9)


@given(st.floats(0.05, 0.95), st.floats(0.0, 3.0))
def test_kingman_is_above_the_exact_mean(load, variation) -> None:
    """The bound holds where the mean is known: Poisson arrivals at one server."""
    exact = mg1_mean_wait(load, 1.0, variation)

    assert kingman(load, 1.0, variation) >= exact * (1 - 1e-12)
    assert allen_cunneen(load, 1.0, 1, variation) == pytest.approx(exact)


def test_allen_and_cunneen_are_exact_for_exponential_servers() -> None:
    """With variations of 1 the approximation is M/M/c; it is within 10 % of M/D/2."""
    assert allen_cunneen(1.6, 1.0, 2, 1.0) == MMc(1.6, 1.0, 2).mean_wait
    assert allen_cunneen(1.6, 1.0, 2, 0.0) == pytest.approx(MDc(1.6, 1.0, 2).mean_wait, rel=0.1)


@pytest.mark.parametrize(("rate", "service", "servers"), [(1.0, 1.0, 1), (2.0, 1.5, 3), (0.0, 1.0, 1), (1.0, 0.5, 0)])
def test_a_queue_that_grows_without_end_is_refused(rate, service, servers) -> None:
    """At a load of 1 there is no mean; and there are no queues without rate or servers."""
    with pytest.raises(ValueError, match=r"above 0|without end"):
        offered(rate, service, servers)


def test_a_load_too_near_to_one_has_no_exact_distribution() -> None:
    """It would take too many states; the message says the load."""
    with pytest.raises(ValueError, match="too near 1"):
        MDc(0.9999, 1.0)


def test_the_most_that_batches_serve_is_the_best_of_them() -> None:
    """Batches of 1, 2, 3 in 1, 1.2 and 3 s: pairs are the quickest, 5/3 a second, twice that with two servers."""
    assert most_rate([1.0, 1.2, 3.0]) == pytest.approx(2 / 1.2)
    assert most_rate([1.0, 1.2, 3.0], 2) == pytest.approx(4 / 1.2)


def test_the_least_p99_of_one_fixed_server_is_that_of_its_queue() -> None:
    """Without batches and with one server the bound is exact; near the limit it is high, at the limit infinite."""
    assert least_quantile(0.8, [1.0]) == pytest.approx(MDc(0.8, 1.0).wait_quantile(0.99) + 1.0)
    assert least_quantile(0.01, [1.0, 1.5]) == 1.0
    assert least_quantile(1.0, [1.0]) == math.inf
    assert least_quantile(0.9999, [1.0]) > 100


@pytest.mark.parametrize("servers", [2, 3])
def test_no_fixed_servers_go_below_the_least_p99(servers) -> None:
    """The bound is below the exact p99 of M/D/c, and not far below in heavy traffic."""
    rate = 0.97 * servers
    exact = MDc(rate, 1.0, servers).wait_quantile(0.99) + 1.0

    assert 0.8 * exact < least_quantile(rate, [1.0], servers) <= exact


@pytest.mark.parametrize(
    ("rate", "servers", "wait_ms", "p99_ms"), [(60, 1, 7.5, 55.3), (80, 1, 20.0, 113.6), (60, 2, 0.55, 18.6)]
)
def test_the_figures_of_the_documentation(rate, servers, wait_ms, p99_ms) -> None:
    """docs/planning.md: services of 10 ms."""
    queue = MDc(rate, 0.01, servers)

    assert queue.mean_wait * 1e3 == pytest.approx(wait_ms, abs=0.005)
    assert queue.wait_quantile(0.99) * 1e3 + 10 == pytest.approx(p99_ms, abs=0.05)
