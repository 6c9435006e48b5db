"""How good predictions were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from timed_devices import planned, rate_plan

from vedette.rules.capacity.calibration import calibrate, calibrations, pair_of
from vedette.rules.capacity.verdict import judged
from vedette.values.calibration import Pair
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import PlanKind, Start
from vedette.values.plan import Prediction


def pair(predicted: float, measured: float | None, **changes) -> Pair:
    facts = {
        "plan": "p",
        "kind": PlanKind.DEADLINE,
        "models": ("colour",),
        "devices": ("cpu:1",),
        "start": Start.LOADED,
        "deadline": DeadlineClass.SOFT,
        "predicted": Prediction(predicted),
        "measured_s": measured,
    }
    return Pair(**(facts | changes))


def test_pair_keeps_what_was_promised_beside_what_came_out() -> None:
    """Prediction, interval, limit and probability are the plan's; the rest is the verification's."""
    plan, _ = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6), within_s=1.5)
    verification = replace(judged(plan, 1.25), speed=0.97, created="2026-01-02T03:04:05+00:00")

    found = pair_of(plan, verification)

    assert found.predicted == plan.makespan_s
    assert (found.models, found.devices) == (("colour",), ("cpu:1", "cpu:0.5"))
    assert (found.limit_s, found.held, found.within_interval) == (1.5, True, False)
    assert (found.probability, found.speed) == (0.97, 0.97)
    assert found.error == pytest.approx((1.25 - 1.0) / 1.25)


def test_pair_of_a_rate_is_in_seconds() -> None:
    """80 ms of p99 are 0.08 s, and each replica is a device."""
    plan = rate_plan(count=2)

    found = pair_of(plan, judged(plan, 0.1))

    assert found.predicted == Prediction(0.08, 0.07, 0.09)
    assert found.limit_s == 0.1
    assert found.held is True
    assert found.devices == ("cpu:1", "cpu:1")


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), min_size=1, max_size=40))
def test_errors_are_summed_up_as_numpy_does(values: list[tuple[float, float]]) -> None:
    """Median and nearest-rank 90th percentile of |measured - predicted| / measured, and the signed median."""
    found = calibrate([pair(*each) for each in values])
    predicted, measured = np.array(values).T
    errors = (measured - predicted) / measured

    assert found.median_error == pytest.approx(np.median(np.abs(errors)))
    assert found.p90_error == pytest.approx(np.quantile(np.abs(errors), 0.9, method="inverted_cdf"))
    assert found.bias == pytest.approx(np.median(errors))


def test_only_promised_plans_count_as_held() -> None:
    """Plans below the promise, without a limit, or that failed are left out of the share that held."""
    pairs = [
        *(pair(1, 1, probability=0.95, held=True) for _ in range(8)),
        pair(1, 2, probability=0.99, held=False),
        pair(1, 2, probability=0.5, held=False),
        pair(1, 2, probability=None, held=False),
        pair(1, 2, probability=0.95, held=None),
        pair(1, None, probability=0.95),
    ]
    truth = binomtest(8, 9).proportion_ci(method="exact")

    found = calibrate(pairs)

    assert found.held.value == 8 / 9
    assert (found.held.low, found.held.high) == pytest.approx((truth.low, truth.high))
    assert (found.pairs, found.failed) == (12, 1)


def test_share_within_the_interval_leaves_out_pairs_without_one() -> None:
    """A prediction without an interval says nothing of intervals."""
    found = calibrate([pair(1, 1, within_interval=True), pair(1, 9, within_interval=False), pair(1, 1)])

    assert found.within.value == 0.5


def test_no_pairs_give_no_figures() -> None:
    """Nothing is 0 that was not measured."""
    found = calibrate([])

    assert (found.median_error, found.p90_error, found.bias) == (None, None, None)
    assert found.held.value is None


def test_groups_are_by_kind_model_and_number_of_devices() -> None:
    """All together first; a grouping that has one group only is not repeated; numbers are in their order."""
    ten = ("cpu:0.1",) * 10
    pairs = [pair(1, 1), pair(1, 2, devices=ten), pair(1, 3, models=("other",), devices=("cpu:1", "cpu:1"))]

    groups = calibrations(pairs)

    assert [one.group for one in groups] == ["all", "colour", "other", "1 device", "2 devices", "10 devices"]
    assert [one.pairs for one in groups] == [3, 2, 1, 1, 1, 1]
