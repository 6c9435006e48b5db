"""The backlog of queues that are stable, and of queues that are not."""

from __future__ import annotations

import numpy as np
import pytest
from known_series import queue

from vedette.rules.stats.backlog import backlog_slope


def _grows(seed: int, count: int, load: float) -> bool:
    begin, end = queue(np.random.default_rng(seed), count, load)
    slope = backlog_slope(begin, end, np.ones(count, bool))
    return slope.low is not None and slope.low > 0


def test_the_growth_of_a_regular_overload_is_exact() -> None:
    """12 requests a second, answers at 10 a second: two more under way each second."""
    begin = np.arange(1200) / 12
    end = (np.arange(1200) + 1) / 10

    slope = backlog_slope(begin, end, np.ones(1200, bool))

    assert slope.value == pytest.approx(2.0, rel=0.01)
    assert slope.low == pytest.approx(2.0, rel=0.1)
    assert slope.high == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize(("load", "count"), [(1.5, 1000), (1.2, 3000), (1.1, 10_000)])
def test_a_queue_that_grows_is_found(load: float, count: int) -> None:
    """In 95 of 100 seeded runs of M/M/1 at a load above 1."""
    assert sum(_grows(seed, count, load) for seed in range(100)) >= 95


@pytest.mark.parametrize(("load", "count"), [(0.7, 300), (0.7, 3000), (0.9, 2000)])
def test_a_stable_queue_is_not_called_growing(load: float, count: int) -> None:
    """At most 2 of 200 seeded runs, at loads whose backlog wanders."""
    assert sum(_grows(seed, count, load) for seed in range(200)) <= 2


def test_a_queue_on_the_edge_is_called_growing_no_oftener_than_promised() -> None:
    """At load 1 the backlog is a walk without a trend, kept above 0: at most 20 of 200."""
    assert sum(_grows(seed, 2000, 1.0) for seed in range(200)) <= 20


def test_those_before_the_span_are_under_way_too() -> None:
    """Requests that were cut hold the target at the start; without them a steady load would look like growth."""
    begin = np.arange(400) / 10
    end = begin + 5.0
    counts = begin >= 10

    assert backlog_slope(begin, end, counts).value == pytest.approx(0.0, abs=1e-9)
    assert backlog_slope(begin[counts], end[counts], counts[counts]).value > 0.3


def test_few_requests_tell_no_growth() -> None:
    """99 are too few, a hundred are not; a single instant has no time to grow in."""
    begin = np.arange(100.0)

    assert backlog_slope(begin[:99], begin[:99] + 1, np.ones(99, bool)).value is None
    assert backlog_slope(begin, begin + 1, np.ones(100, bool)).value is not None
    assert backlog_slope(np.zeros(100), begin, np.ones(100, bool)).reason == "all requests were due at the same instant"
