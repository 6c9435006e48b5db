"""Why an order cannot be met, and the smallest change of one limit that makes it possible, found by solving again.

infeasible Order -> without one limit, that amount made least -> Relaxation
                 -> with one limit alone, then two              -> the one, or the pair, that contradicts the fleet
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations

from vedette.flows.planning.allocate import allocate
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.allocation import Order
from vedette.rules.capacity.amounts import enough, money_text, plural, written
from vedette.rules.capacity.one_more import exact_text
from vedette.rules.capacity.prediction import time_s
from vedette.rules.capacity.relaxation import change_of
from vedette.values.demand import Goal, Limits
from vedette.values.plan import Binding, Relaxation, Status

FINENESS = 1e-3
"""The smallest time is found to this share of itself, on the side that suffices."""

_STEPS = 40
_SAFE = 1 + 1e-12
_FOUND = frozenset({Status.OPTIMAL, Status.FEASIBLE})


def relaxations(order: Order, solver: Solver, seconds: float = 30.0, seed: int = 0) -> tuple[Relaxation, ...]:
    """Of an infeasible order: the least cost, energy and time that would do, and the most images, each alone.

    A limit that no amount cures is left out. The smallest change comes first, as a share of what was asked. Amounts in
    words are rounded up, so that they suffice. The time is that of a plan that was found, at most FINENESS longer than
    the least. Images are left out where devices may be lost.
    """

    def least(freed: Order) -> float | None:
        answer = allocate(freed, solver, seconds, seed)
        return answer.value if answer.status is Status.OPTIMAL else None

    limits, found = order.limits, list[Relaxation]()
    if limits.cost is not None:
        needed = least(replace(_counted(order), goal=Goal.COST, limits=replace(limits, cost=None)))
        if needed is not None:
            text = f"a cost of {money_text(enough(needed), order.fleet.stocks[0].kind.currency)}"
            found.append(Relaxation("cost", limits.cost, needed * _SAFE, text))
    if limits.energy_wh is not None:
        needed = least(replace(_counted(order), goal=Goal.ENERGY, limits=replace(limits, energy_wh=None)))
        if needed is not None:
            text = f"an energy of {written(enough(needed))} Wh"
            found.append(Relaxation("energy", limits.energy_wh, needed * _SAFE, text))
    needed = _least_time(order, lambda one: allocate(one, solver, seconds, seed).status in _FOUND)
    if needed is not None:
        found.append(Relaxation("within", order.within_s, needed, f"a time of {exact_text(needed)}"))
    return tuple(sorted([*found, *_images(order, solver, seconds, seed)], key=change_of))


def _images(order: Order, solver: Solver, seconds: float, seed: int) -> Iterator[Relaxation]:
    """The most images of one job within all limits; nothing where devices may be lost, for which none are sought."""
    asked = order.jobs[0].images
    if len(order.jobs) > 1 or asked is None or order.lost_devices:
        return
    endless = replace(order, goal=Goal.IMAGES, jobs=(replace(order.jobs[0], images=None),))
    most = allocate(endless, solver, seconds, seed)
    if most.status is Status.OPTIMAL and most.value is not None and most.value < asked:
        images = round(most.value)
        yield Relaxation("images", asked, images, f"{plural(images, 'image')} at most")


def contradictions(order: Order, solver: Solver, seconds: float = 30.0, seed: int = 0) -> tuple[Binding, ...]:
    """Of an infeasible order: each limit that the fleet alone cannot keep, or else each pair in contradiction."""
    named = [name for name in _LIMITS if name == "within" or getattr(order.limits, name) is not None]

    @cache
    def feasible(kept: frozenset[str]) -> bool:
        return allocate(_only(order, kept), solver, seconds, seed).status is not Status.INFEASIBLE

    alone = [name for name in named if not feasible(frozenset({name}))]
    if alone:
        return tuple(Binding(_LIMITS[name], "the fleet cannot keep it, whatever else is allowed") for name in alone)
    pairs = [pair for pair in combinations(named, 2) if not feasible(frozenset(pair))]
    return tuple(
        Binding(f"{_LIMITS[one]} and {_LIMITS[other]}", "each can be kept alone, both together cannot")
        for one, other in pairs
    )


_LIMITS = {
    "within": "within",
    "cost": "cost",
    "energy_wh": "energy",
    "uses": "uses",
    "batch": "batch",
}


def _only(order: Order, kept: frozenset[str]) -> Order:
    limits = Limits(**{name: getattr(order.limits, name) for name in _LIMITS if name in kept and name != "within"})
    goal = order.goal if order.goal in {Goal.IMAGES, Goal.DEVICES} else Goal.DEVICES
    within_s = order.within_s if "within" in kept else _ample_s(order)
    return replace(order, limits=limits, goal=goal, within_s=within_s)


def _counted(order: Order) -> Order:
    """With one image at least where most images were the goal."""
    return replace(order, jobs=tuple(replace(job, images=job.images or 1) for job in order.jobs))


def _ample_s(order: Order) -> float:
    """A time in which any option on one device does every image."""
    images = max(job.images or 1 for job in order.jobs)
    each = order.probability ** (1 / order.fleet.count)
    times = (
        time_s(option, -(-images // option.batch) - 1, order.deadline, each)
        for one in order.capabilities
        for option in one.options
    )
    return max(times, default=order.within_s) * 2 + order.within_s


def _least_time(order: Order, feasible: Callable[[Order], bool]) -> float | None:
    low, high = order.within_s, _ample_s(order)
    if not feasible(replace(order, within_s=high)):
        return None
    for _ in range(_STEPS):
        if high <= low * (1 + FINENESS):
            break
        middle = (low * high) ** 0.5
        low, high = (low, middle) if feasible(replace(order, within_s=middle)) else (middle, high)
    return high
