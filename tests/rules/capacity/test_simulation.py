"""Images that arrive at replicas, event by event."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.batching.policy import BatchPolicy, Dispatch, Waiting
from vedette.rules.capacity.queueing import MDc, MMc, mg1_mean_wait
from vedette.rules.capacity.simulation import Routing, Servers, arrivals, simulate

S = 1_000_000_000
COUNT = 40_000


def poisson(rate, count=COUNT, seed=3):
    return arrivals(np.random.default_rng(seed).standard_exponential(count), rate)


def exponential(seed=8, count=COUNT):
    times = np.rint(np.random.default_rng(seed).standard_exponential(count) * S).astype(int).tolist()
    return lambda rows, image, replica: times[image]


def fixed(rows, image, replica):
    return S


def seconds(trace, name):
    """After the first tenth, in which the queue fills."""
    found = trace.latency_ns if name == "latency" else trace.began_ns - trace.arrived_ns
    return found[len(found) // 10 :] / S


@pytest.mark.parametrize("streams", [1, 3])
def test_exponential_servers_are_as_the_closed_form_says(streams) -> None:
    """M/M/c: mean wait, p99 of the latency, and the share of the time in which a server works."""
    queue = MMc(0.5 * streams, 1.0, streams)

    trace = simulate(poisson(0.5 * streams), Servers(BatchPolicy(), exponential(), streams=streams))
    assert seconds(trace, "wait").mean() == pytest.approx(queue.mean_wait, rel=0.1)
    assert np.quantile(seconds(trace, "latency"), 0.99) == pytest.approx(queue.latency_quantile(0.99), rel=0.1)
    assert trace.utilisation == pytest.approx(0.5, rel=0.02)
    assert trace.mean_waiting == pytest.approx(0.5 * streams * queue.mean_wait, rel=0.1)


@pytest.mark.parametrize("streams", [1, 2])
def test_fixed_servers_are_as_the_closed_form_says(streams) -> None:
    """M/D/1 and M/D/2: mean and p99 of the wait; streams of one replica share its queue."""
    queue = MDc(0.5 * streams, 1.0, streams)

    trace = simulate(poisson(0.5 * streams), Servers(BatchPolicy(), fixed, streams=streams))
    assert seconds(trace, "wait").mean() == pytest.approx(queue.mean_wait, rel=0.06)
    assert np.quantile(seconds(trace, "wait"), 0.99) == pytest.approx(queue.wait_quantile(0.99), rel=0.06)


@pytest.mark.parametrize("load", [0.2, 0.6])
def test_batches_that_find_a_replica_idle_take_longer(load) -> None:
    """Half as long: the mean wait is that of a queue whose busy periods begin with another service (Welch 1964)."""
    first, later = 1.5, 1.0
    alone = (1 - load) / (1 - load + load * first)
    exact = alone * load * ((1 - load) * first**2 + load * first * later**2) / (2 * (1 - load) ** 2)

    trace = simulate(poisson(load), Servers(BatchPolicy(), fixed, idle=lambda _: S // 2))
    took = seconds(trace, "latency") - seconds(trace, "wait")
    assert seconds(trace, "wait").mean() == pytest.approx(exact, rel=0.06)
    assert np.mean(took > (first + later) / 2) == pytest.approx(alone, rel=0.03)
    assert trace.busy_ns == (trace.done_ns - trace.began_ns).sum()


def test_a_replica_is_idle_since_its_last_batch_was_done() -> None:
    """With two streams it is idle when neither works; each idle time is passed as it was, the first from the start."""
    passed: list[int] = []

    def idle(ns: int) -> int:
        passed.append(ns)
        return 0

    arrived = np.array([0, S // 2, 3 * S, 9 * S]) + S
    simulate(arrived, Servers(BatchPolicy(), fixed, streams=2, idle=idle))
    assert passed == [S, 3 * S // 2, 5 * S]


def test_random_routing_makes_queues_of_their_own() -> None:
    """Two replicas at random are two queues, each with half of the rate; in turn they wait less, least-loaded least."""
    choices = np.random.default_rng(4).integers(0, 2, COUNT).tolist()
    mean = {}
    for routing in Routing:
        servers = Servers(BatchPolicy(), exponential(), replicas=2, routing=routing)
        mean[routing] = seconds(simulate(poisson(1.0), servers, choices), "wait").mean()

    assert mean[Routing.RANDOM] == pytest.approx(mg1_mean_wait(0.5, 1.0, 1.0), rel=0.1)
    assert mean[Routing.RANDOM] > mean[Routing.ROUND_ROBIN] > mean[Routing.LEAST_LOADED] > MMc(1.0, 1.0, 2).mean_wait


def test_fixed_services_in_turn_are_as_those_of_one_queue() -> None:
    """Where all services are equal, who is free first is who comes next: replicas in turn do as streams that share."""
    in_turn = simulate(poisson(1.8, 3000), Servers(BatchPolicy(), fixed, replicas=2))
    shared = simulate(poisson(1.8, 3000), Servers(BatchPolicy(), fixed, streams=2))

    assert np.array_equal(in_turn.done_ns, shared.done_ns)


def stepped(arrived, policy, take, streams, prepare):
    """The same in steps of one tick: what is done, what arrives, rows that are ready, and instants the policy named."""
    waiting, running, began, done, named = [], [], {}, {}, set()
    queue, times = (waiting, running, began, named), (arrived, take, prepare)
    gap = last = None
    now = ready = came = 0
    while len(done) < len(arrived):
        for end, rows in [one for one in running if one[0] == now]:
            running.remove((end, rows))
            done.update(dict.fromkeys(rows, now))
            asked(policy, queue, times, (streams, came - ready, gap), now)
        came = sum(one <= now for one in arrived)
        while ready < len(arrived) and arrived[ready] + prepare == now:
            waiting.append(ready)
            if last is not None:
                gap = now - last if gap is None else gap + (now - last - gap) / 8
            last = now
            ready += 1
            asked(policy, queue, times, (streams, came - ready, gap), now)
        if now in named:
            asked(policy, queue, times, (streams, came - ready, gap), now)
        now += 1
    return [began[one] for one in range(len(arrived))], [done[one] for one in range(len(arrived))]


def asked(policy, queue, times, known, now):
    (waiting, running, began, named), (arrived, take, prepare), (streams, coming, gap) = queue, times, known
    while waiting and len(running) < streams:
        verdict = policy.decide(Waiting(len(waiting), coming, arrived[waiting[0]] + prepare, gap), now)
        if not isinstance(verdict, Dispatch):
            named.add(verdict.until_ns)
            return
        rows = tuple(waiting[: verdict.rows])
        del waiting[: verdict.rows]
        began.update(dict.fromkeys(rows, now))
        running.append((now + take[len(rows)], rows))


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.integers(0, 9), min_size=1, max_size=40),
    size=st.integers(1, 5),
    window=st.integers(0, 12),
    patience=st.integers(0, 12),
    streams=st.integers(1, 3),
    prepare=st.integers(0, 6),
)
def test_batches_are_those_of_a_simulation_tick_by_tick(gaps, size, window, patience, streams, prepare) -> None:
    """Every start and every end equals that of a simulation which looks at each instant."""
    arrived, take = np.cumsum(gaps), [0, 4, 5, 7, 8, 9]
    policy = BatchPolicy(size, window, patience)

    servers = Servers(policy, lambda rows, image, replica: take[rows], streams=streams, prepare_ns=prepare)
    trace = simulate(arrived, servers)
    assert (trace.began_ns.tolist(), trace.done_ns.tolist()) == stepped(arrived, policy, take, streams, prepare)
    assert trace.batch_rows.sum() == len(gaps)
    assert trace.busy_ns == sum(take[rows] for rows in trace.batch_rows)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**16), streams=st.integers(1, 4), rate=st.floats(0.1, 3.0))
def test_one_more_server_or_a_smaller_rate_never_delays_an_image(seed, streams, rate) -> None:
    """With the same gaps and services, in order of arrival: each wait falls with servers and rises with the rate."""
    served = exponential(seed, 300)

    def wait(rate, streams):
        trace = simulate(poisson(rate, 300, seed), Servers(BatchPolicy(), served, streams=streams))
        return trace.began_ns - trace.arrived_ns

    assert np.all(wait(rate, streams + 1) <= wait(rate, streams))
    assert np.all(wait(rate / 2, streams) <= wait(rate, streams) + 1)


def test_full_batches_carry_more_than_single_rows() -> None:
    """1.6 images a second overwhelm single rows of 1 s each; batches of up to four in 1 s take them."""
    arrived = poisson(1.6, 5000)

    single = simulate(arrived, Servers(BatchPolicy(), fixed))
    batched = simulate(arrived, Servers(BatchPolicy(4), fixed))
    assert single.latency_ns[-1] > 1000 * S
    assert batched.latency_ns.max() < 20 * S
    assert 1 < batched.batch_rows.mean() < 4


def test_the_same_arguments_give_the_same_trace() -> None:
    """Nothing is drawn inside: a run is repeated to the nanosecond."""
    servers = Servers(BatchPolicy(4, S), exponential(count=500), replicas=2)

    first, second = (simulate(poisson(1.0, 500), servers) for _ in range(2))
    assert np.array_equal(first.done_ns, second.done_ns)
    assert np.array_equal(first.replica, np.arange(500) % 2)


def test_a_long_queue_is_kept_in_order() -> None:
    """The first of ten thousand at one instant runs at once, the others in batches in the order in which they came."""
    trace = simulate(np.zeros(10_000, np.int64), Servers(BatchPolicy(8), fixed))

    assert np.array_equal(trace.done_ns, (np.arange(7, 10_007) // 8 + 1) * S)


def test_what_cannot_be_simulated_is_refused() -> None:
    """No images, images out of order, no replica, random routing without choices."""
    for arrived in ([], [5, 3]):
        with pytest.raises(ValueError, match="ascending"):
            simulate(np.array(arrived, np.int64), Servers(BatchPolicy(), fixed))
    with pytest.raises(ValueError, match="no servers: 0 replicas"):
        Servers(BatchPolicy(), fixed, replicas=0)
    with pytest.raises(ValueError, match="takes a choice"):
        simulate(np.arange(3), Servers(BatchPolicy(), fixed, replicas=2, routing=Routing.RANDOM))
