"""Measured beside predicted."""

from __future__ import annotations

import pytest
from timed_devices import planned, rate_plan

from vedette.rules.capacity.verdict import judged, limit_s, predicted_s
from vedette.values.plan import Prediction


@pytest.mark.parametrize(
    ("measured", "held", "within"),
    [(0.9, True, True), (1.1, True, True), (1.5, True, False), (1.5001, False, False), (0.8999, True, False)],
)
def test_ends_of_interval_and_limit_count_as_held(measured, held, within) -> None:
    """Interval 0.9 to 1.1, deadline 1.5."""
    plan, _ = planned(("cpu:1", 1, 1), within_s=1.5)

    found = judged(plan, measured)

    assert (found.held, found.within_interval) == (held, within)
    assert found.error == pytest.approx(1 - 1.0 / measured)


def test_what_is_not_known_is_none() -> None:
    """No measured value, no interval, no limit: no answer to what hangs on it."""
    plan, _ = planned(("cpu:1", 1, 1), within_s=None, makespan=Prediction(1.0))

    failed, unlimited = judged(plan, None, "it died"), judged(plan, 1.0)

    assert (failed.measured_s, failed.error, failed.held, failed.within_interval) == (None, None, None, None)
    assert failed.reason == "it died"
    assert (unlimited.held, unlimited.within_interval) == (None, None)


def test_rate_is_judged_by_its_p99_in_seconds() -> None:
    """80 ms expected, 100 ms allowed."""
    assert predicted_s(rate_plan()).expected == 0.08
    assert limit_s(rate_plan()) == 0.1
    assert judged(rate_plan(), 0.11).held is False
