"""How far devices reach: the most images of one within T, of so many, and how many it takes for N.

    T, class, n --terms--> Capability --reach--> best mini-batch, t, images --ranked--> the best devices first

For one device that is used, (t + 1) mbs is largest at the largest t of one of its mini-batch sizes, so those are tried.
The devices are independent of each other, so that the most that n of them do is what the n best do.

A soft plan holds with `probability` if each of its n independent devices ends in time with probability^(1/n). What a
device reaches thus falls as n grows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vedette.rules.capacity.bounds import Columns, Terms, bounds, usable
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.prediction import most_uses, time_s
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand


@dataclass(frozen=True, slots=True)
class Reach:
    """What one device does within a time: t later uses of an option, the time that counts, images."""

    capability: Capability
    option: Option
    later_uses: int
    time_s: float

    @property
    def images(self) -> int:
        """(t + 1) mbs."""
        return (self.later_uses + 1) * self.option.batch


Ranked = tuple[tuple[Reach, int], ...]
"""So many devices each of a reach, most images first; devices that reach nothing are not in it."""


def terms_of(demand: Demand, devices: int) -> Terms:
    """Terms of each device of a plan with so many."""
    return Terms(demand.deadline, demand.probability ** (1 / devices), demand.limits.uses, demand.limits.batch)


def reach(columns: Columns, within_s: float, terms: Terms) -> Reach | None:
    """The option that processes most images within a time; of equal ones the quickest, then the smallest.

    None where no option ends its first mini-batch in that time.
    """
    capability = columns.capability
    could = bounds(columns, within_s, terms)
    best: Reach | None = None
    for row in np.argsort(-could, kind="stable"):
        if could[row] < 1 or (best is not None and could[row] < best.images):
            break
        option = capability.options[row]
        uses = most_uses(option, within_s, terms.deadline, terms.probability, terms.uses)
        if uses is None:
            continue
        one = Reach(capability, option, uses, time_s(option, uses, terms.deadline, terms.probability))
        if best is None or _order(one) < _order(best):
            best = one
    return best


def quickest(columns: Columns, images: int, terms: Terms) -> Reach | None:
    """The option that ends so many images first; of equal ones the smallest. None where M keeps all from it."""
    best: Reach | None = None
    for option in itertools.compress(columns.capability.options, usable(columns, terms)):
        uses = math.ceil(images / option.batch) - 1
        if terms.uses is not None and uses > terms.uses:
            continue
        one = Reach(columns.capability, option, uses, time_s(option, uses, terms.deadline, terms.probability))
        if best is None or one.time_s < best.time_s:
            best = one
    return best


def ranked(demand: Demand, capabilities: Sequence[Columns], within_s: float, devices: int) -> Ranked:
    """What the devices of the fleet reach in a plan with so many of them.

    Args:
        demand: fleet, class, probability and limits are read.
        capabilities: one at most for each kind of the fleet; a kind without one cannot be used.
        within_s: T.
        devices: n of the plan.
    """
    able = {columns.capability.device.name: columns for columns in capabilities}
    terms = terms_of(demand, devices)
    found = (
        (reach(able[stock.kind.name], within_s, terms), stock.count)
        for stock in demand.fleet.stocks
        if stock.kind.name in able
    )
    known = [(one, count) for one, count in found if one is not None]
    return tuple(sorted(known, key=lambda pair: (-pair[0].images, pair[0].time_s, pair[0].capability.device.name)))


def best_of(reaches: Ranked, devices: int) -> Ranked:
    """The first `devices` of them, or all where there are fewer."""
    taken, left = [], devices
    for one, count in reaches:
        if left > 0:
            taken.append((one, min(count, left)))
            left -= count
    return tuple(taken)


def without_best(reaches: Ranked, lost: int) -> Ranked:
    """What is left when the first `lost` are gone."""
    kept, left = [], lost
    for one, count in reaches:
        gone = min(count, left)
        left -= gone
        if count > gone:
            kept.append((one, count - gone))
    return tuple(kept)


def images_of(reaches: Ranked) -> int:
    """Of all devices together."""
    return sum(one.images * count for one, count in reaches)


def fewest(demand: Demand, capabilities: Sequence[Columns], images: int, within_s: float) -> int | None:
    """Least number n of devices that process so many images within T, k of them being lost; None: all do not suffice.

    The n best devices process most, whichever are lost: exchanging a device of any set for a better one lowers the sum
    of no rest. So n is found by adding devices in their order. A soft plan asks more of each device as n grows; its
    least n is the least fixed point of n -> devices needed when n share the probability, and is approached from below.
    """
    devices = 1 + demand.lost_devices
    while True:
        needed = _needed(ranked(demand, capabilities, within_s, devices), images, demand.lost_devices)
        if needed is None or needed <= devices:
            return None if needed is None else devices
        devices = needed


def most_images(demand: Demand, capabilities: Sequence[Columns], within_s: float) -> tuple[int, int]:
    """Most images within T on the fleet, k devices being lost, and the number of devices that it takes.

    A soft plan with fewer devices may do more, since each then needs less certainty: every n is tried for which the
    bound, that n devices do no more than at the probability of the plan alone, leaves it open.
    """
    lost = demand.lost_devices
    alone = ranked(demand, capabilities, within_s, 1)
    count = sum(stock for _, stock in alone)
    best = (0, 0)
    for devices in range(count, lost, -1):
        if images_of(without_best(best_of(alone, devices), lost)) < max(1, best[0]):
            break
        done = images_of(without_best(best_of(ranked(demand, capabilities, within_s, devices), devices), lost))
        best = max(best, (done, -devices))
        if demand.deadline is not DeadlineClass.SOFT:
            break
    return best[0], -best[1]


def _order(one: Reach) -> tuple[int, float, int]:
    return -one.images, one.time_s, one.option.batch


def _needed(reaches: Ranked, images: int, lost: int) -> int | None:
    """How many of the ranked devices it takes; the first `lost` do nothing."""
    if sum(count for _, count in reaches) <= lost:
        return None
    rest, used = images, lost
    for one, count in without_best(reaches, lost):
        if one.images * count >= rest:
            return used + math.ceil(rest / one.images)
        rest -= one.images * count
        used += count
    return None
