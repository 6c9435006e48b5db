"""Fewer points for display, with the extremes kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vedette.adapters.report.thin import steps, thinned

NUMBERS = st.floats(-1e6, 1e6)


@given(arrays(float, st.integers(0, 400), elements=NUMBERS), st.integers(2, 50))
def test_the_extremes_are_kept_and_the_bound_is_held(values: np.ndarray, most: int) -> None:
    """Indices ascend, are no more than allowed, and the lowest and highest value are among them."""
    kept = thinned(values, most)

    assert len(kept) <= max(most, 0) or len(kept) == len(values) <= most
    assert np.all(np.diff(kept) > 0)
    if len(values):
        assert values[kept].min() == values.min()
        assert values[kept].max() == values.max()


def test_a_spike_in_each_stretch_stays() -> None:
    """One value out of a thousand that stands out is drawn, wherever it lies."""
    values = np.ones(10_000)
    spikes = np.arange(500, 10_000, 1000)
    values[spikes] = 50.0

    kept = thinned(values, 40)

    assert set(spikes) <= set(kept)


def test_few_values_are_all_kept() -> None:
    """Nothing is thinned that fits."""
    assert thinned(np.array([3.0, 1.0, 2.0]), 3).tolist() == [0, 1, 2]


def test_holes_do_not_win() -> None:
    """NaN is no extreme."""
    values = np.full(100, np.nan)
    values[[10, 60]] = (5.0, -5.0)

    kept = thinned(values, 4)

    assert {10, 60} <= set(kept)


@given(arrays(float, st.integers(1, 3000), elements=st.floats(0, 1e4)), st.integers(9, 200))
def test_steps_are_points_of_the_distribution(values: np.ndarray, most: int) -> None:
    """Each step says the true share at or below it, by counting; the largest values are all there."""
    x, shares = steps(values, most)

    assert len(x) <= most
    ordered = np.sort(values)
    for value, share in zip(x, shares, strict=True):
        rank = round(share * len(values))
        assert ordered[rank - 1] == value
    assert x[0] == values.min()
    assert x[-1] == values.max()
    assert shares[-1] == pytest.approx(1.0)
    tail = min(len(values), most // 3)
    assert x[-tail:].tolist() == ordered[-tail:].tolist()
