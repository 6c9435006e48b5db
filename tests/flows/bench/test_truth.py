"""The harness measures what is true: servers of known behaviour in virtual time, and queueing theory beside them.

schedule -> session -> simulated server -> recorder -> rows -> summary   held against   closed forms and recursions
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from queueing_theory import (
    closed_bound,
    closed_throughput,
    mdc_mean,
    mm1_mean,
    mm1_quantile,
    mm1_tail,
    times_in_system,
)
from scipy import stats
from simulated_servers import Draw, SimulatedServer, Stall, bimodal, exponential, fixed
from virtual_time import VirtualClock, run

from vedette.flows.bench.recorder import Recorder
from vedette.flows.bench.session import LEAD_NS, Session, endless
from vedette.rules.bench.backlog import piles_up
from vedette.rules.bench.peak_probe import probe_of
from vedette.rules.load.arrivals import schedule
from vedette.rules.load.images import order_of
from vedette.rules.load.peak import after, best, next_rate, start
from vedette.rules.stats.summary import summarise
from vedette.values.evidence import Distribution, Estimate, RepeatSummary, Summary
from vedette.values.requests import Requests, Status
from vedette.values.trial import Limits
from vedette.values.workload import Load, LoadKind, Order

MS, SECOND = 1_000_000, 1_000_000_000
SERVER_SEEDS = 1_000_000
"""The service times of a server are drawn from another seed than the schedule."""


def requests_of(load: Load, draw: Draw, seed: int = 0, **server: Any) -> Requests:
    """The rows of a load on a simulated server, in the order in which they were due, then done."""

    async def measured() -> Requests:
        clock, recorder = VirtualClock(), Recorder()
        target = SimulatedServer(clock, draw, seed=SERVER_SEEDS + seed, **server)
        session = Session(target, recorder, clock, load.timeout_s)
        rng = np.random.default_rng(seed)
        if load.kind.is_open:
            due = schedule(load, rng)
            await session.open_loop(0, due, order_of(Order.SAME, 1, len(due), rng))
        else:
            await session.closed_loop(0, load, endless(Order.SAME, 1, rng))
        return recorder.requests()

    requests = run(measured())
    return requests.where(np.lexsort((requests.done, requests.scheduled)))


def summary_of(load: Load, draw: Draw, seed: int = 0, **server: Any) -> Summary:
    return summarise(requests_of(load, draw, seed, **server), load, (seed,))


def latency_of(load: Load, draw: Draw, seed: int = 0, **server: Any) -> Distribution:
    latency = summary_of(load, draw, seed, **server).latency
    assert latency is not None
    return latency


def repeat_of(load: Load, draw: Draw, seed: int = 0, **server: Any) -> RepeatSummary:
    (repeat,) = summary_of(load, draw, seed, **server).repeats
    return repeat


def service_times(draw: Draw, count: int, seed: int = 0) -> np.ndarray:
    """What the server will take for each request, in nanoseconds."""
    return np.rint(draw(np.random.default_rng(SERVER_SEEDS + seed), count) * 1e6).astype(np.int64)


def covers(estimate: Estimate, truth: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high


LOADS = [
    Load(LoadKind.CONSTANT, rate=70.0, requests=1500),
    Load(LoadKind.POISSON, rate=70.0, requests=1500),
    Load(LoadKind.BURST, rate=70.0, burst=9, requests=1500),
    Load(LoadKind.RAMP, rate=20.0, rate_to=120.0, requests=1500),
]


@pytest.mark.parametrize("draw", [fixed(10.0), exponential(10.0), bimodal(5.0, 50.0, 0.1)])
@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.kind)
@pytest.mark.parametrize("workers", [1, 3])
def test_every_row_is_true_to_the_nanosecond(load: Load, draw: Draw, workers: int) -> None:
    """Each request goes out when it is due, and its latency is what the recursion of Kiefer and Wolfowitz says."""
    due = schedule(load, np.random.default_rng(4))

    requests = requests_of(load, draw, 4, workers=workers)

    assert requests.scheduled.tolist() == (due + LEAD_NS).tolist()
    assert requests.sent.tolist() == requests.scheduled.tolist()
    done = due + times_in_system(due, service_times(draw, len(due), 4), workers)
    assert (requests.done - LEAD_NS).tolist() == done[np.lexsort((done, due))].tolist()
    assert requests.ok.all()


@pytest.mark.parametrize(
    ("draw", "mean_ms", "requests"),
    [(fixed(10.0), 10.0, 1000), (exponential(10.0), 10.0, 30_000), (bimodal(10.0, 50.0, 0.1), 14.0, 25_000)],
    ids=["fixed", "exponential", "bimodal"],
)
def test_a_known_server_gives_back_its_mean(draw: Draw, mean_ms: float, requests: int) -> None:
    """Where nobody waits, the mean latency is the mean service time within 1 %, and so is that from the send."""
    load = Load(LoadKind.POISSON, rate=100.0, requests=requests)

    summary = summary_of(load, draw, workers=None)

    assert summary.latency is not None
    assert summary.service is not None
    assert summary.latency.mean.value == pytest.approx(mean_ms, rel=0.01)
    assert summary.service.mean.value == pytest.approx(mean_ms, rel=0.01)
    assert covers(summary.latency.mean, mean_ms)


@pytest.mark.timeout(300)
def test_the_interval_of_the_99th_percentile_covers_it() -> None:
    """Of 200 runs with seeds of their own at least 182 have the true percentile in their 95 % interval."""
    load = Load(LoadKind.POISSON, rate=100.0, requests=800)
    truth = 10.0 * np.log(100)

    covered = [
        covers(dict(latency_of(load, exponential(10.0), seed, workers=None).percentiles)[99], truth)
        for seed in range(200)
    ]

    assert sum(covered) >= 182


@pytest.mark.parametrize("at_s", [10, 40])
def test_a_stall_shows_in_full(at_s: int) -> None:
    """1 s of standstill under 20 requests a second makes 20 of them late: by 1 s, 0.95 s and so on down to 0.05 s."""
    load = Load(LoadKind.CONSTANT, rate=20.0, requests=1200)
    stall = Stall(LEAD_NS + at_s * SECOND, SECOND)

    requests = requests_of(load, fixed(5.0), workers=None, stalls=[stall])
    latency = summarise(requests, load, (0,)).latency

    late = slice(20 * at_s, 20 * at_s + 20)
    assert requests.latency_ms[late].tolist() == [1005.0 - 50.0 * number for number in range(20)]
    assert np.all(np.delete(requests.latency_ms, late) == 5.0)
    assert latency is not None
    assert latency.maximum == 1005.0
    assert dict(latency.percentiles)[99].value == 405.0


def test_a_stall_of_one_worker_is_worked_off_in_line() -> None:
    """Where one worker takes them in turn, those that piled up come out 5 ms apart, and three more find a queue."""
    load = Load(LoadKind.CONSTANT, rate=20.0, requests=400)
    stall = Stall(LEAD_NS + 10 * SECOND, SECOND)

    latency_ms = requests_of(load, fixed(5.0), stalls=[stall]).latency_ms

    expected = [1000.0 - 50.0 * number + 5.0 * (number + 1) for number in range(23)]
    assert latency_ms[200:223].tolist() == expected
    assert np.all(np.delete(latency_ms, range(200, 223)) == 5.0)


def test_a_client_that_blocks_would_not_see_the_stall() -> None:
    """Why latency counts from the scheduled time: timed from the send by one who waits, one request of 1200 is late."""
    due = np.arange(1200) * 50 * MS

    async def blocked() -> list[float]:
        clock = VirtualClock()
        server = SimulatedServer(clock, fixed(5.0), stalls=[Stall(10 * SECOND, SECOND)])
        taken_ms = []
        for instant in due.tolist():
            await clock.sleep_until(instant)
            sent = clock.now_ns()
            await server.send(0)
            taken_ms.append((clock.now_ns() - sent) / MS)
        return taken_ms

    taken_ms = run(blocked())

    assert sorted(taken_ms)[-2:] == [5.0, 1005.0]
    assert np.quantile(taken_ms, 0.99) == 5.0


def test_lateness_of_the_generator_is_counted_and_told_apart() -> None:
    """Where each send takes the generator 1 ms, those of a burst go out 0, 1, 2 .. ms late, and latency has it."""
    load = Load(LoadKind.BURST, rate=100.0, burst=10, requests=500)

    requests = requests_of(load, fixed(20.0), workers=None, client_ms=1.0)

    assert requests.lateness_ms.tolist() == list(range(10)) * 50
    assert np.all(requests.service_ms == 21.0)
    assert requests.latency_ms.tolist() == [21.0 + late for late in range(10)] * 50
    assert summarise(requests, load, (0,)).repeats[0].lateness_p99_ms == 9.0


def test_lateness_does_not_add_up() -> None:
    """A generator that each send takes 9 ms is a queue of one worker itself: late as Lindley says, and no more."""
    load = Load(LoadKind.POISSON, rate=60.0, requests=2000)
    due = schedule(load, np.random.default_rng(5))

    requests = requests_of(load, fixed(20.0), 5, workers=None, client_ms=9.0)

    late = times_in_system(due, np.full(2000, 9 * MS), 1) - 9 * MS
    assert (requests.scheduled - LEAD_NS).tolist() == due.tolist()
    assert (requests.sent - requests.scheduled).tolist() == late.tolist()
    assert late.max() > 20 * MS


def test_a_stall_beyond_the_time_limit_is_counted_as_failures() -> None:
    """With a limit of 0.5 s the 11 requests that would take longer are failures that took 0.5 s, none is left out."""
    load = Load(LoadKind.CONSTANT, rate=20.0, requests=1200, timeout_s=0.5)
    stall = Stall(LEAD_NS + 10 * SECOND, SECOND)

    requests = requests_of(load, fixed(5.0), workers=None, stalls=[stall])

    assert len(requests) == 1200
    assert np.flatnonzero(requests.status == Status.TIMEOUT).tolist() == list(range(200, 211))
    assert requests.latency_ms[200:211].tolist() == [500.0] * 11
    assert dict(summarise(requests, load, (0,)).failed) == {"timeout": 11}


def test_failures_are_counted_and_not_timed() -> None:
    """Failures of each kind keep their number, and only the right answers make the latency."""
    load = Load(LoadKind.CONSTANT, rate=20.0, requests=1000)
    failures = dict.fromkeys(range(0, 1000, 100), Status.RESET) | {7: Status.HTTP_ERROR}

    summary = summary_of(load, fixed(10.0), failures=failures)

    assert dict(summary.failed) == {"reset": 10, "http_error": 1}
    assert summary.latency is not None
    assert summary.latency.count == 989


def test_a_queue_of_one_worker_is_as_erlang_says() -> None:
    """M/M/1 at half load: the mean and the 99th percentile lie in their intervals, and the tail falls as it should."""
    load = Load(LoadKind.POISSON, rate=50.0, requests=30_000)

    requests = requests_of(load, exponential(10.0), 1)
    latency = summarise(requests, load, (1,)).latency

    assert latency is not None
    assert covers(latency.mean, mm1_mean(0.05, 10.0))
    assert covers(dict(latency.percentiles)[99], mm1_quantile(0.05, 10.0, 0.99))
    for time_ms in (10.0, 20.0, 40.0):
        low, high = interval_of_batches(requests.latency_ms > time_ms)
        assert low <= mm1_tail(0.05, 10.0, time_ms) <= high
        assert high < 1.5 * low


def test_a_queue_of_two_workers_is_as_crommelin_says() -> None:
    """M/D/2 at 70 % load: the mean lies in its interval, which is not wider than 10 %."""
    load = Load(LoadKind.POISSON, rate=140.0, requests=30_000)
    truth = mdc_mean(0.14, 10.0, 2)

    mean = latency_of(load, fixed(10.0), 2, workers=2).mean

    assert covers(mean, truth)
    assert mean.value == pytest.approx(truth, rel=0.03)
    assert mean.high - mean.low < 0.1 * truth


@pytest.mark.parametrize("clients", [1, 4, 8, 32])
def test_closed_loops_are_as_the_machine_repairman_says(clients: int) -> None:
    """N clients that think 40 ms and one worker of 10 ms: throughput of mean value analysis, and below N / (Z + S)."""
    load = Load(LoadKind.CLOSED, clients=clients, think_ms=40.0, requests=8000)

    requests = requests_of(load, exponential(10.0), 3)
    throughput = summarise(requests, load, (3,)).repeats[0].throughput

    truth = 1000 * closed_throughput(clients, 40.0, 10.0)
    assert covers(throughput, truth)
    assert throughput.value == pytest.approx(truth, rel=0.03)
    assert throughput.low < 1000 * closed_bound(clients, 40.0, 10.0)
    assert set(requests.client.tolist()) == set(range(clients))


def test_closed_loops_without_a_queue_reach_the_bound() -> None:
    """Where each of 8 clients has a worker of 10 ms, exactly N / (Z + S) = 160 requests a second are answered."""
    load = Load(LoadKind.CLOSED, clients=8, think_ms=40.0, duration_s=60.0)

    requests = requests_of(load, fixed(10.0), workers=8)

    assert len(requests) == 9600
    assert np.all(requests.latency_ms == 10.0)
    assert summarise(requests, load, (0,)).throughput.value == pytest.approx(160.0, rel=0.001)


def test_a_backlog_is_found() -> None:
    """At 120 % load the queue grows by 20 requests a second, in each of six runs of 30 s."""
    load = Load(LoadKind.POISSON, rate=120.0, duration_s=30.0)

    repeats = [repeat_of(load, exponential(10.0), seed) for seed in range(6)]

    assert all(piles_up(repeat) for repeat in repeats)
    slopes = [repeat.slope.value for repeat in repeats if repeat.slope and repeat.slope.value]
    assert np.mean(slopes) == pytest.approx(20.0, rel=0.2)


def test_a_stable_queue_is_not_called_growing() -> None:
    """At 70 % load no more than one of 30 runs of 20 s is called growing."""
    load = Load(LoadKind.POISSON, rate=70.0, duration_s=20.0)

    growing = [piles_up(repeat_of(load, exponential(10.0), seed)) for seed in range(30)]

    assert sum(growing) <= 1


def test_littles_law_holds_in_a_stable_queue() -> None:
    """Requests under way over time equal arrivals times latency, within the 5 % that a run is allowed."""
    repeat = repeat_of(Load(LoadKind.POISSON, rate=70.0, duration_s=120.0), exponential(10.0))

    assert repeat.little_gap is not None
    assert repeat.little_gap < 0.05
    assert repeat.in_flight == pytest.approx(0.7 / 0.3, rel=0.25)


def test_a_search_finds_the_peak_that_theory_names() -> None:
    """M/M/1 with a mean service of 10 ms holds a p99 of 100 ms up to 100 - ln(100) / 0.1 = 54 requests a second.

    The percentile of 2000 requests that queue is known to some 15 %, and so is the rate.
    """
    load = Load(LoadKind.PEAK, limit_ms=100.0, requests=2000)
    search = start(load)

    while (rate := next_rate(search)) is not None:
        step, seed = Load(LoadKind.POISSON, rate=rate, requests=2000), len(search.probes)
        search = after(search, probe_of(requests_of(step, exponential(10.0), seed), step, seed, 100.0, Limits()))

    assert best(search) == pytest.approx(100 - np.log(100) / 0.1, rel=0.15)


def interval_of_batches(indicator: np.ndarray, batches: int = 30) -> tuple[float, float]:
    """Where a share of a series that depends on itself lies, 99.9 %: Student's interval of means of long batches."""
    means = indicator[: len(indicator) // batches * batches].reshape(batches, -1).mean(axis=1)
    half = stats.t(batches - 1).ppf(0.9995) * means.std(ddof=1) / np.sqrt(batches)
    return means.mean() - half, means.mean() + half
