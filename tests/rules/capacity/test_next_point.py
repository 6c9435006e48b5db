"""Few samples tell a whole curve: to 3 % in a third of the time, kinks and limits of memory included."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import fmean, median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.curve import fitted
from vedette.rules.capacity.next_point import Aim, Next, Point, Sample, Seen, next_point
from vedette.rules.capacity.pooled import pooled
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Failed

GRID = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64)
TRIAL_S = 1.0
"""Loading and the least time of a trial, as a profile has them."""


@dataclass
class Machine:
    """A curve that is measured with noise; it counts the time that measuring takes."""

    later: Callable[[int], float]
    between: float = 0.01
    seed: int = 0
    fits: int = 10**6
    drift: float = 0.0
    forgets_s: float = 10.0
    seen: Seen = field(default_factory=lambda: Seen({}, {}))

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.phase = float(self.rng.standard_normal())

    def drifted(self, seconds: float) -> float:
        """The machine's phase, which has forgotten itself to a third after `forgets_s`."""
        kept = math.exp(-seconds / self.forgets_s)
        self.phase = kept * self.phase + math.sqrt(1 - kept**2) * self.rng.standard_normal()
        return 1 + self.drift * self.phase

    def cost(self, batch: int) -> float:
        return TRIAL_S + 0.2 + 4 * self.later(batch)

    def measure(self, point: Point) -> None:
        samples, failed = dict(self.seen.samples), dict(self.seen.failed)
        if point.batch > self.fits:
            failed[point] = Failed.OUT_OF_MEMORY
        else:
            phase = (1 + self.between * self.rng.standard_normal()) * self.drifted(self.cost(point.batch))
            first = self.later(point.batch) * 1.1 + 0.05
            sample = Sample(first * phase, self.later(point.batch) * phase)
            samples[point] = (*samples.get(point, ()), sample)
        self.seen = Seen(samples, failed, self.seen.spent_s + self.cost(point.batch), self.seen.doubts)

    def run(self, aim: Aim, grid: tuple[int, ...] = GRID, sizes: tuple[Size | None, ...] = (None,)) -> Next:
        for _ in range(10_000):
            following = next_point(grid, sizes, self.seen, aim)
            if following.point is None:
                return following
            self.seen = replace(self.seen, doubts=(*self.seen.doubts, following.doubt))
            self.measure(following.point)
        raise AssertionError("it never stops")

    def curve(self) -> dict[int, float]:
        found = {point.batch: fmean(one.later_s for one in samples) for point, samples in self.seen.samples.items()}
        return dict(sorted(found.items()))


def affine(batch: int) -> float:
    return 0.004 + 0.01 * batch


def kinked(batch: int) -> float:
    """From 24 images on the cache is too small, and each one more takes half as long again."""
    return 0.004 + 0.01 * batch + 0.005 * max(0, batch - 24)


def saturating(batch: int) -> float:
    return 0.02 + 0.01 * batch**0.9


def held_out_errors(machine: Machine) -> list[float]:
    """Of the curve that plans read, against the true one, at batches that were not measured."""
    samples = sorted(machine.seen.samples.items(), key=lambda known: known[0].batch)
    curve = fitted([(point.batch, pooled([Moment(one.later_s) for one in found])) for point, found in samples])
    told = {batch: curve.at(batch) for batch in GRID if batch not in curve.batches}
    return [abs(moment.mean / machine.later(batch) - 1) for batch, moment in told.items() if moment is not None]


def full_grid_s(machine: Machine, trials: int = 3) -> float:
    return trials * sum(machine.cost(batch) for batch in GRID)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("later", "noise"), [(affine, 0.01), (kinked, 0.004), (saturating, 0.003)])
def test_a_third_of_the_time_is_enough_for_three_per_cent(
    later: Callable[[int], float], noise: float, seed: int
) -> None:
    """Each batch that was not measured is told to 3 %; a curve that is not straight allows less noise for that."""
    machine = Machine(later, between=noise, seed=seed)
    machine.run(Aim())

    assert machine.seen.spent_s <= full_grid_s(machine) / 3
    assert max(held_out_errors(machine)) <= 0.03


def test_without_noise_a_straight_curve_needs_four_batches() -> None:
    """Both ends and two middles; the two smallest are repeated to see how trials differ."""
    machine = Machine(affine, between=0.0)
    end = machine.run(Aim())

    assert list(machine.curve()) == [1, 3, 8, 64]
    assert {point.batch: len(found) for point, found in machine.seen.samples.items()} == {1: 2, 3: 2, 8: 1, 64: 1}
    assert end.reason == "certain enough"
    assert end.width == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_batches_are_measured_close_to_a_kink(seed: int) -> None:
    """One image that costs three times as much from 24 on: both neighbours of the bend in the grid are measured."""
    machine = Machine(lambda batch: affine(batch) + 0.02 * max(0, batch - 24), between=0.003, seed=seed)
    machine.run(Aim())

    assert {20, 24, 28} & set(machine.curve())
    assert max(held_out_errors(machine)) <= 0.03


def test_the_largest_batch_that_fits_is_found_by_halving() -> None:
    """Nothing beyond a batch that ran out of memory is tried, and few trials are lost."""
    machine = Machine(affine, between=0.0, fits=30)
    machine.run(Aim())

    assert max(machine.curve()) == 28
    assert len(machine.seen.failed) <= math.ceil(math.log2(len(GRID)))


