"""What batches take in a simulation."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.errors import UsageError
from vedette.rules.capacity.service_time import BatchTimes, batch_times, durations, longer_after_idle, longest_times
from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.moment import Moment
from vedette.values.profile import AfterIdle

CURVE = BatchCurve(
    (
        BatchPoint(1, 9.0, 15.0, 50, Moment(0.010, 0.001, 0.0005, 50, 3)),
        BatchPoint(4, 30.0, 40.0, 50, Moment(0.028, 0.004, None, 50, 1)),
    )
)


def test_times_between_measured_batches_are_on_the_line() -> None:
    """Two rows lie a third of the way from one to four; one trial tells nothing of how processes differ."""
    times = batch_times(CURVE, 4)

    assert times.mean_s == pytest.approx((0.010, 0.016, 0.022, 0.028))
    assert times.within_s == pytest.approx((0.001, 0.002, 0.003, 0.004))
    assert times.between_s[0] == 0.0005
    assert times.between_s[3] == 0.0
    assert times.varies


def test_each_row_of_a_batch_brings_a_request() -> None:
    """Means add up, variances add up, and processes differ as before; the sums are those of drawn numbers."""
    request = Moment(0.002, 0.003)
    times, alone = batch_times(CURVE, 4, request), batch_times(CURVE, 4)
    rng = np.random.default_rng(5)
    drawn = rng.normal(0.028, 0.004, 200_000) + rng.normal(0.002, 0.003, (4, 200_000)).sum(axis=0)

    assert times.mean_s == pytest.approx((0.012, 0.020, 0.028, 0.036))
    assert times.mean_s[3] == pytest.approx(drawn.mean(), rel=0.002)
    assert times.within_s[3] == pytest.approx(drawn.std(), rel=0.01)
    assert times.between_s == alone.between_s


def test_the_longest_times_have_the_mean_of_requests() -> None:
    """Of a hard deadline: 15 and 40 ms, and 2 ms for each row."""
    times = longest_times(CURVE, 4, Moment(0.002, 0.003))

    assert times.mean_s[0] == pytest.approx(0.017)
    assert times.mean_s[3] == pytest.approx(0.048)
    assert not times.varies


def test_without_moments_the_median_is_taken_as_it_is() -> None:
    """A curve that a server measured has no deviations."""
    times = batch_times(BatchCurve((BatchPoint(1, 9.0, 15.0, 5),)), 1)

    assert times == BatchTimes((0.009,), (0.0,), (0.0,))
    assert durations(times, 10, 1, seed=0)(1, 3, 0) == 9_000_000


def test_a_hard_deadline_counts_with_the_longest_times() -> None:
    """They are fixed, and never below the mean."""
    times = longest_times(CURVE, 4)

    assert times.mean_s[0] == 0.015
    assert times.mean_s[3] == 0.040
    assert not times.varies


@pytest.mark.parametrize("points", [(), (2, 4), (1, 2)])
def test_nothing_is_extrapolated(points) -> None:
    """A curve that does not reach from one row to the size is refused, with what it has."""
    curve = BatchCurve(tuple(BatchPoint(batch, 9.0, 15.0, 5) for batch in points))

    with pytest.raises(UsageError, match="batches of 1 to 4 rows"):
        batch_times(curve, 4)


def test_drawn_times_have_the_moments_of_the_curve() -> None:
    """Batches of one process have its pace and spread within; paces of processes have mean and spread between."""
    times = BatchTimes((0.010, 0.016), (0.002, 0.002), (0.001, 0.0016))
    draw = durations(times, 20_000, 400, seed=1)
    one = np.array([draw(1, image, 0) for image in range(20_000)]) / 1e9
    paces = np.array([np.mean([draw(1, image, replica) for image in range(50)]) for replica in range(400)]) / 1e9

    assert one.std() / one.mean() == pytest.approx(0.2, rel=0.05)
    assert paces.mean() == pytest.approx(0.010 * np.mean([draw(1, i, 0) for i in range(50)]) / 1e9 / paces[0], rel=0.1)
    assert paces.std() / paces.mean() == pytest.approx(0.1, rel=0.15)
    assert one.min() > 0


def test_a_seed_gives_an_image_and_a_replica_the_same_chance_whatever_else_there_is() -> None:
    """More images or more replicas change no time that was there before; another seed does."""
    times = batch_times(CURVE, 4)
    few, many, other = durations(times, 10, 2, 7), durations(times, 99, 5, 7), durations(times, 10, 2, 8)

    assert [few(2, image, 1) for image in range(10)] == [many(2, image, 1) for image in range(10)]
    assert few(2, 3, 1) != other(2, 3, 1)


def test_idle_replicas_take_a_share_of_a_single_image_longer() -> None:
    """A tenth after 100 ms, half of that after half of the time, and no more after an hour; also for larger batches."""
    longer = longer_after_idle(batch_times(CURVE, 4, Moment(0.002)), (AfterIdle(0.02, 1.02), AfterIdle(0.1, 1.10)))
    unknown = longer_after_idle(batch_times(CURVE, 4), ())

    assert longer is not None
    found = [longer(round(idle_s * 1e9)) for idle_s in (0.0, 0.01, 0.02, 0.06, 0.1, 3600.0)]
    assert found == pytest.approx([0.0, 0.12e6, 0.24e6, 0.72e6, 1.2e6, 1.2e6])
    assert unknown is None
