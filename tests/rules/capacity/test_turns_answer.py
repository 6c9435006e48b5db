"""The sum of times that models take in turn, against drawn values and a published formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.capacity.prediction import Spread
from vedette.rules.capacity.turns_answer import in_turn

SPREADS = st.builds(
    Spread, st.floats(0.01, 100), st.floats(0, 1), st.floats(1e-6, 1) | st.just(0.0), st.integers(2, 30)
)


def test_the_sum_has_the_mean_and_the_deviations_of_drawn_sums() -> None:
    """A hundred thousand sums of three normal times: mean within 0.1 %, deviation within 2 %."""
    random = np.random.default_rng(0)
    parts = [Spread(4.0, 0.3, 0.2, 50), Spread(2.0, 0.1, 0.4, 50), Spread(9.0, 0.2, 0.1, 50)]
    drawn = sum(random.normal(one.mean, math.hypot(one.within, one.between or 0.0), 100_000) for one in parts)

    found = in_turn(parts)

    assert found.mean == pytest.approx(np.mean(drawn), rel=1e-3)
    assert math.hypot(found.within, found.between or 0.0) == pytest.approx(np.std(drawn), rel=0.02)


@given(st.lists(SPREADS, min_size=1, max_size=5))
def test_the_degrees_of_freedom_lie_between_the_fewest_and_the_sum(parts: list[Spread]) -> None:
    """As Satterthwaite's always do."""
    found = in_turn(parts)

    assert min(one.trials for one in parts) <= found.trials <= 1 + sum(one.trials - 1 for one in parts)


def test_equal_deviations_of_equal_trials_add_their_degrees_of_freedom() -> None:
    """(n b^2)^2 / (n b^4 / v) = n v."""
    assert in_turn([Spread(1.0, 0.0, 0.2, 4)] * 5).trials == 1 + 5 * 3


def test_one_model_keeps_its_distribution() -> None:
    """Nothing is added to it."""
    alone = Spread(3.0, 0.1, 0.2, 5)

    assert in_turn([alone]) == alone


def test_where_one_model_had_one_trial_nothing_is_known_of_the_sum() -> None:
    """No interval and no probability."""
    assert in_turn([Spread(1.0, 0.1, 0.2, 5), Spread(1.0, 0.1, None, 1)]).between is None


def test_a_sum_of_nothing_is_a_mistake() -> None:
    """There is one model at least."""
    with pytest.raises(ValueError, match="one model at least"):
        in_turn([])
