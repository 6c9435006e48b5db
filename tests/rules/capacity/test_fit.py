"""Lines and isotonic levels are those of numpy, scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression
from sklearn.isotonic import IsotonicRegression

from vedette.rules.capacity.fit import isotonic, line

TIMES = st.lists(st.floats(1e-4, 1e3), min_size=1, max_size=12)


@given(TIMES.filter(lambda times: len(times) > 2))
@settings(max_examples=60, deadline=None)
def test_a_line_is_numpys_with_relative_weights(times: list[float]) -> None:
    """numpy.polyfit weighs residuals, not squares: 1 / mean is what 1 / mean^2 is here."""
    batches = [2**power for power in range(len(times))]
    slope, intercept = np.polyfit(batches, times, 1, w=1 / np.array(times))
    found = line(batches, times)

    assert found is not None
    scale = max(times)
    assert found.slope == pytest.approx(slope, rel=1e-6, abs=1e-9 * scale)
    assert found.intercept == pytest.approx(intercept, rel=1e-6, abs=1e-9 * scale)
    shares = np.abs(np.polyval([slope, intercept], batches) - times) / times
    assert found.residual == pytest.approx(shares.max(), rel=1e-5, abs=1e-9)
    assert found.deviation == pytest.approx(np.sqrt((shares**2).sum() / (len(times) - 2)), rel=1e-5, abs=1e-9)


def test_a_line_through_points_that_lie_on_one_is_that_line() -> None:
    """Nothing is left over."""
    found = line([1, 2, 8, 64], [3.0, 5.0, 17.0, 129.0])

    assert found is not None
    assert (found.intercept, found.slope) == (pytest.approx(1.0), pytest.approx(2.0))
    assert found.residual == pytest.approx(0.0, abs=1e-12)
    assert found.at(16) == pytest.approx(33.0)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_two_points_are_no_line(count: int) -> None:
    """They cannot show that it is wrong."""
    assert line([1, 2][:count], [1.0, 2.0][:count]) is None


@given(TIMES.flatmap(lambda times: st.tuples(st.just(times), st.tuples(*(st.integers(1, 9) for _ in times)))))
@settings(max_examples=60, deadline=None)
def test_isotonic_levels_are_those_of_scipy_and_scikit_learn(drawn: tuple[list[float], tuple[int, ...]]) -> None:
    """Both with the same weights."""
    times, weights = drawn
    found = isotonic(times, weights)

    assert found == pytest.approx(isotonic_regression(times, weights=weights).x, rel=1e-9)
    others = IsotonicRegression().fit_transform(range(len(times)), times, sample_weight=weights)
    assert found == pytest.approx(others, rel=1e-5)
    assert list(found) == sorted(found)


@given(TIMES)
@settings(max_examples=60, deadline=None)
def test_times_that_never_fall_are_left_as_they_are(times: list[float]) -> None:
    """To the last digit."""
    assert isotonic(sorted(times), [1.0] * len(times)) == tuple(sorted(times))
