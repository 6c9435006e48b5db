"""The servers of a rate plan on this machine, and the load of the plan on them.

Plan -> configurations -> confined `vedette serve` processes -> first answers -> open loop -> p99 beside predicted
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.processes.precise_loop import precise_loop
from vedette.adapters.targets.image import ImageTarget
from vedette.clock import Clock, SystemClock
from vedette.errors import UnsupportedError, UsageError
from vedette.flows.planning.request_cost import RequestCost, request_cost
from vedette.flows.planning.verify_rate import CUT, FEWEST, RateLoad, RateMeasured, arrivals_of, measure_rate
from vedette.rules.batching.policy import policy_for
from vedette.rules.capacity.capable import batch_curve
from vedette.rules.capacity.placement import place
from vedette.rules.capacity.replay import replayed_p99_ms
from vedette.rules.capacity.replicas import Case, Judge, ReplicaKind
from vedette.rules.capacity.verdict import judged
from vedette.values.frame import Size
from vedette.values.plan import Plan, Prediction, Replicas
from vedette.values.profile import Profile
from vedette.values.verification import Verification
from vedette.wiring.carried import Carried, share_of
from vedette.wiring.devices import system_sandboxes
from vedette.wiring.plan_apply import configurations
from vedette.wiring.profile_images import image_files
from vedette.wiring.replica_servers import Confined, RunningServer, away_from, first_answers, running_servers, usable

Say = Callable[[str], None]

_IMAGES = 2000
_SHORTEST_S, _LONGEST_S = 10.0, 300.0
_PROBED = 40
"""Requests of the look at the machine before the load, to each server."""


@dataclass(frozen=True, slots=True)
class CarriedRate:
    """What came of the rate of a plan.

    Attributes:
        found: the measured p99.
        replayed_ms: the p99 that the plan's simulation gives for the arrivals that were sent, in milliseconds.
        speed: L(1) as profiled / the same work in the servers just before the load; None: not looked at.
        apart: whether the generator of the load had a core of its own.
        not_enforced: limits that this system cannot enforce, in words.
    """

    found: RateMeasured
    replayed_ms: Prediction
    speed: float | None
    apart: bool
    not_enforced: tuple[str, ...]


def verify_rate(plan: Plan, profiles: Mapping[str, Profile], how: Carried, say: Say) -> Verification:
    """Put the rate of a plan on its servers, and the measured p99 beside the predicted one; raises as `carry_rate`."""
    return told(plan, carry_rate(plan, profiles, how, say))


def carry_rate(plan: Plan, profiles: Mapping[str, Profile], how: Carried, say: Say) -> CarriedRate:
    """Start the servers of a plan as it says, and put its rate on them.

    Raises:
        UnsupportedError: a replica is of no device of this machine, they do not fit on its cores, or images are cut.
        UsageError: the time is too short for a p99.
        UnavailableError: a server gives no answer.
    """
    replicas, rate = plan.replicas, plan.demand.rate_per_s
    assert replicas is not None, "asked for such plans only"
    assert rate is not None, "a plan for a rate has one"
    load = RateLoad(rate, duration_s(rate, how.duration_s), how.seed)
    size = plan.demand.size
    clock = SystemClock()
    sandboxes = system_sandboxes(clock)
    confined = Confined(replicas.device, place([_share(plan, replicas)] * replicas.count, usable()))
    with (
        image_files(how.names, () if size is None else (size,), how.seed) as files,
        running_servers(
            replicas.model, lambda ports: configurations(plan, profiles, ports), profiles, confined, sandboxes
        ) as started,
        away_from(confined.bound) as apart,
        asyncio.Runner(loop_factory=precise_loop) as runner,
    ):
        images = [Path(file).read_bytes() for file in files[size]]
        found, costs = runner.run(_measured(started, images, load, clock, say, probe=how.probe))
    kind = _kind(replicas, profiles[replicas.profile], size)
    return CarriedRate(
        found,
        _replayed(plan, replicas, kind, load),
        _speed(costs, kind),
        apart,
        tuple(dict.fromkeys(lacking for one in started for lacking in one.not_enforced)),
    )


def duration_s(rate_per_s: float, asked_s: float | None) -> float:
    """How long the load lasts: as asked, else for 2000 images, between 10 s and 5 minutes.

    Raises:
        UsageError: too few images come in that time for a p99.
    """
    duration = min(_LONGEST_S, max(_SHORTEST_S, _IMAGES / rate_per_s)) if asked_s is None else asked_s
    needed = FEWEST / (1 - CUT) / rate_per_s
    if duration < needed:
        raise UsageError(
            f"{duration:g} s at {rate_per_s:g} images a second are too few for a p99: it takes {FEWEST} that count",
            help=f"add --duration {needed * 1.1:.0f}s",
        )
    return duration


def _share(plan: Plan, replicas: Replicas) -> float:
    if plan.demand.tiling is not None:
        raise UnsupportedError(
            "a plan for a rate of images that are cut into tiles cannot be verified here",
            help="verify one of whole images, or measure the server with `vedette bench run`",
        )
    return share_of(replicas.device)


# --- load -------------------------------------------------------------------------------------------------------------


async def _measured(
    started: Sequence[RunningServer],
    images: Sequence[bytes],
    load: RateLoad,
    clock: Clock,
    say: Say,
    *,
    probe: bool,
) -> tuple[RateMeasured, list[RequestCost]]:
    say(f"starting {len(started)} server{'s'[: len(started) > 1]}")
    await first_answers(started, images, clock)
    targets = [ImageTarget(one.target) for one in started]
    try:
        for target in targets:
            await target.open(images)
        costs = [await request_cost(target, images, clock, _PROBED) for target in targets if probe]
        say(f"putting {load.rate_per_s:g} images a second on for {load.duration_s:.0f} s")
        gc.freeze()
        return await measure_rate(targets, images, load, clock), costs
    finally:
        for target in targets:
            await target.close()


def _kind(replicas: Replicas, profile: Profile, size: Size | None) -> ReplicaKind:
    curve, count = batch_curve(profile, size), replicas.count
    return ReplicaKind(
        replicas.device,
        replicas.model,
        profile.id,
        curve,
        count,
        replicas.batch,
        profile.request_s,
        profile.after_idle,
    )


def _replayed(plan: Plan, replicas: Replicas, kind: ReplicaKind, load: RateLoad) -> Prediction:
    case = Case(kind, replicas.count, load.rate_per_s, Judge(plan.demand.deadline, plan.demand.probability))
    policy = policy_for(kind.curve, replicas.batch, replicas.target_latency_ms)
    return replayed_p99_ms(case, policy, arrivals_of(load), CUT)


def _speed(costs: Sequence[RequestCost], kind: ReplicaKind) -> float | None:
    alone_ms = kind.curve.latency_ms(1)
    if not costs or alone_ms is None:
        return None
    return alone_ms / 1e3 * len(costs) / sum(cost.stages_s.mean for cost in costs)


def told(plan: Plan, carried: CarriedRate) -> Verification:
    """Measured beside predicted, with what a reader must know."""
    found, p99 = carried.found, carried.found.p99_ms
    verification = judged(plan, None if p99.value is None else p99.value / 1e3, p99.reason if p99.value is None else "")
    if p99.value is None and found.failed:
        verification = replace(verification, held=False)
    return replace(
        verification,
        speed=carried.speed,
        notes=tuple(_notes(plan, carried)),
        not_enforced=carried.not_enforced,
        created=SystemClock().wall().isoformat(),
    )


def _notes(plan: Plan, carried: CarriedRate) -> Iterator[str]:
    p99, replayed = carried.found.p99_ms, carried.replayed_ms
    if p99.low is not None and p99.high is not None:
        yield f"the measured p99 lies between {p99.low:.4g} and {p99.high:.4g} ms (95 %)"
    elif p99.value is not None and p99.reason:
        yield f"the measured p99 has no interval: {p99.reason}"
    yield (
        f"with the arrivals that were sent the plan's simulation gives {replayed.expected:.4g} ms "
        f"(95 %: {replayed.low:.4g} to {replayed.high:.4g} ms)"
    )
    yield from carried.found.notes
    if plan.replicas is not None and plan.replicas.count > 1:
        yield f"images went to the {plan.replicas.count} replicas in turn"
    if not carried.apart:
        yield "the generator of the load had no core of its own"
