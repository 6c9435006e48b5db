"""Keep warm, or scale to zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.queueing import MDc
from vedette.rules.capacity.warmth import Instance, best_timeout, kept_cheaper, latency_quantile, warmth
from vedette.values.device import Billing

QUICK = Instance(load_s=0.5, warm_up_s=0.1, latency_s=0.02, price_per_hour=1.0)


def one_by_one(instance, rate, timeout, count=60_000, seed=2):
    """Each image in turn: cold share, latencies, share of the time on, and starts an hour."""
    idle_from, now, cold, on, latencies = 0.0, 0.0, 0, 0.0, []
    for gap in np.random.default_rng(seed).exponential(1 / rate, count):
        now += gap
        idle = now - idle_from
        takes = instance.cold_s if idle > timeout else instance.latency_s
        cold += idle > timeout
        on += takes + min(max(0.0, idle), timeout)
        idle_from = max(now, idle_from) + takes
        latencies.append(idle_from - now)
    return cold / count, np.array(latencies), on / idle_from, cold / idle_from * 3600


@pytest.mark.parametrize(
    ("instance", "rate", "timeout"),
    [
        (QUICK, 1.0, 2.0),
        (QUICK, 25.0, 0.1),
        (Instance(2.0, 1.0, 0.1), 0.5, 1.0),
        (Instance(3.0, 0.05, 0.03), 0.05, 5.0),
        (Instance(0.0, 0.1, 0.1), 5.0, math.inf),
    ],
)
def test_the_closed_form_is_what_a_simulation_of_each_image_finds(instance, rate, timeout) -> None:
    """Share of cold images, mean, p99, running time and starts, over 60,000 images."""
    found = warmth(instance, rate, timeout)

    cold, latencies, on, starts = one_by_one(instance, rate, timeout)
    assert found.cold_share == pytest.approx(cold, rel=0.06, abs=1e-4)
    assert found.mean_s == pytest.approx(latencies.mean(), rel=0.05)
    assert found.p99_s == pytest.approx(np.quantile(latencies, 0.99), rel=0.05)
    assert found.on_share == pytest.approx(on, rel=0.02)
    assert found.starts_per_hour == pytest.approx(starts, rel=0.06, abs=0.1)


@pytest.mark.parametrize("load", [0.3, 0.8, 0.95, 0.99])
def test_an_instance_that_is_kept_warm_is_a_queue_with_fixed_services(load) -> None:
    """M/D/1: mean and several quantiles against its exact distribution."""
    instance, queue = Instance(9.0, 1.0, 1.0), MDc(load, 1.0)

    assert warmth(instance, load, math.inf).mean_s == pytest.approx(queue.mean_wait + 1)
    for share in (0.5, 0.9, 0.99):
        wanted = queue.wait_quantile(share) + 1
        assert latency_quantile(instance, load, math.inf, share) == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("load", [0.99999, 1 - 1e-9])
def test_an_instance_that_is_nearly_full_has_the_quantiles_of_heavy_traffic(load) -> None:
    """The wait is exponential then, with a mean of L / 2 (1 - rho) (J. F. C. Kingman 1961), cold starts or not."""
    instance = Instance(9.0, 1.0, 1.0)
    wanted = math.log(100) / (2 * (1 - load))

    assert latency_quantile(instance, load, math.inf) == pytest.approx(wanted, rel=1e-3)
    assert latency_quantile(instance, load, 0.5) == pytest.approx(wanted, rel=1e-3)


def test_costs_follow_what_is_billed() -> None:
    """By the second: price times the share of the time on; by the hour: up to an hour more for each start."""
    hourly = Instance(0.5, 0.1, 0.02, 1.0, Billing.HOUR)
    second, hour = warmth(QUICK, 0.001, 10.0), warmth(hourly, 0.001, 10.0)

    assert second.cost_per_hour == second.least_cost_per_hour == second.on_share
    assert hour.least_cost_per_hour == pytest.approx(hour.starts_per_hour)
    assert hour.cost_per_hour == pytest.approx(hour.on_share + hour.starts_per_hour)
    assert warmth(Instance(0.5, 0.1, 0.02), 1.0, 1.0).cost_per_hour is None
    assert warmth(QUICK, 1.0, math.inf).cost_per_hour == 1.0


def test_the_break_even_rate_is_where_both_cost_the_same() -> None:
    """Without a timeout and billed by the second: price x on share = the price of what is kept."""
    found = kept_cheaper(QUICK, 0.0, 0.3)

    assert found is not None
    assert warmth(QUICK, found[0], 0.0).cost_per_hour == pytest.approx(0.3, rel=1e-6)
    assert found[1] == math.inf
    assert kept_cheaper(QUICK, 0.0, 1.0) is None
    with pytest.raises(ValueError, match="no price"):
        kept_cheaper(Instance(0.5, 0.1, 0.02), 0.0, 1.0)


def test_billed_by_the_hour_keeping_is_cheaper_between_two_rates() -> None:
    """Few starts cost less than keeping it, and so do the rare starts of a busy instance: costs meet at both ends."""
    hourly = Instance(0.5, 0.1, 0.02, 1.0, Billing.HOUR)
    found = kept_cheaper(hourly, 10.0, 1.1)

    assert found is not None
    low, high = found
    assert low < high < 50
    for rate in found:
        assert warmth(hourly, rate, 10.0).cost_per_hour == pytest.approx(1.1, rel=1e-6)
    middle = warmth(hourly, math.sqrt(low * high), 10.0).cost_per_hour
    assert middle is not None
    assert middle > 1.1


def test_the_best_timeout_is_the_shortest_that_keeps_the_limit() -> None:
    """A p99 of 0.3 s needs 4.9 s of waiting at an image a second; 1 s needs none; 10 ms no timeout can keep."""
    best = best_timeout(QUICK, 1.0, 0.3)

    assert best is not None
    assert best.p99_s <= 0.3
    assert latency_quantile(QUICK, 1.0, best.timeout_s - 0.01) > 0.3
    none = best_timeout(QUICK, 1.0, 1.0)
    assert none is not None
    assert none.timeout_s == 0.0
    assert best_timeout(QUICK, 1.0, 0.01) is None


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 45.0), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_a_longer_timeout_is_never_slower_and_never_runs_less(rate, first, second) -> None:
    """Cold share, mean and starts fall with the timeout, the running time rises; all are in their ranges."""
    short, long = (warmth(QUICK, rate, timeout) for timeout in sorted((first, second)))

    assert long.cold_share <= short.cold_share + 1e-12
    assert long.mean_s <= short.mean_s + 1e-12
    assert long.starts_per_hour <= short.starts_per_hour + 1e-9
    assert long.on_share >= short.on_share - 1e-12
    assert 0 <= short.on_share <= 1
    assert short.p99_s >= QUICK.latency_s


@pytest.mark.parametrize(("rate", "timeout"), [(50.0, 1.0), (0.0, 1.0), (1.0, -1.0), (1.0, math.nan)])
def test_what_has_no_answer_is_refused(rate, timeout) -> None:
    """More images than one instance serves, none at all, or a timeout that is no time."""
    with pytest.raises(ValueError, match=r"without end|above 0|0 or more"):
        warmth(QUICK, rate, timeout)
    with pytest.raises(ValueError, match="times must be above 0"):
        Instance(0.5, 0.0, 0.1)


def test_the_figures_of_the_documentation() -> None:
    """docs/planning.md: an image a second, load 0.5 s, W 0.1 s, L 20 ms."""
    never, best = warmth(QUICK, 1.0, 0.0), best_timeout(QUICK, 1.0, 0.3)

    assert (round(never.cold_share, 2), round(never.on_share, 2)) == (0.62, 0.38)
    assert best is not None
    assert best.timeout_s == pytest.approx(4.87, abs=0.005)
    assert 1 - best.on_share == pytest.approx(0.0075, abs=5e-5)
    found = kept_cheaper(QUICK, 0.0, 0.3)
    assert found is not None
    assert found[0] == pytest.approx(0.70, abs=0.005)
