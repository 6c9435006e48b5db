"""Carries a plan out on devices of this machine, and puts what it took beside what was predicted.

    probe:  other devices, some mini-batches of each, all at once     -> speed of the machine now
    run:    fresh devices -> all loaded -> one common instant -> each works through its images -> last end - start

A plan that counts from a cold start has no common instant after loading: the processes are started together, and each
works as soon as it has loaded. The probe changes nothing: the prediction is judged as it stands. It is not known here
what a device is made of, nor where its figures came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from vedette.clock import Clock
from vedette.flows.bench.device import DeviceOrder, Devices
from vedette.flows.planning.post import Post, attempt_all, close_all, not_enforced
from vedette.flows.planning.probe import LEAD_NS, Probed, later_now_s
from vedette.rules.capacity.verdict import judged
from vedette.values.demand import Start
from vedette.values.environment import Environment
from vedette.values.plan import Assignment, Plan
from vedette.values.verification import DeviceRun, Verification

Say = Callable[[str], None]


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
        speeds = await self._speeds(duties) if probe else [None] * len(duties)
        self._say(f"running {len(duties)} device{'s'[: len(duties) > 1]}: {plan.images} images")
        posts = [post_of(self._devices, duty) for duty in duties]
        try:
            await (self._cold(posts) if plan.demand.start is Start.COLD else self._loaded(posts, plan.demand.start))
        finally:
            await close_all(posts)
        runs = tuple(
            replace(run_of(duty.assignment, post), speed=speed)
            for duty, post, speed in zip(duties, posts, speeds, strict=True)
        )
        return replace(
            _told(plan, runs),
            not_enforced=not_enforced(posts),
            notes=tuple(post.left for post in posts if post.left),
            environment=environment,
            created=self._clock.wall().isoformat(),
        )

    async def _cold(self, posts: Sequence[Post]) -> None:
        """Every process is started at one instant, and works as soon as its model is loaded."""
        start = self._clock.now_ns()

        async def through(post: Post) -> None:
            post.began_ns = start
            await post.load()
            await post.do()

        await attempt_all(posts, through)

    async def _loaded(self, posts: Sequence[Post], start: Start) -> None:
        """All are loaded, and warm if the plan counts from there, before the instant at which all begin."""

        async def load(post: Post) -> None:
            await post.load()
            if start is Start.WARM:
                await post.device.run(post.batch, post.batch)

        await attempt_all(posts, load)
        instant = self._clock.now_ns() + LEAD_NS

        async def work(post: Post) -> None:
            post.began_ns = instant
            await post.do(instant)

        await attempt_all(posts, work)

    async def _speeds(self, duties: Sequence[Duty]) -> list[float | None]:
        """L as profiled over L as it is now, of each device; None where either is not known. All are probed at once."""
        known = [
            (Probed(duty.order, duty.assignment.batch, duty.later_s), duty.later_s)
            for duty in duties
            if duty.later_s is not None
        ]
        if len(known) < len(duties):
            return [None] * len(duties)
        self._say("probing how quick the machine is now")
        now_s = await later_now_s(self._devices, [probed for probed, _ in known], self._clock)
        return [None if now is None else before / now for now, (_, before) in zip(now_s, known, strict=True)]


# --- what came of it --------------------------------------------------------------------------------------------------


def post_of(devices: Devices, duty: Duty) -> Post:
    """The post of a duty; its device is not started yet."""
    return Post(devices.make(duty.order), duty.assignment.batch, duty.assignment.images)


def run_of(assignment: Assignment, post: Post) -> DeviceRun:
    """What a device did, beside what it was assigned."""
    work = post.work
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
