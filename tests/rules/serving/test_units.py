"""Times and sizes with their units."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.serving.units import bytes_of, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45ms", 0.045), ("10s", 10.0), ("10 S", 10.0), (" 2min ", 120.0), ("1.5h", 5400.0), ("0s", 0.0)],
)
def test_a_time_has_a_unit(text: str, seconds: float) -> None:
    """Milliseconds, seconds, minutes and hours become seconds."""
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64MB", 64_000_000),
        ("64MiB", 67_108_864),
        ("512kB", 512_000),
        ("1KiB", 1024),
        ("1.5GiB", 1_610_612_736),
        ("2gb", 2_000_000_000),
        ("3 B", 3),
    ],
)
def test_a_size_has_a_unit(text: str, size: int) -> None:
    """kB, MB and GB are powers of 1000, KiB, MiB and GiB of 1024."""
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    "text", ["", "10", "s", "-1s", "1e3s", "10 parsecs", "1s 2s", "nans", "1,5s", "\u0661s", f"{'9' * 400}s"]
)
def test_anything_else_says_what_is_expected(text: str) -> None:
    """No unit, an unknown one, a sign, or a number that is none."""
    with pytest.raises(ValueError, match="a number with ms, s, min or h"):
        seconds_of(text)


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(st.integers(0, 2**40), st.sampled_from([("kB", 10**3), ("MB", 10**6), ("KiB", 2**10), ("MiB", 2**20)]))
def test_whole_sizes_are_exact(number: int, unit: tuple[str, int]) -> None:
    """A whole number of a unit loses no byte below 2^53."""
    name, size = unit

    if number * size < 2**53:
        assert bytes_of(f"{number}{name}") == number * size
