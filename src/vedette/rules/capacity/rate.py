"""Plans for a rate: fewest replicas whose p99 stays within the goal.

    Demand, ReplicaKinds -> bounds prune -> simulated with more and more replicas -> RateAnswer

A replica is one server process on one device; all replicas of a plan are of one kind. What can be proven is proven:
fewer replicas than `rate / most_rate` cannot keep up, and no latency is below the shortest batch. Whatever lies between
is decided by simulation, and the answer says so: it is `optimal` only where it meets the bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from vedette.rules.capacity.amounts import amount_text, money_text, plural
from vedette.rules.capacity.fewest import bisected
from vedette.rules.capacity.queueing import most_rate
from vedette.rules.capacity.rate_search import (
    Asked,
    Found,
    asked_of,
    fewest_of,
    lone_rate,
    most_of,
    proven_fewest,
    rounded,
    within_goal,
    worth_of,
)
from vedette.rules.capacity.replicas import Effort, Expected, ReplicaKind, Setting, expected, expected_with, times_of
from vedette.rules.capacity.simulation import Routing
from vedette.values.demand import Demand, Goal
from vedette.values.plan import Binding, Objective, Relaxation, Replicas, Status

METHOD = "simulation"
MOST_REPLICAS = 1000
"""More are not looked for."""

_RATE_STEPS = 8


@dataclass(frozen=True, slots=True)
class RateAnswer:
    """What a plan for a rate says, without what a `Plan` has besides.

    Attributes:
        status: `optimal` where the replicas meet the proven bound.
        objective: replicas, or money an hour.
        replicas: None where nothing suffices.
        setting: what the server's configuration says, `max_batch` and `target_latency_ms`.
        binding: what decides, and what one more replica or fewer would mean.
        relaxations: of an infeasible demand; each was solved again and suffices.
        warnings: what was assumed.
        cost_per_hour: None without a price.
        currency: of the cost.
    """

    status: Status
    objective: Objective
    replicas: Replicas | None = None
    setting: Setting | None = None
    binding: tuple[Binding, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    warnings: tuple[str, ...] = ()
    cost_per_hour: float | None = None
    currency: str = ""


def plan_rate(kinds: Sequence[ReplicaKind], demand: Demand, effort: Effort | None = None) -> RateAnswer:
    """Fewest replicas (or the cheapest) whose p99 is within `demand.p99_ms` at `demand.rate_per_s`.

    `limits.cost` is money an hour here. `lost_devices` replicas more are kept than suffice. Those that are left keep
    their setting when some are lost, so it is the one that suffices then.

    Args:
        kinds: what a replica may be; their `available` devices are the fleet.
        demand: with a rate and a p99.
        effort: how much is simulated.

    Raises:
        UsageError: no kind, no rate or p99; a price is missing; a curve does not begin at one row; the demand has a
            limit that a rate knows nothing of.
    """
    asked = asked_of(kinds, demand, effort or Effort())
    kinds = [replace(kind, max_batch=min(kind.max_batch, demand.limits.batch or kind.max_batch)) for kind in kinds]
    lower = min((worth_of(asked, kind, proven_fewest(asked, kind) + asked.lost) for kind in kinds), key=rounded)
    found = [one for one in (fewest_of(asked, kind, most_of(asked, kind)) for kind in kinds) if one is not None]
    if not found:
        objective = Objective(asked.goal, None, lower, _unit(asked, kinds[0]))
        tried = _warnings(asked, kinds)
        return RateAnswer(Status.INFEASIBLE, objective, relaxations=_relaxations(asked, kinds), warnings=tried)
    best = min(found, key=lambda one: (rounded(worth_of(asked, one.kind, one.count)), one.given.judged_ms))
    return _answer(asked, best, lower)


def _answer(asked: Asked, best: Found, lower: float) -> RateAnswer:
    count, kind = best.count + asked.lost, best.kind
    given = best.given if asked.lost == 0 else expected_with(asked.case(kind, count), best.given.setting)
    worth = worth_of(asked, kind, count)
    status = Status.OPTIMAL if rounded(worth) <= rounded(lower) else Status.FEASIBLE
    price = kind.device.price_per_hour
    return RateAnswer(
        status,
        Objective(asked.goal, worth, lower, _unit(asked, kind)),
        _replicas(kind, given),
        given.setting,
        _binding(asked, best),
        warnings=_warnings(asked, [kind]),
        cost_per_hour=None if price is None else price * count,
        currency="" if price is None else kind.device.currency,
    )


def _replicas(kind: ReplicaKind, given: Expected) -> Replicas:
    return Replicas(
        kind.device,
        kind.model,
        kind.profile,
        given.count,
        given.setting.policy.size,
        given.setting.policy.window_ns / 1e6,
        given.p50_ms,
        given.p99_ms,
        given.utilisation,
        given.most_per_s,
        given.bound_p99_ms,
        given.setting.target_latency_ms,
    )


def _unit(asked: Asked, kind: ReplicaKind) -> str:
    return f"{kind.device.currency} an hour" if asked.goal is Goal.COST else "replicas"


# --- what decides -----------------------------------------------------------------------------------------------------


def _binding(asked: Asked, best: Found) -> tuple[Binding, ...]:
    """What one replica fewer and one more would do, both simulated."""
    bindings = [] if best.count == 1 else [_one_fewer(asked, best)]
    more = expected(asked.case(best.kind, best.count + 1))
    if more is not None:
        now, then = best.given.p99_ms.expected, more.p99_ms.expected
        each = most_rate(times_of(best.kind, asked.judge).mean_s)
        keeps = f"{amount_text((best.count + 1) * each)} images/s instead of {amount_text(best.count * each)}"
        text = f"takes the p99 from {amount_text(now)} to {amount_text(then)} ms and keeps up with {keeps}"
        bindings.append(Binding("replicas", f"one more replica {text}"))
    if asked.lost:
        left = f"with {plural(asked.lost, 'replica')} lost the p99 is {amount_text(best.given.p99_ms.expected)} ms"
        bindings.append(Binding("lost_devices", left))
    return tuple(bindings)


def _one_fewer(asked: Asked, best: Found) -> Binding:
    fewer = expected(asked.case(best.kind, best.count - 1))
    name = plural(best.count - 1, "replica")
    if fewer is None:
        most = (best.count - 1) * most_rate(times_of(best.kind, asked.judge).mean_s)
        return Binding("rate", f"{name} would keep up with {amount_text(most)} images/s at most")
    needed = amount_text(_up(fewer.judged_ms))
    return Binding("p99", f"{name} would do if the p99 might be {needed} ms instead of {amount_text(asked.p99_ms)} ms")


def _warnings(asked: Asked, kinds: Sequence[ReplicaKind]) -> tuple[str, ...]:
    """What was assumed, and what the profiles do not tell."""
    split = {
        Routing.ROUND_ROBIN: "images go to the replicas in turn",
        Routing.RANDOM: "images go to any replica at random",
        Routing.LEAST_LOADED: "each image goes to the replica with the fewest under way",
    }
    said = [f"assumed: Poisson arrivals; {split[asked.effort.routing]}; nothing is refused"]
    for kind in kinds:
        moments = [point.latency_s for point in kind.curve.points]
        if any(moment is None for moment in moments):
            said.append(f"{kind.profile}: no deviations were measured, so every batch takes its median time")
        elif any(moment is not None and moment.between is None for moment in moments):
            said.append(f"{kind.profile}: one trial only, so how processes differ is not known")
        if kind.request is None:
            said.append(f"{kind.profile}: what a request takes besides its image, HTTP above all, is not known")
        elif not kind.after_idle:
            said.append(f"{kind.profile}: how much longer a request takes that finds a replica idle is not known")
    return tuple(said)


# --- what would do ----------------------------------------------------------------------------------------------------


def _relaxations(asked: Asked, kinds: Sequence[ReplicaKind]) -> tuple[Relaxation, ...]:
    """The least p99, the highest rate and the fewest replicas that make the demand feasible, each alone."""
    found = (_p99_needed(asked, kinds), _rate_possible(asked, kinds), _replicas_needed(asked, kinds))
    known = [one for one in found if one is not None]
    return tuple(sorted(known, key=lambda one: abs(math.log(one.needed / one.asked)) if one.asked else math.inf))


def _p99_needed(asked: Asked, kinds: Sequence[ReplicaKind]) -> Relaxation | None:
    fleets = [asked.case(kind, most_of(asked, kind)) for kind in kinds if most_of(asked, kind) >= 1]
    reached = [given.judged_ms for given in map(expected, fleets) if given is not None]
    if not reached:
        return None
    needed = _up(min(reached))
    text = f"a p99 of {amount_text(needed)} ms instead of {amount_text(asked.p99_ms)} ms, with every device"
    return Relaxation("p99", asked.p99_ms, needed, text)


def _rate_possible(asked: Asked, kinds: Sequence[ReplicaKind]) -> Relaxation | None:
    """By bisection to about half a percent of what the devices serve at most."""
    most = 0.0
    for kind in kinds:
        count = most_of(asked, kind)
        if count < 1:
            continue
        ceiling = min(asked.rate_per_s, count * most_rate(times_of(kind, asked.judge).mean_s))
        suits = partial(_suits, asked, kind, count)
        most = max(most, bisected(suits, max(most, lone_rate(kind)), ceiling, _RATE_STEPS) or 0.0)
    if most <= 0:
        return None
    text = f"{amount_text(most)} images/s instead of {amount_text(asked.rate_per_s)}, with every device"
    return Relaxation("rate", asked.rate_per_s, most, text)


def _suits(asked: Asked, kind: ReplicaKind, count: int, rate_per_s: float) -> bool:
    return within_goal(asked, asked.case(kind, count, rate_per_s)) is not None


def _replicas_needed(asked: Asked, kinds: Sequence[ReplicaKind]) -> Relaxation | None:
    found = [(fewest_of(asked, kind, MOST_REPLICAS), kind) for kind in kinds]
    enough = [(one.count + asked.lost, kind) for one, kind in found if one is not None]
    if not enough:
        return None
    needed, kind = min(enough, key=lambda pair: (rounded(worth_of(asked, pair[1], pair[0])), pair[0]))
    there = kind.available
    price = kind.device.price_per_hour
    if needed <= there and price is not None and asked.cost is not None:
        text = f"{money_text(needed * price, kind.device.currency)} an hour, for {plural(needed, 'replica')}"
        return Relaxation("cost", asked.cost, needed * price, text)
    name = kind.device.name
    return Relaxation(
        "devices", float(there), float(needed), f"{plural(needed, 'device')} of {name} instead of {there}"
    )


def _up(value: float) -> float:
    """Three significant figures, rounded up: a goal that is written so suffices."""
    scale = 10.0 ** (math.floor(math.log10(value)) - 2)
    return math.ceil(value / scale * (1 - 1e-12)) * scale
