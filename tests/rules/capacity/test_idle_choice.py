"""Which idle timeout: against a simulation of each image, and in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vedette.rules.capacity.idle_choice import IdleAsked, cost_text, idle_choice, idle_words
from vedette.rules.capacity.warmth import Instance
from vedette.values.device import Billing

QUICK = Instance(load_s=0.5, warm_up_s=0.1, latency_s=0.02, price_per_hour=1.0)
FREE = Instance(load_s=0.5, warm_up_s=0.1, latency_s=0.02)


def p99_one_by_one(timeout: float, rate: float, count: int = 200_000) -> float:
    """Each image in turn, through QUICK."""
    idle_from, now, latencies = 0.0, 0.0, []
    for gap in np.random.default_rng(3).exponential(1 / rate, count).tolist():
        now += gap
        takes = QUICK.cold_s if now - idle_from > timeout else QUICK.latency_s
        idle_from = max(now, idle_from) + takes
        latencies.append(idle_from - now)
    return float(np.quantile(latencies, 0.99))


def test_the_shortest_timeout_holds_the_p99_and_a_shorter_one_does_not() -> None:
    """The worked example of docs/planning.md, by a simulation: 4.87 s for 0.3 s."""
    choice = idle_choice(QUICK, IdleAsked(1.0, p99_s=0.3))

    assert choice.shortest is not None
    assert choice.shortest.timeout_s == pytest.approx(4.87, abs=0.01)
    assert (
        p99_one_by_one(choice.shortest.timeout_s + 0.3, 1.0)
        < 0.3
        < p99_one_by_one(choice.shortest.timeout_s - 0.3, 1.0)
    )
    assert choice.holds


def test_the_break_even_is_where_both_cost_the_same() -> None:
    """Reckoned again at the rate that was found: 0.70 images a second, as in docs/planning.md."""
    choice = idle_choice(QUICK, IdleAsked(1.0, kept_price_per_hour=0.3))

    assert choice.kept_cheaper_per_s is not None
    even, _ = choice.kept_cheaper_per_s
    assert even == pytest.approx(0.70, abs=0.005)
    ended = idle_choice(QUICK, IdleAsked(even)).ended
    assert ended is not None
    assert ended.cost_per_hour == pytest.approx(0.3)


def test_timeouts_are_told_from_warm_to_ended() -> None:
    """Kept warm never starts again, ended at once costs least, the one that was asked about lies between."""
    choice = idle_choice(QUICK, IdleAsked(1.0, timeout_s=2.0))

    assert choice.kept is not None
    assert choice.given is not None
    assert choice.ended is not None
    assert (choice.kept.timeout_s, choice.given.timeout_s, choice.ended.timeout_s) == (math.inf, 2.0, 0.0)
    assert choice.kept.on_share > choice.given.on_share > choice.ended.on_share
    assert choice.choice is choice.given


@pytest.mark.parametrize(
    ("instance", "asked", "told"),
    [
        (QUICK, IdleAsked(50.0), "cannot keep up: it serves 50 images a second at most, 50 arrive"),
        (QUICK, IdleAsked(1.0, p99_s=0.01), "No timeout holds a p99 of 10 ms"),
        (QUICK, IdleAsked(1.0, p99_s=2.0), "end as soon as it is idle: the p99 is"),
        (QUICK, IdleAsked(1.0, p99_s=0.3), "shortest timeout with a p99 within 300 ms"),
        (QUICK, IdleAsked(1.0, p99_s=0.3, timeout_s=1.0), "A timeout of 1 s misses it"),
        (QUICK, IdleAsked(1.0, p99_s=0.3, timeout_s=9.0), "A timeout of 9 s holds it"),
        (QUICK, IdleAsked(1.0, timeout_s=9.0), "With a timeout of 9 s"),
        (QUICK, IdleAsked(1.0), "Ended at once, an hour costs 0.38 EUR, 62 % less than 1.00 EUR kept warm"),
        (QUICK, IdleAsked(1.0), "At no rate is an instance that is kept for 1.00 EUR an hour cheaper"),
        (QUICK, IdleAsked(1.0, kept_price_per_hour=0.3), "From 0.704 images a second on"),
        (QUICK, IdleAsked(1.0, kept_price_per_hour=0.3), "no less than 0.3 EUR kept warm"),
    ],
)
def test_the_words_say_what_to_do(instance, asked, told) -> None:
    """With the figures that decide."""
    words = " ".join(idle_words(idle_choice(instance, asked), "det", "EUR"))

    assert told in words


def test_without_a_price_nothing_is_said_of_money() -> None:
    """Nor is there a break-even."""
    choice = idle_choice(FREE, IdleAsked(1.0, p99_s=0.3))

    assert choice.kept_cheaper_per_s is None
    assert "costs" not in " ".join(idle_words(choice, "det", "EUR"))
    assert choice.ended is not None
    assert cost_text(choice.ended, "EUR") == ""


def test_hours_that_are_billed_leave_a_range() -> None:
    """A start may pay an hour more; the least and the most are told."""
    hourly = Instance(0.5, 0.1, 0.02, 1.0, Billing.HOUR)
    choice = idle_choice(hourly, IdleAsked(0.4, timeout_s=20.0))
    words = " ".join(idle_words(choice, "det", "EUR"))

    assert choice.given is not None
    assert " to " in cost_text(choice.given, "EUR")
    assert "images a second an instance that is kept for 1.00 EUR an hour is cheaper" in words


@pytest.mark.parametrize("asked", [IdleAsked(0.0), IdleAsked(1.0, timeout_s=-1.0)])
def test_numbers_that_are_none_are_refused(asked) -> None:
    """No rate, a timeout below 0."""
    with pytest.raises(ValueError, match=r"above 0|or more"):
        idle_choice(QUICK, asked)
