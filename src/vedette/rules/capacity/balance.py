"""When a number of images can be done soonest, and which device then does how many of them.

    devices, N --soonest--> least makespan, and what each device reaches in it --trimmed--> images of each

What devices reach never falls as time grows. So the least makespan is the least time in which they reach N, and it is
the time of one mini-batch size of one device at a whole t. Bisection comes within a share of 1e-10 of it; then each
device keeps its mini-batch size and gives back what is beyond N, which leaves a makespan that is attained.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from vedette.rules.capacity.answer import Share, last_option
from vedette.rules.capacity.bounds import Columns, Terms
from vedette.rules.capacity.prediction import most_uses, time_s
from vedette.rules.capacity.reach import (
    Ranked,
    Reach,
    best_devices,
    fewest,
    images_of,
    quickest,
    terms_of,
)
from vedette.rules.capacity.spread import bisected
from vedette.values.demand import Demand
from vedette.values.device import Fleet, Stock

Part = tuple[Reach, int]
"""What one device does: t uses of an option in a time that counts, and its images."""

Reached = Callable[[float], Ranked]
"""What the devices reach within a time; empty where no number of them suffices."""


def soonest(reached: Reached, images: int, terms: Callable[[Ranked], Terms], low: float, high: float) -> list[Part]:
    """The parts with the least makespan.

    Args:
        reached: what devices do within a time, never less in a longer one.
        images: N.
        terms: of a ranking.
        low: a time in which they do not reach N.
        high: one in which they do.
    """
    found = reached(bisected(lambda limit_s: images_of(reached(limit_s)) >= images, low, high))
    return trimmed(found, images, terms(found))


def trimmed(reaches: Ranked, images: int, terms: Terms) -> list[Part]:
    """The parts of N images: each device keeps its mini-batch size, what is beyond N goes from whoever is done last.

    Idle devices are left out.
    """

    def within(limit_s: float) -> list[tuple[Reach, int]]:
        cut = ((_shorter(one, limit_s, terms), count) for one, count in reaches)
        return [(one, count) for one, count in cut if one is not None]

    longest = max(one.time_s for one, _ in reaches)
    limit_s = bisected(lambda x: images_of(tuple(within(x))) >= images, 0.0, longest)
    every = [one for one, count in within(limit_s) for _ in range(count)]
    heap = [(-one.time_s, number) for number, one in enumerate(every)]
    heapq.heapify(heap)
    load = [one.images for one in every]
    excess = sum(load) - images
    while excess > 0:
        _, number = heapq.heappop(heap)
        one = every[number]
        given = min(excess, load[number] - one.later_uses * one.option.batch)
        load[number] -= given
        excess -= given
        every[number] = shorter = _with_images(one, load[number], terms)
        if load[number]:
            heapq.heappush(heap, (-shorter.time_s, number))
    return [(one, count) for one, count in zip(every, load, strict=True) if count]


def balanced(
    demand: Demand, capabilities: Sequence[Columns], images: int, devices: int, within_s: float
) -> tuple[list[Part], list[Reach]]:
    """The parts of so many devices that are done soonest, and the devices that stand by.

    Which devices is free, as long as N images need no more of them; where k may be lost the set is that of the best
    devices within T, and the ones that the images do not need stand by.

    Args:
        demand: fleet, class, probability, limits and lost devices are read.
        capabilities: one at most for each kind.
        images: N.
        devices: n; they reach N within T.
        within_s: T.
    """
    chosen = best_devices(demand, capabilities, within_s, devices)
    if demand.lost_devices:
        stocks = tuple(Stock(one.capability.device, count) for one, count in chosen)
        demand = replace(demand, fleet=Fleet(stocks))
    terms = terms_of(demand, devices)

    def reached(limit_s: float) -> Ranked:
        return best_devices(demand, capabilities, limit_s, devices)

    parts = soonest(reached, images, lambda _: terms, 0.0, within_s)
    able = {columns.capability.device.name: columns for columns in capabilities}
    quick = [(_quick(able[one.capability.device.name], one, count, terms), count) for one, count in parts]
    return quick, _idle(chosen, parts) if demand.lost_devices else []


def least_time(
    demand: Demand, capabilities: Sequence[Columns], images: int, most_devices: int | None = None
) -> float | None:
    """The smallest T for which the fleet suffices, the best k devices being lost; None where no T does (M, no option).

    Which devices are the best depends on T. So with k lost it is the time in which all that are taken reach what they
    reach at the smallest T, not the time in which the survivors are done: another one that is lost leaves slower ones.

    Args:
        demand: fleet, class, probability, limits and lost devices are read.
        capabilities: one at most for each kind.
        images: N.
        most_devices: of the fleet; None: all.
    """

    def reached(limit_s: float) -> Ranked:
        devices = fewest(demand, capabilities, images, limit_s)
        if devices is None or (most_devices is not None and devices > most_devices):
            return ()
        return best_devices(demand, capabilities, limit_s, devices)

    def terms(reaches: Ranked) -> Terms:
        return terms_of(demand, sum(count for _, count in reaches))

    if not reached(math.inf):
        return None
    low, high = 0.0, demand.within_s or 1.0
    while not reached(high):
        low, high = high, 2 * high
    if demand.lost_devices:
        return max(one.time_s for one, _ in reached(bisected(lambda limit_s: bool(reached(limit_s)), low, high)))
    parts = soonest(reached, images, terms, low, high)
    return max(one.time_s for one, _ in parts)


def shares_of(parts: Sequence[Part], idle: Sequence[Reach] = ()) -> tuple[Share, ...]:
    """As an answer holds them: equal kinds side by side, the most images first."""
    shares = [
        Share(
            one.capability,
            one.option,
            one.later_uses,
            count,
            last_option(one.capability, one.option, one.later_uses, count),
        )
        for one, count in parts
    ]
    shares += [Share(one.capability, one.option, 0, 0) for one in idle]
    return tuple(sorted(shares, key=lambda share: (share.capability.device.name, -share.images)))


def _shorter(one: Reach, limit_s: float, terms: Terms) -> Reach | None:
    uses = most_uses(one.option, limit_s, terms.deadline, terms.probability, terms.uses)
    return None if uses is None else _with_uses(one, uses, terms)


def _with_images(one: Reach, images: int, terms: Terms) -> Reach:
    return _with_uses(one, max(0, math.ceil(images / one.option.batch) - 1), terms)


def _with_uses(one: Reach, uses: int, terms: Terms) -> Reach:
    took = time_s(one.option, uses, terms.deadline, terms.probability)
    return Reach(one.capability, one.option, uses, took)


def _quick(columns: Columns, one: Reach, images: int, terms: Terms) -> Reach:
    """The option that ends these images first; another one than that which reaches most may."""
    other = quickest(columns, images, terms)
    return one if other is None or other.time_s >= one.time_s else other


def _idle(chosen: Ranked, parts: Sequence[Part]) -> list[Reach]:
    """Chosen devices that have no part."""
    left = []
    for one, count in chosen:
        busy = sum(part.capability.device.name == one.capability.device.name for part, _ in parts)
        left += [one] * (count - busy)
    return left
