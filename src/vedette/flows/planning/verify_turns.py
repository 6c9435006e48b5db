"""Carries out a plan of models side by side on one device, and puts what it took beside what was predicted.

    probe:  each model alone, fresh, some mini-batches                  -> speed of the machine now
    run:    a process for each model, all loaded and kept -> one instant -> each works through its images in its turn

The processes are bound to the same cores. A plan that counts from a cold start starts each process when its turn comes.
What the last model needs until it is done is the time of all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.flows.bench.device import Device, Devices, DeviceWork, Loading
from vedette.flows.planning.verify import LEAD_NS, Duty, Say, probed_uses
from vedette.rules.capacity.verdict import judged
from vedette.values.demand import Start
from vedette.values.environment import Environment
from vedette.values.plan import Plan
from vedette.values.verification import DeviceRun, Verification

_MEGA = 1e6


@dataclass(slots=True)
class _Turn:
    """A model on its way, and what has come of it so far."""

    duty: Duty
    device: Device
    loading: Loading | None = None
    work: DeviceWork | None = None
    failed: str = ""
    left: str = ""


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
        turns = [_Turn(duty, self._devices.make(duty.order)) for duty in duties]
        try:
            began_ns = await (self._cold(turns) if plan.demand.start is Start.COLD else self._loaded(plan, turns))
        finally:
            await _close(turns)
        runs = tuple(replace(_run(one, began_ns), speed=speed) for one, speed in zip(turns, speeds, strict=True))
        failed = "; ".join(f"{run.model}: {run.failed}" for run in runs if run.failed)
        known = [speed for speed in speeds if speed is not None]
        return replace(
            judged(plan, None if failed else max(run.took_s for run in runs), failed),
            runs=runs,
            speed=fmean(known) if known else None,
            not_enforced=_not_enforced(turns),
            notes=(*_memory(turns), *(one.left for one in turns if one.left)),
            environment=environment,
            created=self._clock.wall().isoformat(),
        )

    async def _cold(self, turns: Sequence[_Turn]) -> int:
        """Each process is started in its turn, and the ones before it stay; the instant of the first start."""
        began_ns = self._clock.now_ns()

        async def through(turn: _Turn) -> None:
            turn.loading = await turn.device.load()
            turn.work = await _work(turn)

        for turn in turns:
            await _kept(turn, through)
        return began_ns

    async def _loaded(self, plan: Plan, turns: Sequence[_Turn]) -> int:
        """All are loaded, and warm if the plan counts from there, before the instant at which the first begins."""

        async def load(turn: _Turn) -> None:
            turn.loading = await turn.device.load()
            if plan.demand.start is Start.WARM:
                batch = turn.duty.assignment.batch
                await turn.device.run(batch, batch)

        for turn in turns:
            await _kept(turn, load)
        instant = self._clock.now_ns() + LEAD_NS

        async def work(turn: _Turn) -> None:
            turn.work = await _work(turn, instant if instant > self._clock.now_ns() else None)

        for turn in turns:
            await _kept(turn, work)
        return instant

    async def _speed(self, duty: Duty) -> float | None:
        """L as profiled over L as it is now, of another process of the same model; None where either is not known."""
        if duty.later_s is None:
            return None
        self._say(f"probing how quick {duty.assignment.model} is now")
        turn = _Turn(duty, self._devices.make(duty.order))
        batch = duty.assignment.batch

        async def probe(turn: _Turn) -> None:
            await turn.device.load()
            turn.work = await turn.device.run(batch, batch * (1 + probed_uses(duty.later_s or 0.0)))

        try:
            await _kept(turn, probe)
        finally:
            await _close([turn])
        later = () if turn.work is None else turn.work.batches_ns[1:]
        return duty.later_s / (fmean(later) / 1e9) if sum(later) else None


async def _kept(turn: _Turn, step: Callable[[_Turn], Awaitable[None]]) -> None:
    """One step of a model that has not failed; a failure is kept with it."""
    if turn.failed:
        return
    try:
        await step(turn)
    except VedetteError as error:
        turn.failed = error.message


async def _work(turn: _Turn, at_ns: int | None = None) -> DeviceWork:
    assignment = turn.duty.assignment
    return await turn.device.run(assignment.batch, assignment.images, at_ns)


async def _close(turns: Sequence[_Turn]) -> None:
    """End every process, those too whose neighbour cannot be ended."""
    outcomes = await asyncio.gather(*(turn.device.close() for turn in turns), return_exceptions=True)
    for turn, outcome in zip(turns, outcomes, strict=True):
        if isinstance(outcome, VedetteError):
            turn.left = outcome.message
        elif isinstance(outcome, BaseException):
            raise outcome


def _run(turn: _Turn, began_ns: int) -> DeviceRun:
    assignment, work = turn.duty.assignment, turn.work
    images = 0 if work is None else work.images
    failed = turn.failed
    if not failed and images != assignment.images:
        failed = f"it worked through {images} of {assignment.images} images"
    return DeviceRun(
        device=assignment.device.name,
        number=assignment.number,
        images=images,
        load_s=0.0 if turn.loading is None else turn.loading.load_s,
        warm_up_s=0.0 if work is None or not work.batches_ns else work.batches_ns[0] / 1e9,
        took_s=0.0 if work is None or failed else (work.ended_ns - began_ns) / 1e9,
        failed=failed,
        model=assignment.model,
    )


def _not_enforced(turns: Sequence[_Turn]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(told for one in turns if one.loading for told in one.loading.not_enforced))


def _memory(turns: Sequence[_Turn]) -> tuple[str, ...]:
    """What the processes took together, held against the device: each is limited alone, their sum is not."""
    limit = turns[0].duty.assignment.device.memory_bytes
    works = [turn.work for turn in turns if turn.work is not None]
    if len(works) < len(turns):
        return ()
    told = f"the peaks of the {len(works)} processes add up to {sum(work.peak_bytes for work in works) / _MEGA:,.0f} MB"
    if limit is None:
        return (told,)
    return (f"{told} of {limit / _MEGA:,.0f} MB; each process was limited to that alone, their sum was not",)
