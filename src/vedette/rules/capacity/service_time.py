"""What batches take in a simulation: drawn from a batch curve's moments, and never from anything else.

    BatchCurve, request -> BatchTimes: mean and deviations for 1, 2, ..., B rows -> a seed -> nanoseconds of each batch

The curve holds a device's work from the bytes of an image to its result. A server does more for each image: it reads
and writes HTTP, and hands the image from thread to thread. That is `request`, and it takes the time of the same core.

A process has a pace of its own, for as long as it lives (`between`), and each of its batches differs from that pace
(`within`). Both are log-normal with the measured mean and deviation, because times are positive and lean to the right.
A batch's chance belongs to its first image and a pace to the number of its replica, so two simulations with one seed
differ by what is simulated alone (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vedette.errors import UsageError
from vedette.rules.capacity.simulation import Duration, Idle
from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.moment import Moment
from vedette.values.profile import AfterIdle

_PACES = 1


@dataclass(frozen=True, slots=True)
class BatchTimes:
    """For batches of 1, 2, ... rows, in seconds.

    Attributes:
        mean_s: of a batch.
        within_s: standard deviation of batches of one process.
        between_s: standard deviation of the means of processes.
    """

    mean_s: tuple[float, ...]
    within_s: tuple[float, ...]
    between_s: tuple[float, ...]

    @property
    def varies(self) -> bool:
        """Whether any time differs from its mean."""
        return any(self.within_s) or any(self.between_s)


def batch_times(curve: BatchCurve, size: int, request: Moment | None = None) -> BatchTimes:
    """Times for 1 to `size` rows, linear between measured batches.

    Where the curve has no moments its median stands for the mean, without deviations. Requests differ independently of
    each other and of their batch, so variances add up; each row brings one.

    Args:
        curve: of batches.
        size: rows of the largest batch.
        request: seconds that an image takes beside its batch; None: nothing is known of it, and nothing is added.

    Raises:
        UsageError: the curve does not reach from one row to `size`; nothing is extrapolated.
    """
    measured = [(point.batch, _moment(point)) for point in curve.points]
    batches = [batch for batch, _ in measured]
    if not batches or batches[0] != 1 or batches[-1] < size:
        known = f"batches {batches[0]} to {batches[-1]}" if batches else "no batch"
        raise UsageError(
            f"a rate needs the times of batches of 1 to {size} rows, the profile has {known}",
            help=f"profile it with `--batch 1,{size}` among the batches, or allow a smaller one",
        )
    rows = np.arange(1, size + 1)
    columns = (
        [moment.mean for _, moment in measured],
        [moment.within for _, moment in measured],
        [moment.between or 0.0 for _, moment in measured],
    )
    mean, within, between = (np.interp(rows, batches, column) for column in columns)
    if request is not None:
        mean, within = mean + rows * request.mean, np.sqrt(within**2 + rows * request.within**2)
    return BatchTimes(tuple(mean.tolist()), tuple(within.tolist()), tuple(between.tolist()))


def longest_times(curve: BatchCurve, size: int, request: Moment | None = None) -> BatchTimes:
    """The longest that was seen of each batch, as a fixed time: what a hard deadline counts with.

    A request counts with its mean: of single requests the longest is not kept.

    Raises:
        UsageError: as `batch_times`.
    """
    means, besides_s = batch_times(curve, size).mean_s, 0.0 if request is None else request.mean
    longest = tuple(
        max(mean, (curve.high_ms(rows) or 0.0) / 1e3) + rows * besides_s for rows, mean in enumerate(means, 1)
    )
    still = (0.0,) * size
    return BatchTimes(longest, still, still)


def _moment(point: BatchPoint) -> Moment:
    return Moment(point.latency_ms / 1e3) if point.latency_s is None else point.latency_s


def durations(times: BatchTimes, images: int, replicas: int, seed: int) -> Duration:
    """The time of each batch of a simulation; with one seed, batches of the same first image have the same chance.

    Args:
        times: of the batches.
        images: that arrive.
        replicas: processes.
        seed: 0 or more.
    """
    mean_ns = [0.0, *(mean * 1e9 for mean in times.mean_s)]
    if not times.varies:
        fixed = [round(mean) for mean in mean_ns]
        return lambda rows, _image, _replica: fixed[rows]
    chances: list[float] = np.random.default_rng(seed).standard_normal(images).tolist()
    pace: list[float] = np.random.default_rng((seed, _PACES)).standard_normal(replicas).tolist()
    within = [0.0, *(_log_deviation(*one) for one in zip(times.mean_s, times.within_s, strict=True))]
    between = [0.0, *(_log_deviation(*one) for one in zip(times.mean_s, times.between_s, strict=True))]
    level = [mean * math.exp(-(a * a + b * b) / 2) for mean, a, b in zip(mean_ns, within, between, strict=True)]

    def duration(rows: int, image: int, replica: int) -> int:
        return max(1, round(level[rows] * math.exp(within[rows] * chances[image] + between[rows] * pace[replica])))

    return duration


def longer_after_idle(times: BatchTimes, after_idle: Sequence[AfterIdle]) -> Idle | None:
    """What a batch takes longer on a replica that was idle: a share of the mean of a single image, whatever the batch.

    Straight lines join nothing at no time with what was measured; after longer times it is as after the longest.

    Args:
        times: of the batches; those of one row count.
        after_idle: as a profile has them, in ascending order; empty: nothing is known, and nothing is added.
    """
    if not any(one.ratio > 1 for one in after_idle):
        return None
    idle_ns = [0.0, *(one.idle_s * 1e9 for one in after_idle)]
    longer_ns = [0.0, *((one.ratio - 1) * times.mean_s[0] * 1e9 for one in after_idle)]
    last_ns, most_ns = idle_ns[-1], round(longer_ns[-1])
    return lambda passed: most_ns if passed >= last_ns else round(float(np.interp(passed, idle_ns, longer_ns)))


def _log_deviation(mean: float, deviation: float) -> float:
    """Sigma of a log-normal with this mean and deviation: sqrt(ln(1 + (deviation / mean)^2))."""
    return math.sqrt(math.log1p((deviation / mean) ** 2))
