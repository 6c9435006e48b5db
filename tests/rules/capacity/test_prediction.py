"""How long a device takes: against simulated processes, Student's tables, and a search step by step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from deadline_cases import option, sure, varying
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vedette.rules.capacity.capability import Option
from vedette.rules.capacity.prediction import (
    MOST_USES,
    all_within,
    makespan,
    most_uses,
    prediction,
    quantile_s,
    time_s,
)
from vedette.rules.capacity.spread import Spread, met, spread
from vedette.values.deadline import DeadlineClass
from vedette.values.moment import Moment

VARIES = Option(4, Moment(1.0, 0.2, 0.05, 5, 5), Moment(0.1, 0.02, 0.004, 500, 5), 1.5, 0.2)
CLASSES = st.sampled_from(list(DeadlineClass))


def test_what_varies_only_between_processes_has_students_prediction_interval() -> None:
    """The textbook interval of one new value: mean -+ t(0.975; n - 1) s sqrt(1 + 1/n), of five processes."""
    values = np.array([9.8, 10.1, 10.4, 9.9, 10.3])
    only = Option(1, Moment(values.mean(), 0.0, values.std(ddof=1), 5, 5), sure(1.0), 11, 1)
    half = stats.t.ppf(0.975, 4) * values.std(ddof=1) * math.sqrt(1 + 1 / 5)

    told = prediction(only, 0, 0.95)

    assert (told.expected, told.low, told.high) == pytest.approx((10.1, 10.1 - half, 10.1 + half))


def test_what_varies_only_within_is_normal() -> None:
    """100 later ones of deviation 0.02 have 0.2 together."""
    within = Option(1, sure(1.0), Moment(0.1, 0.02, 0.0, 1000, 10), 1, 1)

    assert quantile_s(within, 100, 0.95) == pytest.approx(11 + stats.norm.ppf(0.95) * 0.2)
    assert quantile_s(within, 100, 0.05) == pytest.approx(11 - stats.norm.ppf(0.95) * 0.2)


def test_an_interval_of_three_trials_holds_as_often_as_it_says() -> None:
    """3,000 profiles of three processes each, and one process more: the 95 % quantile holds in 95 % or a bit more."""
    rng = np.random.default_rng(8)
    held = []
    for _ in range(3000):
        slow = rng.standard_normal(4) * 0.003
        trials = 0.1 + slow[:3, None] + 0.02 * rng.standard_normal((3, 100))
        later = Moment(trials.mean(), 0.02, trials.mean(axis=1).std(ddof=1), 300, 3)
        took = 1.0 + 200 * (0.1 + slow[3]) + 0.02 * math.sqrt(200) * rng.standard_normal()
        limit = quantile_s(Option(1, sure(1.0), later, 1, 1), 200, 0.95)
        held.append(limit is not None and took <= limit)

    assert 0.93 <= np.mean(held) <= 0.98


def test_one_trial_tells_nothing_of_the_next_process() -> None:
    """No interval and no probability, whatever varied within it; a soft deadline then counts as a hard one."""
    one = Option(4, Moment(1.0, 0.1, None, 10, 1), Moment(0.1, 0.01, None, 10, 1), 2.0, 0.3)

    assert quantile_s(one, 10, 0.9) is None
    assert spread(one, 10).probability(99.0) is None
    assert prediction(one, 10).low is None
    assert time_s(one, 10, DeadlineClass.SOFT) == time_s(one, 10, DeadlineClass.HARD) == pytest.approx(5.0)


@settings(deadline=None, max_examples=60)
@given(option=varying(), deadline=CLASSES, within=st.floats(0.001, 1e4), probability=st.floats(0.01, 0.999))
def test_most_uses_is_the_last_that_is_in_time(
    option: Option, deadline: DeadlineClass, within: float, probability: float
) -> None:
    """It is in time, and one more is not: whatever the class."""
    most = most_uses(option, within, deadline, probability)

    if most is None:
        assert not met(time_s(option, 0, deadline, probability), within)
    else:
        assert met(time_s(option, most, deadline, probability), within)
        assert not met(time_s(option, most + 1, deadline, probability), within)


@settings(deadline=None, max_examples=60)
@given(option=varying(), deadline=CLASSES, within=st.floats(0.001, 20), uses=st.integers(0, 30))
def test_most_uses_is_what_counting_up_finds(option: Option, deadline: DeadlineClass, within: float, uses: int) -> None:
    """M at most."""
    in_time = [t for t in range(uses + 1) if met(time_s(option, t, deadline, 0.9), within)]

    assert most_uses(option, within, deadline, 0.9, uses) == max(in_time, default=None)


def test_a_billion_uses_are_found_at_once() -> None:
    """No loop over them; decimals are what they are, and no last use is lost to rounding."""
    assert most_uses(option(1, 0.3, 0.1), 0.3 + 0.1 * 10**9, DeadlineClass.RELAXED) == 10**9
    assert most_uses(option(1, 0.1, 0.1), 0.3, DeadlineClass.RELAXED) == 2
    assert most_uses(option(1, 0.1, 0.0), 0.3, DeadlineClass.SOFT) == MOST_USES
    assert most_uses(VARIES, math.inf, DeadlineClass.SOFT) == MOST_USES
    assert most_uses(VARIES, 1e300, DeadlineClass.SOFT) == MOST_USES


def test_the_last_of_several_devices_is_later_than_each() -> None:
    """Against 200,000 draws of the largest of three normal times, two of them alike; the low end is the slowest's."""
    rng = np.random.default_rng(3)
    spreads = (Spread(10, 1.0, 0.0, 9), Spread(10, 1.0, 0.0, 9), Spread(11, 0.5, 0.0, 9))
    drawn = np.max([rng.normal(one.mean, one.within, 200_000) for one in spreads], axis=0)

    told = makespan(spreads, 0.9)

    assert (told.expected, told.high) == pytest.approx(tuple(np.quantile(drawn, [0.5, 0.95])), abs=0.02)
    assert told.low == pytest.approx(stats.norm.ppf(0.05, 11, 0.5))
    assert told.low <= np.quantile(drawn, 0.05)
    assert all_within(spreads, 11.5) == pytest.approx((drawn <= 11.5).mean(), abs=0.005)


