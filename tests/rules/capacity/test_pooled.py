"""Trials become one Moment, and their spread an interval, as textbooks and scipy have it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vedette.rules.capacity.pooled import deviation_apart, interval, moment_of, pooled, spread_of
from vedette.values.moment import Moment

TRIALS = ([1.0, 1.2, 1.1, 0.9], [1.4, 1.3], [1.0, 1.05, 1.1])


def test_trials_count_the_same_however_many_values_they_have() -> None:
    """Mean of means; deviation of the means; residual deviation of an analysis of variance within."""
    found = pooled([moment_of(trial) for trial in TRIALS])

    means = [np.mean(trial) for trial in TRIALS]
    residual = sum(((np.array(trial) - np.mean(trial)) ** 2).sum() for trial in TRIALS)
    assert found.mean == pytest.approx(np.mean(means))
    assert found.between == pytest.approx(np.std(means, ddof=1))
    assert found.within == pytest.approx(np.sqrt(residual / (9 - 3)))
    assert (found.count, found.trials) == (9, 3)


def test_one_trial_shows_nothing_between_trials() -> None:
    """Then there is no interval either."""
    found = pooled([moment_of([2.0])])

    assert found == Moment(2.0, 0.0, None, 1, 1)
    assert interval(found) is None


def test_the_interval_is_students() -> None:
    """As scipy gives it for the mean of independent values."""
    means = [1.0, 1.1, 1.3]
    half = interval(pooled([moment_of([mean]) for mean in means]))

    low, high = stats.t.interval(0.95, 2, np.mean(means), stats.sem(means))
    assert half == pytest.approx((high - low) / 2)


def test_spread_is_pooled_over_points_and_relative() -> None:
    """A point with one trial tells nothing; two that differ by the same share tell the same."""
    spread = spread_of([[1.0, 1.1, 1.2], [10.0, 11.0, 12.0], [5.0]])

    assert spread is not None
    assert spread.relative == pytest.approx(np.std([1.0, 1.1, 1.2], ddof=1) / 1.1)
    assert spread.freedom == 4
    assert spread.half_width(3) == pytest.approx(stats.t.ppf(0.975, 4) * spread.relative / np.sqrt(3))
    assert spread_of([[1.0], [2.0]]) is None


def test_what_devices_do_not_share_is_the_residual_of_an_analysis_of_variance() -> None:
    """Scipy's F is the mean square between the groups over that within them, which is what is sought."""
    groups = [(1.0, 1.2, 1.1), (1.5, 1.4), (0.9, 1.05, 0.95, 1.0)]
    every = np.concatenate(groups)
    between = sum(len(group) * (np.mean(group) - every.mean()) ** 2 for group in groups) / (len(groups) - 1)

    found = deviation_apart([*groups, (7.0,)])

    assert found == pytest.approx(np.sqrt(between / stats.f_oneway(*groups).statistic))


def test_what_all_devices_have_in_common_is_not_in_it() -> None:
    """Two devices 0.1 apart, on a machine that slows down to half its speed: 0.1 / sqrt(2), whatever the trials do."""
    found = pooled([Moment(1.0), Moment(1.5), Moment(2.0)], [(1.0, 1.1), (1.5, 1.6), (2.0, 1.9)])

    assert found.between == pytest.approx(0.5)
    assert found.apart == pytest.approx(0.1 / np.sqrt(2))


def test_a_device_alone_does_not_tell_how_it_differs_from_others() -> None:
    """Neither does none."""
    assert pooled([Moment(1.0), Moment(1.2)], [(1.0,), (1.2,)]).apart is None
    assert deviation_apart([]) is None
