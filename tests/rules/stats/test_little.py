"""Little's law on a trace by hand, on queues with a known number in the system, and where it must break."""

from __future__ import annotations

import numpy as np
import pytest
from known_series import clients, queue

from vedette.rules.stats.little import littles_law


def test_a_trace_by_hand_is_exact() -> None:
    """A request each second that takes half a second: 0.5 under way = 1 a second x 0.5 s."""
    begin = np.arange(200.0)

    law = littles_law(begin, begin + 0.5, np.ones(200, bool))

    assert law is not None
    assert (law.in_flight, law.rate, law.time_s) == pytest.approx((0.5, 1.0, 0.5), rel=1e-12)
    assert law.gap == pytest.approx(0.0, abs=1e-12)


def test_clients_that_never_rest_are_all_under_way() -> None:
    """Four clients, answers of 0.1 s one after the other: 4 = 40 a second x 0.1 s, edges included."""
    begin = np.repeat(np.arange(150) / 10, 4)

    law = littles_law(begin, begin + 0.1, np.ones(600, bool))

    assert law is not None
    assert (law.in_flight, law.rate, law.time_s) == pytest.approx((4.0, 40.0, 0.1), rel=1e-9)


def test_the_number_under_way_is_that_of_queueing_theory() -> None:
    """M/M/1 at load 0.6 holds 0.6 / 0.4 = 1.5 requests, to 3 %; the gap is below 1 %."""
    begin, end = queue(np.random.default_rng(1), 100_000, 0.6)

    law = littles_law(begin, end, np.ones(100_000, bool))

    assert law is not None
    assert law.in_flight == pytest.approx(1.5, rel=0.03)
    assert law.gap is not None
    assert law.gap < 0.01


def test_steady_systems_keep_the_law() -> None:
    """Queues and closed loops, cut at both ends, as short as the gap is told: below 5 % in 100 of 100 each."""
    gaps = []
    for seed in range(100):
        begin, end = queue(np.random.default_rng(seed), 1000, 0.5)
        gaps.append(littles_law(begin, end, np.arange(1000) >= 100))
        begin, end, _ = clients(np.random.default_rng(seed), 1000, 8)
        gaps.append(littles_law(begin, end, (np.arange(1000) >= 50) & (np.arange(1000) < 980)))

    assert all(law is not None and law.gap is not None and law.gap < 0.05 for law in gaps)


def test_leaving_out_the_slow_ones_breaks_the_law() -> None:
    """Half of the requests count, the fast half: what was under way does not fit their latency."""
    rng = np.random.default_rng(2)
    begin = np.arange(1000.0)
    lasted = rng.exponential(0.5, 1000)

    law = littles_law(begin, begin + lasted, lasted < np.median(lasted))

    assert law is not None
    assert law.gap is not None
    assert law.gap > 0.5


def test_too_few_requests_for_those_under_way_tell_no_gap() -> None:
    """64 clients and 1000 requests: the edges are too large a part; 6500 are enough."""
    for count, told in ((1000, False), (6500, True)):
        begin, end, _ = clients(np.random.default_rng(3), count, 64)

        law = littles_law(begin, end, np.ones(count, bool))

        assert law is not None
        assert (law.gap is not None) is told


def test_all_due_at_once_are_under_way_until_the_last_answer() -> None:
    """Ten requests due at 0, one done each second: 5.5 under way on average."""
    law = littles_law(np.zeros(10), np.arange(1.0, 11.0), np.ones(10, bool))

    assert law is not None
    assert law.in_flight == pytest.approx(5.5)
    assert law.rate * law.time_s == pytest.approx(5.5)


def test_nothing_counts_nothing() -> None:
    """No request that counts, no law; requests that took no time have no gap."""
    assert littles_law([0.0], [1.0], [False]) is None
    instant = littles_law(np.arange(5.0), np.arange(5.0), np.ones(5, bool))

    assert instant is not None
    assert (instant.in_flight, instant.gap) == (0.0, None)