def test_equal_devices_have_the_closed_form_of_the_largest() -> None:
    """Of five equal normal times: median and upper end are the quantiles at 2^(-1/5) and 0.975^(1/5)."""
    told = makespan((Spread(10, 1.0, 0.0, 9),) * 5, 0.95)

    assert told.expected == pytest.approx(stats.norm.ppf(0.5**0.2, 10, 1))
    assert told.high == pytest.approx(stats.norm.ppf(0.975**0.2, 10, 1))


@pytest.mark.parametrize(
    ("shared", "alone"), [(1.0, (0.3, 0.3)), (1.0, (0.3, 0.3, 0.3, 0.3)), (0.5, (0.2, 0.4, 0.4)), (2.0, (1.0, 0.6))]
)
def test_a_part_that_all_devices_share_puts_the_last_one_no_later(shared: float, alone: tuple[float, ...]) -> None:
    """The median of 200,000 draws of C + the largest of devices' own times, which differ from device to device.

    What counts whatever they share stays as it is: the interval, which all draws but a twentieth lie in at most.
    """
    rng = np.random.default_rng(4)
    means, trials = [10 + 0.2 * number for number in range(len(alone))], 10**6
    drawn = shared * rng.standard_normal(200_000) + np.max(
        [rng.normal(mean, own, 200_000) for mean, own in zip(means, alone, strict=True)], axis=0
    )
    both = [Spread(mean, 0.0, math.hypot(shared, own), trials, own) for mean, own in zip(means, alone, strict=True)]

    told, blind = makespan(both), makespan([replace(one, apart=None) for one in both])

    assert told.expected == pytest.approx(np.median(drawn), abs=0.05 * shared)
    assert told.expected < blind.expected
    assert (told.low, told.high) == (blind.low, blind.high)
    assert told.low is not None
    assert told.high is not None
    assert np.mean((drawn < told.low) | (drawn > told.high)) <= 0.05


def test_more_of_a_device_s_own_than_of_all_that_varies_leaves_what_is_expected_in_its_interval() -> None:
    """Trials that came out alike by chance: nothing differs between them, and 1 s between devices at work together."""
    told = makespan([Spread(10.0, 0.0, 0.0, 3, 1.0)] * 4)

    assert (told.low, told.expected, told.high) == (10.0, 10.0, 10.0)


@settings(deadline=None, max_examples=60)
@given(
    parts=st.lists(st.tuples(varying(), st.integers(0, 300)), min_size=1, max_size=6), confidence=st.floats(0.1, 0.99)
)
def test_what_is_expected_lies_in_its_interval(parts: list[tuple[Option, int]], confidence: float) -> None:
    """Whatever the devices; and it is not earlier than the longest mean."""
    spreads = [spread(one, later) for one, later in parts]
    told = makespan(spreads, confidence)

    assert told.expected >= max(one.mean for one in spreads) * (1 - 1e-9)
    assert (told.low is None) == any(one.between is None for one in spreads)
    assert told.low is None or told.low <= told.expected * (1 + 1e-9)
    assert told.high is None or told.expected <= told.high * (1 + 1e-9)


def test_a_makespan_without_variation_is_the_longest_time() -> None:
    """And one of which a device is not known has no interval."""
    known, other = Spread(3.0, 0.0, 0.0, 5), Spread(2.0, 0.1, None, 1)

    assert makespan((known, Spread(1.0, 0.0, 0.0, 5))).high == 3.0
    assert makespan((known, other)).high is None
    assert makespan((known, other)).expected == 3.0
    assert all_within((known, other), 9) is None
    assert all_within((known,), 3.0) == 1.0
    with pytest.raises(ValueError, match="one device"):
        makespan(())
