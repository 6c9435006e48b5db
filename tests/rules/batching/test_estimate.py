"""How long one image takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.batching.estimate import Estimate, together


def test_the_first_measurement_is_the_mean_and_half_of_it_the_deviation() -> None:
    """As RFC 6298 begins a round-trip time: SRTT = R, RTTVAR = R/2, bound = SRTT + 4 RTTVAR."""
    assert Estimate().after(10.0) == Estimate(10.0, 5.0)
    assert Estimate().after(10.0).high_ms == 30.0


def test_later_ones_follow_rfc_6298() -> None:
    """RTTVAR <- 3/4 RTTVAR + 1/4 |SRTT - R|; SRTT <- 7/8 SRTT + 1/8 R."""
    estimate = Estimate(10.0, 5.0).after(18.0)

    assert estimate.mean_ms == pytest.approx(7 / 8 * 10 + 18 / 8)
    assert estimate.deviation_ms == pytest.approx(3 / 4 * 5 + 8 / 4)


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=50))
def test_the_mean_stays_among_what_was_measured(values) -> None:
    """No mean below the least or above the greatest, no negative deviation."""
    estimate = Estimate()
    for value in values:
        estimate = estimate.after(value)

    assert min(values) - 1e-6 <= estimate.mean_ms <= max(values) + 1e-6
    assert estimate.deviation_ms >= 0


def test_of_several_models_nothing_is_known_until_each_was_measured() -> None:
    """Their times add up."""
    assert together([Estimate(1.0, 0.5), Estimate()]) == Estimate()
    assert together([Estimate(1.0, 0.5), Estimate(2.0, 0.25)]) == Estimate(3.0, 0.75)


def test_an_aged_estimate_is_trusted_less() -> None:
    """A tenth less; without a measurement there is nothing to age."""
    assert Estimate(10.0, 2.0).aged() == Estimate(9.0, 1.8)
    assert Estimate().aged() == Estimate()
