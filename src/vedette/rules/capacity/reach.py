"""How far devices reach: the most images of one within T, of so many, and how many it takes for N.

    T, class, n --terms--> Capability --reach--> best mini-batch, t, images --ranked--> the best devices first

For one device that is used, (t + 1) mbs is largest at the largest t of one of its mini-batch sizes, so those are tried.
The devices are independent of each other, so that the most that n of them do is what the n best do.

A soft plan holds with `probability` if each of its n independent devices ends in time with probability^(1/n). What a
device reaches thus falls as n grows.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vedette.rules.capacity.bounds import Columns, Terms, bounds, table_of, usable
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
    each = demand.probability ** (1 / devices) if demand.deadline is DeadlineClass.SOFT else demand.probability
    return Terms(demand.deadline, each, demand.limits.uses, demand.limits.batch)


@lru_cache(maxsize=4096)
def reach(columns: Columns, within_s: float, terms: Terms) -> Reach | None:
    """The option that processes most images within a time; of equal ones the quickest, then the smallest.

    None where no option ends its first mini-batch in that time.
    """
    capability = columns.capability
    could = bounds(table_of((columns,)), within_s, terms)
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
    return tuple(_ranking(demand, capabilities, within_s, devices))


def best_of(reaches: Iterable[tuple[Reach, int]], devices: int) -> Ranked:
    """The first `devices` of them, or all where there are fewer."""
    taken, left = [], devices
    for one, count in reaches:
        taken.append((one, min(count, left)))
        left -= count
        if left <= 0:
            break
    return tuple(taken)


def best_devices(demand: Demand, capabilities: Sequence[Columns], within_s: float, devices: int) -> Ranked:
    """The best so many of `ranked`, without a look at what the others reach."""
    return best_of(_ranking(demand, capabilities, within_s, devices), devices)


def _ranking(
    demand: Demand, capabilities: Sequence[Columns], within_s: float, devices: int
) -> Iterator[tuple[Reach, int]]:
    """The ranking in its order. What a kind reaches is reckoned when its bound is the largest that is left."""
    terms = terms_of(demand, devices)
    counts = {stock.kind.name: stock.count for stock in demand.fleet.stocks}
    table = table_of(tuple(capabilities))
    if not table.capabilities:
        return
    most = np.maximum.reduceat(bounds(table, within_s, terms), table.starts)
    heap: list[tuple[float, float, str, int, Reach | None]] = []
    for place, (columns, bound) in enumerate(zip(table.capabilities, most.tolist(), strict=True)):
        if bound >= 1 and columns.capability.device.name in counts:
            heap.append((-bound, -1.0, columns.capability.device.name, place, None))
    heapq.heapify(heap)
    while heap:
        *_, name, place, one = heapq.heappop(heap)
        if one is not None:
            yield one, counts[name]
        elif (one := reach(table.capabilities[place], within_s, terms)) is not None:
            heapq.heappush(heap, (-one.images, one.time_s, name, place, one))


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
    The fixed point by the bounds of what devices reach is no larger, so it is where the approach begins.
    """
    devices = 1 + demand.lost_devices
    while (bound := _needed_at_least(demand, capabilities, images, (within_s, devices))) is None or bound > devices:
        if bound is None:
            return None
        devices = bound
    while True:
        needed = _needed(_ranking(demand, capabilities, within_s, devices), images, demand.lost_devices)
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
        if _at_most(demand, capabilities, within_s, devices) < best[0]:
            continue
        done = images_of(without_best(best_devices(demand, capabilities, within_s, devices), lost))
        best = max(best, (done, -devices))
        if demand.deadline is not DeadlineClass.SOFT:
            break
    return best[0], -best[1]


def _by_bounds(
    demand: Demand, capabilities: Sequence[Columns], within_s: float, devices: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Most images that one device of each kind could do, the best first, and the devices of each; no lost ones."""
    table = table_of(tuple(capabilities))
    if not table.capabilities:
        return np.zeros(0), np.zeros(0, np.int64)
    most = np.maximum.reduceat(bounds(table, within_s, terms_of(demand, devices)), table.starts)
    counts = {stock.kind.name: stock.count for stock in demand.fleet.stocks}
    count = np.array([counts.get(one.capability.device.name, 0) for one in table.capabilities], np.int64)
    best = np.argsort(-most, kind="stable")
    best = best[(most[best] >= 1) & (count[best] > 0)]
    most, count = most[best], count[best]
    gone = np.clip(demand.lost_devices - (np.cumsum(count) - count), 0, count)
    return most, count - gone


def _at_most(demand: Demand, capabilities: Sequence[Columns], within_s: float, devices: int) -> float:
    """No so many devices of which k are lost do more."""
    most, count = _by_bounds(demand, capabilities, within_s, devices)
    before = np.cumsum(count) - count
    return float(most @ np.clip(devices - demand.lost_devices - before, 0, count))


def _needed_at_least(
    demand: Demand, capabilities: Sequence[Columns], images: int, under: tuple[float, int]
) -> int | None:
    """No fewer devices do so many images within a time where so many share the probability; None: all do not."""
    most, count = _by_bounds(demand, capabilities, *under)
    reached = np.cumsum(most * count)
    place = int(np.searchsorted(reached, images))
    if place == len(reached):
        return None
    before, done = (int(count[:place].sum()), float(reached[place - 1])) if place else (0, 0.0)
    return demand.lost_devices + before + math.ceil((images - done) / float(most[place]))


def _order(one: Reach) -> tuple[int, float, int]:
    return -one.images, one.time_s, one.option.batch


def _needed(reaches: Iterable[tuple[Reach, int]], images: int, lost: int) -> int | None:
    """How many of the ranked devices it takes; the first `lost` do nothing."""
    rest, used, left = images, lost, lost
    for one, count in reaches:
        gone = min(count, left)
        left -= gone
        if count > gone and one.images * (count - gone) >= rest:
            return used + math.ceil(rest / one.images)
        rest -= one.images * (count - gone)
        used += count - gone
    return None
