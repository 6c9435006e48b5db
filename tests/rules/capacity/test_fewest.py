"""Where something begins or ceases to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.capacity.fewest import bisected, fewest


@given(st.integers(1, 20), st.integers(1, 300), st.integers(1, 300))
def test_the_least_number_that_suits_is_found_with_few_tries(low, most, needed) -> None:
    """It is what a look at every number gives, in about two logarithms of tries."""
    tried = []

    def suits(number):
        tried.append(number)
        return f"with {number}" if number >= needed else None

    wanted = next(((one, f"with {one}") for one in range(low, most + 1) if one >= needed), None)
    assert fewest(suits, low, most) == wanted
    assert len(tried) <= 2 * 9 + 2
    assert all(low <= one <= most for one in tried)


def test_the_largest_amount_that_suits_is_approached_from_below() -> None:
    """Eight halvings of 0 to 10 come within 10 / 256; where nothing suits there is none."""
    found = bisected(lambda amount: amount <= 7.3, 0.0, 10.0, 8)

    assert found is not None
    assert 7.3 - 10 / 256 <= found <= 7.3
    assert bisected(lambda amount: False, 0.0, 10.0, 8) is None
    assert bisected(lambda amount: True, 2.0, 1.0, 8) is None
