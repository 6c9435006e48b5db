"""Profiles a model on one kind of device: which trials, in which order, and what becomes of them.

    a process that counts for nothing, where no neighbour is the first
    full grid:  round 1 upward, batch by batch, to the largest that fits -> further rounds shuffled by the seed
    few:        rules/capacity/next_point says which trial is next, until the curves are certain
    -> trials of each point -> Moments -> points, in the order of image size and batch

Later rounds are interleaved and shuffled because a machine drifts: what a drift does is then in every point's deviation
between trials, and not in the shape of the curve. Where it is interrupted every process has ended, and the whole trials
can still be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vedette.clock import Clock
from vedette.errors import ExhaustedError, VedetteError
from vedette.flows.bench.device import DeviceOrder, Devices
from vedette.flows.bench.trial import Failure, Length, Trial, TrialOrder, run_trial
from vedette.rules.capacity.broken_off import broken_off, broken_off_few
from vedette.rules.capacity.next_point import FEWEST_TRIALS, Aim, Point, Seen, next_point
from vedette.rules.capacity.placement import place
from vedette.rules.capacity.pooled import moment_of, pooled
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Failed, ProfilePoint
from vedette.values.tiling import Tiling

Say = Callable[[str], None]

FEWEST_KEPT = 2
"""Whole trials from which on an interrupted profile is worth keeping: one tells neither a slope nor a deviation."""


@dataclass(frozen=True, slots=True)
class ProfileOrder:
    """What is profiled, and how long.

    Attributes:
        model, version, execution, tiling: what every device runs.
        device: its kind.
        images: files, by the size under which their points are kept; None: as they come.
        batches: mini-batches that may be measured.
        trials: of each point; few-sample profiling has so many at most.
        few: half the relative width of L's interval at which few-sample profiling stops; None: the full grid.
        neighbours: devices of the same kind that run the same load beside it.
        longest_s: a mini-batch that takes longer ends its column; None: no limit.
        budget_s: no trial is begun after so long; None: no limit.
        seed: of the order of trials.
        length: of each trial.
    """

    model: str
    version: str
    execution: Execution
    device: DeviceKind
    images: Mapping[Size | None, tuple[str, ...]]
    batches: tuple[int, ...]
    tiling: Tiling | None = None
    trials: int = FEWEST_TRIALS
    few: float | None = None
    neighbours: int = 0
    longest_s: float | None = None
    budget_s: float | None = None
    seed: int = 0
    length: Length = Length()  # noqa: RUF009 - a frozen value

    def __post_init__(self) -> None:
        if not self.images or not self.batches or min(self.batches) < 1 or self.trials < 1 or self.neighbours < 0:
            raise ValueError(f"a profile has images, batches and trials, got {self}")

    @property
    def aim(self) -> Aim:
        """When few-sample profiling stops."""
        assert self.few is not None, "only then"
        return Aim(self.few, self.trials, self.budget_s, self.longest_s)


@dataclass(frozen=True, slots=True)
class Profiling:
    """What came of it.

    Attributes:
        points: by image size, then by batch.
        seconds: that measuring took.
        trials: processes that were started for it.
        notes: what a reader has to know, in words: limits not enforced, a budget used up, a width not reached.
        broken_off: what was left out because it was interrupted, in words; empty: nothing.
        fixed_batch: rows that the model's graph takes at a time; None: any number, or not known.
    """

    points: tuple[ProfilePoint, ...]
    seconds: float
    trials: int
    notes: tuple[str, ...]
    broken_off: str = ""
    fixed_batch: int | None = None


@dataclass(slots=True)
class _Log:
    """What was measured so far."""

    trials: dict[Point, list[Trial]] = field(default_factory=dict)
    failures: dict[Point, Failure] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    count: int = 0

    def ended(self, point: Point) -> bool:
        """Whether the point failed, or a smaller batch ended its column."""
        return point in self.failures or any(
            other.size == point.size and other.batch < point.batch and failure.failed is not Failed.REFUSED
            for other, failure in self.failures.items()
        )


class ProfileSession:
    """One profile under way."""

    def __init__(self, devices: Devices, order: ProfileOrder, clock: Clock, say: Say) -> None:
        """Take what is measured and with what.

        Args:
            devices: makes the processes.
            order: what is measured.
            clock: of the machine.
            say: told of each trial, in words.

        Raises:
            UnsupportedError: the device and its neighbours do not fit on the cores.
        """
        self._devices, self._order, self._clock, self._say = devices, order, clock, say
        self._cores = place(_shares(order), devices.free_cores())
        self._log, self._began = _Log(), clock.now_ns()

    async def run(self) -> Profiling:
        """Measure every point; blocks for minutes.

        Raises:
            ExhaustedError: the model does not fit the device's memory at all.
            VedetteError: no device can work.
        """
        await self._first_of_all()
        await (self._grid() if self._order.few is None else self._few())
        return self._found()

    def so_far(self) -> Profiling | None:
        """What the whole trials tell once `run` was interrupted; None where fewer than two have figures."""
        trials = {point: len(found) for point, found in self._log.trials.items() if not self._log.ended(point)}
        if sum(trials.values()) < FEWEST_KEPT:
            return None
        if self._order.few is not None:
            return replace(self._found(), broken_off=broken_off_few(trials, self._order.few))
        asked = [point for point in self._points() if not self._log.ended(point)]
        return replace(self._found(), broken_off=broken_off(asked, trials, self._order.trials))

    def _points(self) -> list[Point]:
        """Of the full grid, upward."""
        return [Point(batch, size) for size in self._order.images for batch in sorted(set(self._order.batches))]

    def _found(self) -> Profiling:
        log = self._log
        keys = sorted({*log.trials, *log.failures}, key=lambda point: (_pixels(point), point.batch))
        points = tuple(_point_of(point, log) for point in keys if _is_told(point, log))
        fixed = next((trial.fixed_batch for found in log.trials.values() for trial in found), None)
        return Profiling(points, self._spent_s(), log.count, tuple(log.notes), fixed_batch=fixed)

    async def _first_of_all(self) -> None:
        """A process that counts for nothing: the first one reads everything from the disk and prepares the graph.

        Neighbours do the same before a trial. What is wrong with it is told by the trials, which find it, too.
        """
        order = self._trial_order(Point(min(self._order.batches), next(iter(self._order.images))))
        if order.neighbours:
            return
        device = self._devices.make(order.device)
        try:
            await device.load()
            await device.run(order.batch, order.batch)
        except VedetteError:
            return
        finally:
            await device.close()

    async def _grid(self) -> None:
        """The first round upward, so that nothing is tried beyond a batch that does not fit; then by the seed."""
        order, rng = self._order, np.random.default_rng(self._order.seed)
        points = self._points()
        for number in range(order.trials):
            turn = points if number == 0 else [points[place] for place in rng.permutation(len(points))]
            for point in turn:
                if self._log.ended(point):
                    continue
                if order.budget_s is not None and self._spent_s() >= order.budget_s:
                    self._log.notes[
                        f"the {order.budget_s:g} s were used up in round {number + 1} of {order.trials}"
                    ] = None
                    return
                await self._trial(point, f"trial {number + 1} of {order.trials}")

    async def _few(self) -> None:
        order = self._order
        doubts: list[float] = []
        while True:
            samples = {point: [trial.sample for trial in found] for point, found in self._log.trials.items()}
            failed = {point: failure.failed for point, failure in self._log.failures.items()}
            seen = Seen(samples, failed, self._spent_s(), doubts)
            following = next_point(order.batches, tuple(order.images), seen, order.aim)
            if following.point is None:
                break
            doubts.append(following.doubt)
            await self._trial(following.point, following.reason)
        width = f"{following.width:.1%}" if math.isfinite(following.width) else "not known"
        self._say(f"{order.model}: {following.reason}; least certain batch: {width}")
        if following.width > order.aim.width:
            self._log.notes[f"{following.reason}: the width wanted is {order.few:.1%}, the width reached {width}"] = (
                None
            )

    async def _trial(self, point: Point, why: str) -> None:
        order, log = self._order, self._log
        size = "" if point.size is None else f", {point.size}"
        self._say(f"{order.model} on {order.device.name}: batch {point.batch}{size} ({why})")
        found = await run_trial(self._devices, self._trial_order(point))
        log.count += 1
        if isinstance(found, Trial):
            log.trials.setdefault(point, []).append(found)
            log.notes |= dict.fromkeys(found.notes)
            return
        self._say(f"{order.model}: batch {point.batch}{size}: {found.failed}: {found.reason}")
        if not found.loaded and not log.trials:
            raise ExhaustedError(
                f"{order.model} does not fit {order.device.name}: it ran out of memory while it was loaded"
                f" ({found.reason})",
                help="give it more with --memory-limit, run fewer neighbours, or take a smaller model",
            )
        log.trials.pop(point, None)
        log.failures[point] = found

    def _trial_order(self, point: Point) -> TrialOrder:
        order = self._order
        own, *beside = (
            DeviceOrder(
                order.device, cores, order.model, order.version, order.execution, order.images[point.size], order.tiling
            )
            for cores in self._cores
        )
        return TrialOrder(own, tuple(beside), point.batch, order.length, order.longest_s)

    def _spent_s(self) -> float:
        return (self._clock.now_ns() - self._began) / 1e9


def _shares(order: ProfileOrder) -> list[float]:
    return [order.device.cores or 1.0] * (1 + order.neighbours)


def _pixels(point: Point) -> int:
    return 0 if point.size is None else point.size.pixels


def _is_told(point: Point, log: _Log) -> bool:
    """A batch that ran before a smaller one turned out to run out of memory now and then is not to be relied on."""
    return point in log.failures or not log.ended(point)


def _point_of(point: Point, log: _Log) -> ProfilePoint:
    if (failure := log.failures.get(point)) is not None:
        return ProfilePoint(point.batch, point.size, failed=failure.failed, reason=failure.reason)
    trials = log.trials[point]
    energies = [trial.energy_j for trial in trials if trial.energy_j is not None]
    return ProfilePoint(
        point.batch,
        point.size,
        latency_s=pooled([trial.later_s for trial in trials], [trial.together_s for trial in trials]),
        warm_up_s=_of_trials([trial.first_s for trial in trials]),
        load_s=_of_trials([trial.load_s for trial in trials]),
        peak_bytes=max(trial.peak_bytes for trial in trials),
        sampled_peak_bytes=max(trial.sampled_peak_bytes for trial in trials),
        energy_j=_of_trials(energies) if len(energies) == len(trials) else None,
        longest_s=max(trial.longest_s for trial in trials),
    )


def _of_trials(values: list[float]) -> Moment:
    """One value a trial: how they differ is between trials."""
    return pooled([moment_of([value]) for value in values])
