"""Answers a second, of traces by hand and of loops whose rate is known."""

from __future__ import annotations

import numpy as np
import pytest
from known_series import clients

from vedette.rules.stats.throughput import throughput


def test_it_is_answers_over_the_time_they_span() -> None:
    """Twenty answers of 50 ms, one after the other: 20 in 1 s."""
    begin = np.arange(20) * 0.05

    assert throughput(begin, begin + 0.05).value == pytest.approx(20.0, rel=1e-12)


def test_the_interval_holds_the_rate_of_a_closed_loop() -> None:
    """Eight clients with exponential service times of 1 s answer 8 a second: held in 180 of 200 seeded runs."""
    held = 0
    for seed in range(200):
        begin, end, _ = clients(np.random.default_rng(seed), 2000, 8)
        rate = throughput(begin, end)
        held += rate.low is not None and rate.high is not None and rate.low <= 8.0 <= rate.high

    assert held >= 180


def test_the_figure_lies_within_its_interval() -> None:
    """And the interval narrows with the number of answers."""
    widths = []
    for count in (400, 6400):
        begin = np.arange(count) * 0.1
        rate = throughput(begin, begin + np.random.default_rng(1).exponential(0.05, count))
        assert rate.low < rate.value < rate.high
        widths.append(rate.high - rate.low)

    assert widths[1] < widths[0]


def test_few_answers_have_a_rate_without_an_interval() -> None:
    """The reason is that of the mean between answers."""
    rate = throughput([0.0, 1.0, 2.0], [1.1, 2.0, 3.0])

    assert (rate.value, rate.low, rate.high) == (1.0, None, None)
    assert rate.reason == "2 values are too few for an interval of the mean"


def test_no_answer_has_no_rate() -> None:
    """None with a reason: what could not be measured is not 0."""
    assert throughput([], []).value is None
    assert throughput([], []).reason == "no request that counts was answered rightly"
    assert throughput([1.0], [1.0]).reason == "the answers span no time"
