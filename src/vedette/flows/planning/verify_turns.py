"""Carries out a plan of models side by side on one device, and puts what it took beside what was predicted.

    probe:  each model alone, fresh, some mini-batches                  -> speed of the machine now
    run:    a process for each model, all loaded and kept -> one instant -> each works through its images in its turn

The processes are bound to the same cores. A plan that counts from a cold start starts each process when its turn comes.
What the last model needs until it is done is the time of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from vedette.clock import Clock
from vedette.flows.bench.device import Devices
from vedette.flows.planning.post import Post, attempt, close_all, not_enforced
from vedette.flows.planning.probe import LEAD_NS, Probed, later_now_s
from vedette.flows.planning.verify import Duty, Say, post_of, run_of
from vedette.rules.capacity.verdict import judged
from vedette.values.demand import Start
from vedette.values.environment import Environment
from vedette.values.plan import Plan
from vedette.values.verification import DeviceRun, Verification

_MEGA = 1e6


class TurnsVerifier:
    """Runs plans of models side by side on `devices`; `say` is told what is being done."""

    def __init__(self, devices: Devices, clock: Clock, say: Say) -> None:
        self._devices, self._clock, self._say = devices, clock, say

    async def verify(
        self, plan: Plan, duties: Sequence[Duty], environment: Environment | None = None, *, probe: bool = True
    ) -> Verification:
        """Let each model have its turn, and measure until the last is done.

        A model that fails is told in its run, the others still have their turns; no time is measured then. What was
        started is ended whatever happens.

        Args:
            plan: of models side by side, with a makespan.
            duties: one for each of its models, in the order of their turns, bound to the same cores.
            environment: where it is measured.
            probe: look before how quick the machine is now.
        """
        speeds = [await self._speed(duty) if probe else None for duty in duties]
        self._say(f"running {len(duties)} model{'s'[: len(duties) > 1]} in turn: {plan.images} images")
        turns = [post_of(self._devices, duty) for duty in duties]
        try:
            began_ns = await (self._cold(turns) if plan.demand.start is Start.COLD else self._loaded(plan, turns))
        finally:
            await close_all(turns)
        runs = tuple(
            replace(_run(duty, post, began_ns), speed=speed)
            for duty, post, speed in zip(duties, turns, speeds, strict=True)
        )
        failed = "; ".join(f"{run.model}: {run.failed}" for run in runs if run.failed)
        known = [speed for speed in speeds if speed is not None]
        return replace(
            judged(plan, None if failed else max(run.took_s for run in runs), failed),
            runs=runs,
            speed=fmean(known) if known else None,
            not_enforced=not_enforced(turns),
            notes=(*_memory(duties, turns), *(one.left for one in turns if one.left)),
            environment=environment,
            created=self._clock.wall().isoformat(),
        )

    async def _cold(self, turns: Sequence[Post]) -> int:
        """Each process is started in its turn, and the ones before it stay; the instant of the first start."""
        began_ns = self._clock.now_ns()

        async def through(turn: Post) -> None:
            await turn.load()
            await turn.do()

        for turn in turns:
            await attempt(turn, through)
        return began_ns

    async def _loaded(self, plan: Plan, turns: Sequence[Post]) -> int:
        """All are loaded, and warm if the plan counts from there, before the instant at which the first begins."""

        async def load(turn: Post) -> None:
            await turn.load()
            if plan.demand.start is Start.WARM:
                await turn.device.run(turn.batch, turn.batch)

        for turn in turns:
            await attempt(turn, load)
        instant = self._clock.now_ns() + LEAD_NS

        async def work(turn: Post) -> None:
            await turn.do(instant if instant > self._clock.now_ns() else None)

        for turn in turns:
            await attempt(turn, work)
        return instant

    async def _speed(self, duty: Duty) -> float | None:
        """L as profiled over L as it is now, of another process of the same model; None where either is not known."""
        if duty.later_s is None:
            return None
        self._say(f"probing how quick {duty.assignment.model} is now")
        probed = Probed(duty.order, duty.assignment.batch, duty.later_s)
        now_s = (await later_now_s(self._devices, [probed], self._clock))[0]
        return None if now_s is None else duty.later_s / now_s


def _run(duty: Duty, post: Post, began_ns: int) -> DeviceRun:
    """Of a turn the time counts from the instant at which the first one begins."""
    post.began_ns = began_ns
    return replace(run_of(duty.assignment, post), model=duty.assignment.model)


def _memory(duties: Sequence[Duty], turns: Sequence[Post]) -> tuple[str, ...]:
    """What the processes took together, held against the device: each is limited alone, their sum is not."""
    limit = duties[0].assignment.device.memory_bytes
    works = [turn.work for turn in turns if turn.work is not None]
    if len(works) < len(turns):
        return ()
    told = f"the peaks of the {len(works)} processes add up to {sum(work.peak_bytes for work in works) / _MEGA:,.0f} MB"
    if limit is None:
        return (told,)
    return (f"{told} of {limit / _MEGA:,.0f} MB; each process was limited to that alone, their sum was not",)
