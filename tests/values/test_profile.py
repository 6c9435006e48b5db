"""What a profile can hold."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from profiled_models import given_profile

from vedette.values.profile import AfterIdle


@pytest.mark.parametrize(("idle_s", "ratio"), [(0.0, 1.1), (-1.0, 1.1), (0.1, 0.99), (math.inf, 1.1), (0.1, math.nan)])
def test_idleness_costs_a_share_after_a_time(idle_s: float, ratio: float) -> None:
    """Times are above 0, ratios 1 or more, and both are numbers."""
    with pytest.raises(ValueError, match="idle_s is above 0"):
        AfterIdle(idle_s, ratio)


@pytest.mark.parametrize("idle_s", [(0.1, 0.02), (0.1, 0.1)])
def test_idle_times_ascend(idle_s: tuple[float, ...]) -> None:
    """Each is there once, so that what lies between two of them has one meaning."""
    after = tuple(AfterIdle(one, 1.1) for one in idle_s)

    with pytest.raises(ValueError, match="ascending"):
        replace(given_profile({1: 10.0}), after_idle=after)
