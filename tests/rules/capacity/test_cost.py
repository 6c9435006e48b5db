"""What a job takes: hours and prices of a published table, intervals carried through, started hours."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.cost import Tariff, inverse, job_cost, mapped
from vedette.values.device import Billing
from vedette.values.evidence import Estimate

FRAMES = 24 * 3600 * 24
"""24 hours of video at 24 frames a second."""


def tariff(price: float = 1.25, billing: Billing = Billing.SECOND) -> Tariff:
    return Tariff("gpu", "a card", price, "EUR", billing, None, "a test")


@pytest.mark.parametrize(("seconds_per_thousand", "hours", "euros"), [(409.35, 235.79, 294.74), (25.40, 14.63, 18.29)])
def test_table_11(seconds_per_thousand: float, hours: float, euros: float) -> None:
    """Hours to the printed hundredth; the printed prices are 1.25 times the printed hours.

    The price of the first, out of unrounded hours, is 294.73: 235.7856 h at 1.25.
    """
    job = job_cost(Estimate(1000 / seconds_per_thousand), FRAMES, tariff())
    assert job.hours.value is not None
    assert job.money is not None

    assert FRAMES == 2_073_600
    assert round(job.hours.value, 2) == hours
    assert round(round(job.hours.value, 2) * 1.25 + 1e-9, 2) == euros
    assert job.money.job.value == pytest.approx(job.hours.value * 1.25)
    assert abs((job.money.job.value or 0) - euros) < 0.01


def test_the_published_speed_up_is_the_ratio_of_hours() -> None:
    """About 16.1 times."""
    slow, fast = (job_cost(Estimate(1000 / seconds), FRAMES).hours.value or 0 for seconds in (409.35, 25.40))

    assert slow / fast == pytest.approx(16.116, abs=0.001)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.floats(0.01, 1e5), st.floats(0.5, 0.99), st.floats(1.01, 2), st.integers(1, 10**9), st.sampled_from(Billing))
def test_the_slow_end_of_the_throughput_is_the_dear_end_of_the_job(
    rate: float, below: float, above: float, images: int, billing: Billing
) -> None:
    """The cost at either end is the cost of a server that is that fast, and confidence stays."""
    job = job_cost(Estimate(rate, rate * below, rate * above, 0.9), images, tariff(2.0, billing))
    slow, fast = (job_cost(Estimate(rate * end), images, tariff(2.0, billing)) for end in (below, above))
    assert job.money is not None
    assert slow.money is not None
    assert fast.money is not None

    assert job.hours.high == pytest.approx(slow.hours.value)
    assert job.money.job.high == pytest.approx(slow.money.job.value)
    assert job.money.job.low == pytest.approx(fast.money.job.value)
    assert job.money.per_million.low == pytest.approx(fast.money.per_million.value)
    assert job.money.job.confidence == 0.9


def test_a_million_images() -> None:
    """100 images a second are 10,000 s, 2.78 h, 3.47 EUR at 1.25."""
    money = job_cost(Estimate(100.0), 1, tariff()).money

    assert money is not None
    assert money.per_million.value == pytest.approx(1e4 / 3600 * 1.25)


@pytest.mark.parametrize(("seconds", "billed"), [(1.0, 1), (3600.0, 1), (3601.0, 2), (7200.0, 2), (7199.0, 2)])
def test_started_hours_are_paid_whole(seconds: float, billed: int) -> None:
    """An hour that ends exactly is not two."""
    money = job_cost(Estimate(1 / seconds), 1, tariff(1.0, Billing.HOUR)).money

    assert money is not None
    assert money.billed_hours.value == billed
    assert money.job.value == billed


def test_without_a_throughput_there_is_no_cost_and_its_reason() -> None:
    """None, and never 0 or infinity."""
    for rate in (Estimate(None, reason="no request was answered"), Estimate(0.0)):
        job = job_cost(rate, 1000, tariff())
        assert job.money is not None
        assert (job.hours.value, job.money.job.value, job.money.per_million.value) == (None, None, None)
        assert job.hours.reason


def test_without_a_tariff_there_are_hours_only() -> None:
    """Money is not made up."""
    assert job_cost(Estimate(10.0), 36_000).money is None
    assert job_cost(Estimate(10.0), 36_000).hours.value == pytest.approx(1.0)


def test_an_interval_that_reaches_nought_leaves_none() -> None:
    """The job might take for ever; the figure stays, the reason is told."""
    other = inverse(Estimate(10.0, -1.0, 21.0))

    assert other.value == pytest.approx(0.1)
    assert other.low is None
    assert "reaches 0" in other.reason


def test_a_reason_for_no_interval_is_carried() -> None:
    """Through the inverse and through a function."""
    estimate = mapped(inverse(Estimate(4.0, reason="one repeat has no interval")), math.sqrt)

    assert estimate == Estimate(0.5, reason="one repeat has no interval")
