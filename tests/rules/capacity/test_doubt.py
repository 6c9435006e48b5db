"""How uncertain a curve is between measured batches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vedette.rules.capacity.doubt import Knot, doubts, stalled
from vedette.rules.capacity.pooled import Spread

BATCHES = range(1, 65)


def knots(*pairs: tuple[int, float], trials: int = 1) -> list[Knot]:
    return [Knot(batch, mean, trials) for batch, mean in pairs]


def test_a_line_is_as_uncertain_as_least_squares_says() -> None:
    """The covariance of numpy's weighted fit, with the trials' spread in the place of the residuals'."""
    spread, at = Spread(0.02, 4), 20
    found = doubts(knots((1, 2.0), (8, 9.0), (32, 33.0), (64, 65.0), trials=2), [at], spread, 0.03)[at]

    batches, means = np.array([1, 8, 32, 64.0]), np.array([2, 9, 33, 65.0])
    _, covariance = np.polyfit(batches, means, 1, w=math.sqrt(2) / (means * spread.relative), cov="unscaled")
    deviation = math.sqrt(np.array([at, 1]) @ covariance @ np.array([at, 1]))
    assert found.shape == 0
    assert found.noise == pytest.approx(stats.t.ppf(0.975, 4) * deviation / 21)


def test_fewer_than_four_batches_show_no_shape() -> None:
    """Two or three always look like a line."""
    found = doubts(knots((1, 1.0), (8, 8.0), (64, 64.0)), [1, 3, 64], Spread(0.01, 2), 0.03)

    assert found[3].total == math.inf
    assert found[1].total == found[64].total == pytest.approx(Spread(0.01, 2).half_width(1))


def test_without_repeats_the_noise_is_not_known() -> None:
    """Nothing is certain then."""
    found = doubts(knots((1, 1.0), (4, 4.0), (8, 8.0), (64, 64.0)), BATCHES, None, 0.03)

    assert all(doubt.noise == math.inf for doubt in found.values())


@given(
    power=st.floats(1.05, 3.0),
    inner=st.sets(st.integers(2, 63), min_size=2, max_size=6),
    concave=st.booleans(),
)
def test_a_curve_that_bends_one_way_lies_within_its_doubt(power: float, inner: set[int], *, concave: bool) -> None:
    """The sandwich bound: chord and neighbours' lines enclose convex and concave curves."""

    def curve(batch: int) -> float:
        return 3 + float(batch) ** (1 / power if concave else power)

    measured = sorted({1, 64} | inner)
    found = doubts([Knot(batch, curve(batch), 1) for batch in measured], BATCHES, Spread(0.0, 2), 1e-9)

    for batch in BATCHES:
        chord = float(np.interp(batch, measured, [curve(one) for one in measured]))
        assert abs(curve(batch) - chord) <= found[batch].total * chord + 1e-9


def test_doubt_is_largest_in_the_gap_with_the_kink() -> None:
    """A straight piece on one side and a steeper one on the other: nobody knows yet where the bend lies."""
    bent = knots((1, 1.0), (8, 8.0), (16, 16.0), (32, 48.0), (48, 96.0), (64, 144.0))
    found = doubts(bent, BATCHES, Spread(0.0, 2), 0.03)

    assert max(found, key=lambda batch: found[batch].total) in range(17, 32)
    assert found[4].total == found[56].total == 0


def test_times_that_are_worlds_apart_show_no_line() -> None:
    """One of them would weigh so much that nothing of the others is left in the sums."""
    found = doubts(knots((1, 1e-6), (2, 1e3), (3, 1e3), (4, 1e3)), [1, 2, 3, 4], Spread(0.01, 2), 0.03)

    assert all(doubt.noise > 0 for doubt in found.values())


def test_trials_that_narrow_the_doubt_as_independent_ones_do_go_on() -> None:
    """From 8 to 12 trials the root law brings 18 %: less than half of it is too little, and few trials say nothing."""
    law = [1 / math.sqrt(trials) for trials in range(1, 14)]

    assert not any(stalled(law[: trials + 1]) for trials in range(13))
    assert stalled([0.1] * 13)
    assert stalled([*law[:9], *[law[8] * 0.92] * 4])
    assert not stalled([*law[:9], *[law[8] * 0.90] * 4])
    assert not stalled([0.1] * 5)
    assert not stalled([*[math.inf] * 9, 0.1, 0.1, 0.1, 0.1])