def test_noise_is_not_fought_with_more_than_the_full_grid_would_have() -> None:
    """Eight per cent between trials: a few repeats, and the stop tells that the width was not reached."""
    machine = Machine(affine, between=0.08, seed=3)
    end = machine.run(Aim(trials=3))

    assert all(len(samples) <= 3 for samples in machine.seen.samples.values())
    assert machine.seen.spent_s <= full_grid_s(machine) / 3
    assert end.reason == "as certain as 3 trials of every batch would be"
    assert end.width > 0.03


@pytest.mark.parametrize("later", [affine, kinked, saturating])
@pytest.mark.parametrize("drift", [0.05, 0.1, 0.15])
def test_a_machine_that_drifts_is_not_measured_without_end(later: Callable[[int], float], drift: float) -> None:
    """Within half a minute by a tenth: it stops at half the grid's time or less, and tells the width that was reached.

    Without the stop half of the profiles of the bent curves took the whole grid.
    """
    machines = [Machine(later, between=0.01, seed=seed, drift=drift) for seed in range(12)]
    ends = [machine.run(Aim()) for machine in machines]

    assert median(machine.seen.spent_s / full_grid_s(machine) for machine in machines) <= 0.5
    assert all(end.width > 0.03 or end.reason == "certain enough" for end in ends)
    errors = [error for machine in machines for error in held_out_errors(machine)]
    assert median(errors) <= 1.5 * drift


def test_trials_are_used_up_where_the_shape_stays_in_doubt() -> None:
    """A curve that jumps up and down from batch to batch is measured whole."""
    machine = Machine(lambda batch: 0.01 * batch * (1.5 if batch % 8 else 1.0), between=0.01)
    machine.run(Aim(trials=2))

    assert len(machine.curve()) >= 0.75 * len(GRID)
    assert all(len(samples) <= 2 for samples in machine.seen.samples.values())


def test_no_trial_is_begun_once_the_time_is_used_up() -> None:
    """The budget is looked at before each trial."""
    machine = Machine(affine)
    end = machine.run(Aim(budget_s=3.0))

    assert machine.seen.spent_s - machine.cost(64) < 3.0 <= machine.seen.spent_s
    assert end.reason == "the time is used up"


def test_a_batch_that_would_take_too_long_is_not_sought() -> None:
    """At 14 ms for one image, half a second is reached below 36."""
    machine = Machine(affine, between=0.0)
    machine.seen = Seen({Point(1): (Sample(0.014, 0.014),)}, {})

    assert next_point(GRID, (None,), machine.seen, Aim(longest_s=0.5)).point == Point(32)
    assert next_point(GRID, (None,), machine.seen, Aim()).point == Point(64)


def test_a_batch_that_the_engine_refuses_does_not_end_the_column() -> None:
    """A model of one fixed batch refuses others, smaller ones too."""
    seen = Seen({}, {Point(1): Failed.REFUSED})

    assert next_point((1, 2, 4), (None,), seen, Aim()).point == Point(2)


def test_image_sizes_are_columns_of_their_own() -> None:
    """A failure at one size says nothing of another."""
    small, large = Size(100, 100), Size(2000, 2000)
    machine = Machine(affine, between=0.0)
    machine.seen = Seen({}, {Point(1, large): Failed.OUT_OF_MEMORY})
    machine.run(Aim(), sizes=(small, large))

    assert {point.size for point in machine.seen.samples} == {small}
    assert max(point.batch for point in machine.seen.samples) == 64


@pytest.mark.parametrize("wrong", [{"width": 0.0}, {"width": 1.0}, {"trials": 0}])
def test_an_aim_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    """A mistake of the caller."""
    with pytest.raises(ValueError, match="width lies between"):
        Aim(**wrong)


@settings(max_examples=60, deadline=None)
@given(
    grid=st.lists(st.integers(1, 64), min_size=1, max_size=12),
    times=st.lists(st.floats(1e-6, 1e3), min_size=65, max_size=65),
    fates=st.lists(st.sampled_from([None, None, None, *Failed]), min_size=65, max_size=65),
    trials=st.integers(1, 4),
    noise=st.floats(0, 2),
    seed=st.integers(0, 100),
)
def test_every_profile_ends_and_none_goes_beyond_a_failure(
    grid: list[int], times: list[float], fates: list[Failed | None], trials: int, noise: float, seed: int
) -> None:
    """Whatever the curve: each trial is new information, and each point is in the grid."""
    rng, samples, failed = np.random.default_rng(seed), {}, {}
    taken = 0
    while (following := next_point(grid, (None,), Seen(samples, failed), Aim(trials=trials))).point is not None:
        point, taken = following.point, taken + 1

        assert point.batch in grid
        assert point not in failed
        assert len(samples.get(point, ())) < trials
        assert all(point.batch < other.batch for other, why in failed.items() if why is not Failed.REFUSED)
        fate = fates[point.batch]
        if fate is None:
            time_s = times[point.batch] * math.exp(noise * rng.standard_normal())
            samples[point] = (*samples.get(point, ()), Sample(time_s, time_s))
        else:
            failed[point] = fate
            samples.pop(point, None)
    assert taken <= trials * len(set(grid))
