"""Axes, and when they are logarithmic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.report.plot import Axis, value_axis
from vedette.adapters.report.ticks import fraction, tick_words, ticks


def test_an_axis_starts_at_zero_where_it_can() -> None:
    """A bar or dot is then as high as its value."""
    axis = value_axis("latency", "ms", (5.0, 10.0, 19.0))

    assert (axis.low, axis.log) == (0.0, False)
    assert axis.high == pytest.approx(20.0)


def test_a_stall_makes_it_logarithmic() -> None:
    """Where the largest value is more than twenty times the middle one, a linear axis would hide the middle."""
    axis = value_axis("latency", "ms", (5.0, 10.0, 1000.0))

    assert axis.log
    assert axis.low < 5.0
    assert axis.high > 1000.0


def test_nothing_at_all_still_has_an_axis() -> None:
    """Only zeros: an axis to 1."""
    assert value_axis("latency", "ms", (0.0, 0.0, 0.0)).high == 1.0


@given(st.floats(0, 1e5), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_ticks_are_round_and_on_the_axis(low: float, length: float, most: int) -> None:
    """They lie within, ascend evenly, and are few."""
    axis = Axis("x", "s", low, low + length)

    found = ticks(axis, most)

    assert len(found) <= most + 2
    assert all(axis.low - 1e-6 * axis.high <= value <= axis.high * (1 + 1e-6) for value in found)
    assert len(set(tick_words(found))) == len(found)


def test_logarithmic_ticks_are_one_two_five() -> None:
    """Over few decades."""
    assert ticks(Axis("x", "ms", 4.0, 60.0, log=True)) == (5.0, 10.0, 20.0, 50.0)


def test_places_along_an_axis() -> None:
    """Linear: by difference; logarithmic: by ratio; outside: at the end."""
    assert fraction(Axis("x", "s", 0.0, 10.0), 2.5) == 0.25
    assert fraction(Axis("x", "s", 1.0, 100.0, log=True), 10.0) == pytest.approx(0.5)
    assert fraction(Axis("x", "s", 0.0, 10.0), 11.0) == 1.0
    assert fraction(Axis("x", "s", 1.0, 100.0, log=True), 0.0) == 0.0
