"""Holm's correction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.stats.holm import holm


def test_a_worked_example() -> None:
    """0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02, as R's p.adjust documents."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_what_was_not_tested_is_not_counted() -> None:
    """None stays None and costs nothing."""
    assert holm([None, 0.02, None]) == (None, 0.02, None)
    assert holm([]) == ()


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_it_rejects_what_the_step_down_rule_rejects(chances: list[float]) -> None:
    """At 5 %: going up from the smallest, stop at the first above 0.05 / (m - k)."""
    order, rejected = np.argsort(chances, kind="stable"), set()
    for step, place in enumerate(order):
        if chances[place] * (len(chances) - step) > 0.05:
            break
        rejected.add(int(place))

    corrected = holm(chances)

    assert {place for place, chance in enumerate(corrected) if chance is not None and chance <= 0.05} == rejected
    assert all(after is not None and before <= after <= 1 for before, after in zip(chances, corrected, strict=True))
