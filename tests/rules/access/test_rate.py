"""The token bucket."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.access.rate import full, take

S = 1_000_000_000


def exact(rate: int, instants: list[int]) -> list[bool]:
    """The same in fractions: which requests pass."""
    tokens, last, passed = Fraction(max(1, rate)), instants[0], []
    for now in instants:
        tokens, last = min(Fraction(max(1, rate)), tokens + Fraction((now - last) * rate, S)), now
        passed.append(tokens >= 1)
        tokens -= passed[-1]
    return passed


@given(st.integers(1, 1000), st.lists(st.integers(0, 3 * S // 128), min_size=1, max_size=50))
def test_requests_pass_as_exact_arithmetic_says(rate, gaps):
    """Gaps of whole 128ths of a second, which floats hold exactly where the rate allows, pass as in fractions."""
    instants = [1000 + sum(gaps[: i + 1]) * 128 for i in range(len(gaps))]
    bucket, passed = full(rate, instants[0]), []
    for now in instants:
        bucket, wait_ns = take(bucket, rate, now)
        passed.append(wait_ns == 0)

    differing = sum(one != two for one, two in zip(passed, exact(rate, instants), strict=True))
    assert differing <= 1  # a token that is whole but for the last digit of a float


@given(st.floats(0.01, 1e5), st.lists(st.integers(0, S), max_size=80))
def test_no_second_sees_more_than_its_share(rate, gaps):
    """In any stretch of time at most its tokens and one bucket pass."""
    bucket, now, passed = full(rate, 0), 0, []
    for gap in gaps:
        now += gap
        bucket, wait_ns = take(bucket, rate, now)
        if not wait_ns:
            passed.append(now)

    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= max(1.0, rate) + (passed[last] - passed[first]) / S * rate + 1e-6


@given(st.floats(0.01, 50.0), st.integers(0, 10))
def test_the_wait_that_is_told_is_enough(rate, tries):
    """Who waits as long as told passes, and asking in vain costs nothing."""
    bucket, wait_ns = full(rate, 0), 0
    while not wait_ns:
        bucket, wait_ns = take(bucket, rate, 0)
    for _ in range(tries):
        bucket, wait_ns = take(bucket, rate, 0)

    assert take(bucket, rate, wait_ns + 1000)[1] == 0


def test_a_clock_that_stands_still_or_goes_back_gives_nothing():
    """Time that does not pass fills no bucket."""
    bucket, _ = take(full(1.0, 5 * S), 1.0, 5 * S)

    assert take(bucket, 1.0, 4 * S)[1] == S
