"""Carries a plan out on devices of this machine, and puts what it took beside what was predicted.

    probe:  fresh devices, some mini-batches of each, all at once     -> speed of the machine now
    run:    fresh devices -> all loaded -> one common instant -> each works through its images -> last end - start

A plan that counts from a cold start has no common instant after loading: the processes are started together, and each
works as soon as it has loaded. The probe changes nothing: the prediction is judged as it stands. It is not known here
what a device is made of, nor where its figures came from.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.flows.bench.device import Device, DeviceOrder, Devices, DeviceWork, Loading
from vedette.rules.capacity.verdict import judged
from vedette.values.demand import Start
from vedette.values.environment import Environment
from vedette.values.plan import Assignment, Plan
from vedette.values.verification import DeviceRun, Verification

Say = Callable[[str], None]

LEAD_NS = 250_000_000
"""The common instant lies this much ahead, so that every device has heard of it."""

PROBE_S = 1.0
"""Each device is probed for about so long."""

_FEWEST_PROBED, _MOST_PROBED = 2, 500


@dataclass(frozen=True, slots=True)
class Duty:
    """What one device is to do.

    Attributes:
        assignment: out of the plan.
        order: the device that carries it out, bound to its cores.
        later_s: L(mbs) as profiled; None: not known, and then the device is not probed.
    """

    assignment: Assignment
    order: DeviceOrder
    later_s: float | None = None


@dataclass(slots=True)
class _Post:
    """A duty on its way, and what has come of it so far."""

    duty: Duty
    device: Device
    loading: Loading | None = None
    work: DeviceWork | None = None
    began_ns: int = 0
    failed: str = ""
    left: str = ""


class Verifier:
    """Runs plans on `devices`; `say` is told what is being done."""

    def __init__(self, devices: Devices, clock: Clock, say: Say) -> None:
        self._devices, self._clock, self._say = devices, clock, say

    async def verify(
        self, plan: Plan, duties: Sequence[Duty], environment: Environment | None = None, *, probe: bool = True
    ) -> Verification:
        """Carry every duty out at once, and measure.

        A device that fails is told in its run, the others work on; the makespan is not measured then. What was started
        is ended whatever happens.

        Args:
            plan: with a makespan.
            duties: one for each of its assignments.
            environment: where it is measured.
            probe: look before how quick the machine is now.
        """
        assert plan.makespan_s is not None, "a plan with assignments has a makespan"
        speeds = await self._probed(duties) if probe else [None] * len(duties)
        self._say(f"running {len(duties)} device{'s'[: len(duties) > 1]}: {plan.images} images")
        posts = [_Post(duty, self._devices.make(duty.order)) for duty in duties]
        try:
            await (self._cold(posts) if plan.demand.start is Start.COLD else self._loaded(posts, plan.demand.start))
        finally:
            await _close(posts)
        runs = tuple(replace(_run(post), speed=speed) for post, speed in zip(posts, speeds, strict=True))
        told = _told(plan, runs)
        return replace(
            told,
            not_enforced=_not_enforced(posts),
            notes=tuple(post.left for post in posts if post.left),
            environment=environment,
            created=self._clock.wall().isoformat(),
        )

    async def _cold(self, posts: Sequence[_Post]) -> None:
        """Every process is started at one instant, and works as soon as its model is loaded."""
        start = self._clock.now_ns()

        async def through(post: _Post) -> None:
            post.began_ns = start
            post.loading = await post.device.load()
            post.work = await _work(post)

        await _each(posts, through)

    async def _loaded(self, posts: Sequence[_Post], start: Start) -> None:
        """All are loaded, and warm if the plan counts from there, before the instant at which all begin."""

        async def load(post: _Post) -> None:
            post.loading = await post.device.load()
            if start is Start.WARM:
                await post.device.run(post.duty.assignment.batch, post.duty.assignment.batch)

        await _each(posts, load)
        instant = self._clock.now_ns() + LEAD_NS

        async def work(post: _Post) -> None:
            post.began_ns = instant
            post.work = await _work(post, instant)

        await _each(posts, work)

    # --- probe --------------------------------------------------------------------------------------------------------

    async def _probed(self, duties: Sequence[Duty]) -> list[float | None]:
        """L as profiled over L as it is now, of each device; None where either is not known.

        The devices are others than those that carry the plan out, which must be fresh. All are probed at once.
        """
        if any(duty.later_s is None for duty in duties):
            return [None] * len(duties)
        self._say("probing how quick the machine is now")
        posts = [_Post(duty, self._devices.make(duty.order)) for duty in duties]

        async def load(post: _Post) -> None:
            post.loading = await post.device.load()

        async def probe(post: _Post) -> None:
            batch = post.duty.assignment.batch
            post.work = await post.device.run(batch, batch * (1 + probed_uses(post.duty.later_s or 0.0)), instant)

        try:
            await _each(posts, load)
            instant = self._clock.now_ns() + LEAD_NS
            await _each(posts, probe)
        finally:
            await _close(posts)
        return [_speed(post) for post in posts]


def probed_uses(later_s: float) -> int:
    """Later mini-batches that a probe of about a second takes: 2 at least."""
    return max(_FEWEST_PROBED, math.ceil(PROBE_S / max(later_s, PROBE_S / _MOST_PROBED)))


def _speed(post: _Post) -> float | None:
    later = () if post.work is None else post.work.batches_ns[1:]
    if not later or post.duty.later_s is None or not sum(later):
        return None
    return post.duty.later_s / (fmean(later) / 1e9)


# --- devices ----------------------------------------------------------------------------------------------------------


async def _each(posts: Sequence[_Post], step: Callable[[_Post], Awaitable[None]]) -> None:
    """One step of every device that has not failed, all at once; a failure is kept with its device."""

    async def one(post: _Post) -> None:
        try:
            await step(post)
        except VedetteError as error:
            post.failed = error.message

    async with asyncio.TaskGroup() as group:
        for post in posts:
            if not post.failed:
                group.create_task(one(post))


async def _work(post: _Post, at_ns: int | None = None) -> DeviceWork:
    assignment = post.duty.assignment
    return await post.device.run(assignment.batch, assignment.images, at_ns)


async def _close(posts: Sequence[_Post]) -> None:
    """End every device, those too whose neighbour cannot be ended; what it did is not undone by that."""
    outcomes = await asyncio.gather(*(post.device.close() for post in posts), return_exceptions=True)
    for post, outcome in zip(posts, outcomes, strict=True):
        if isinstance(outcome, VedetteError):
            post.left = outcome.message
        elif isinstance(outcome, BaseException):
            raise outcome


# --- what came of it --------------------------------------------------------------------------------------------------


def _run(post: _Post) -> DeviceRun:
    assignment, work = post.duty.assignment, post.work
    images = 0 if work is None else work.images
    failed = post.failed
    if not failed and images != assignment.images:
        failed = f"it worked through {images} of {assignment.images} images"
    return DeviceRun(
        device=assignment.device.name,
        number=assignment.number,
        images=images,
        load_s=0.0 if post.loading is None else post.loading.load_s,
        warm_up_s=0.0 if work is None or not work.batches_ns else work.batches_ns[0] / 1e9,
        took_s=0.0 if work is None or failed else (work.ended_ns - post.began_ns) / 1e9,
        failed=failed,
    )


def _told(plan: Plan, runs: tuple[DeviceRun, ...]) -> Verification:
    failed = "; ".join(f"{run.device} {run.number}: {run.failed}" for run in runs if run.failed)
    speeds = [run.speed for run in runs if run.speed is not None]
    told = judged(plan, None if failed else max(run.took_s for run in runs), failed)
    return replace(told, runs=runs, speed=fmean(speeds) if speeds else None)


def _not_enforced(posts: Sequence[_Post]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(told for post in posts if post.loading for told in post.loading.not_enforced))
