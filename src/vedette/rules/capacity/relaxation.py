"""What makes an infeasible demand feasible: the smallest change of one limit alone, each found by solving again.

More time, devices, uses, memory, a larger mini-batch, fewer images or lost devices and less certainty never make a
feasible demand infeasible. So the smallest change of each is found by bisection, and the last step of it is the proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from vedette.rules.capacity.amounts import plural
from vedette.rules.capacity.balance import least_time
from vedette.rules.capacity.bounds import Columns, columns_of
from vedette.rules.capacity.one_more import exact_text, grown
from vedette.rules.capacity.reach import fewest, most_images
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand
from vedette.values.plan import Relaxation

_MEGA = 10**6
_PROBABILITIES = 10_000
"""Probabilities are named in steps of 0.01 %."""


def relaxations(demand: Demand, capabilities: Sequence[Columns]) -> tuple[Relaxation, ...]:
    """Each limit that alone would do, the smallest relative change first.

    Args:
        demand: an infeasible one, with N and T.
        capabilities: one at most for each kind; rows beyond MB or the memory are what a wider limit is tried with.
    """
    found = (
        _time(demand, capabilities),
        _devices(demand, capabilities),
        _images(demand, capabilities),
        _uses(demand, capabilities),
        _batch(demand, capabilities),
        _memory(demand, capabilities),
        _probability(demand, capabilities),
        _lost(demand, capabilities),
    )
    known = [one for one in found if one is not None]
    return tuple(sorted(known, key=change_of))


def change_of(relaxed: Relaxation) -> float:
    """How large a change is: as a share of what was asked, or as it is where that is 0."""
    return abs(relaxed.needed - relaxed.asked) / (relaxed.asked or 1)


def feasible(demand: Demand, capabilities: Sequence[Columns]) -> bool:
    """Whether the fleet does N images within T."""
    return fewest(demand, capabilities, demand.images or 0, demand.within_s or 0.0) is not None


def _time(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    needed = least_time(demand, capabilities, demand.images or 0)
    asked = demand.within_s or 0.0
    return None if needed is None else Relaxation("within", asked, needed, f"a time of {exact_text(needed)}")


def _devices(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    """Fewest more of one kind; of kinds that need equally many the first of the fleet."""
    best: tuple[int, str] | None = None
    enough = (demand.images or 0) + demand.lost_devices
    for name in (stock.kind.name for stock in demand.fleet.stocks):

        def suffices(more: int, name: str = name) -> bool:
            return feasible(replace(demand, fleet=grown(demand.fleet, name, more)), capabilities)

        more = _least(suffices, 1, enough if best is None else best[0] - 1)
        if more is not None:
            best = (more, name)
    if best is None:
        return None
    asked = demand.fleet.count
    return Relaxation("devices", asked, asked + best[0], f"{plural(best[0], 'more device', 'more devices')} {best[1]}")


def _images(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    most, _ = most_images(demand, capabilities, demand.within_s or 0.0)
    return Relaxation("images", demand.images or 0, most, f"{plural(most, 'image')} at most") if most else None


def _uses(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    asked = demand.limits.uses
    if asked is None:
        return None

    def suffices(uses: int) -> bool:
        return feasible(replace(demand, limits=replace(demand.limits, uses=uses)), capabilities)

    needed = _least(suffices, asked + 1, max(asked + 1, demand.images or 0))
    if needed is None:
        return None
    return Relaxation("uses", asked, needed, f"{plural(needed, 'later mini-batch', 'later mini-batches')} of a device")


def _batch(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    asked = demand.limits.batch
    if asked is None:
        return None
    sizes = sorted({option.batch for one in capabilities for option in one.capability.options if option.batch > asked})

    def suffices(index: int) -> bool:
        return feasible(replace(demand, limits=replace(demand.limits, batch=sizes[index])), capabilities)

    index = _least(suffices, 0, len(sizes) - 1)
    if index is None:
        return None
    return Relaxation("batch", asked, sizes[index], f"mini-batches of up to {plural(sizes[index], 'image')}")


def _memory(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    """Of the kind whose memory has to grow least."""
    found = [one for grows in capabilities for one in _memory_of(demand, capabilities, grows)]
    return min(found, key=lambda one: one.needed - one.asked, default=None)


def _memory_of(demand: Demand, capabilities: Sequence[Columns], grows: Columns) -> Iterator[Relaxation]:
    able = grows.capability
    asked = able.device.memory_bytes
    if asked is None:
        return
    peaks = {option.peak_bytes for option in able.options if option.peak_bytes is not None}
    sizes = sorted(peak for peak in peaks if peak > asked)

    def suffices(index: int) -> bool:
        larger = columns_of(replace(able, device=replace(able.device, memory_bytes=sizes[index])))
        return feasible(demand, [larger if one is grows else one for one in capabilities])

    index = _least(suffices, 0, len(sizes) - 1)
    if index is not None:
        megabytes = math.ceil(sizes[index] / _MEGA)
        yield Relaxation("memory", asked, sizes[index], f"{megabytes:,} MB of memory for {able.device.name}")


def _probability(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    """Of a soft plan, down to one half: from there on the means count."""
    if demand.deadline is not DeadlineClass.SOFT:
        return None
    steps = math.ceil((demand.probability - 0.5) * _PROBABILITIES)

    def less(step: int) -> float:
        return max(0.5, (math.ceil(demand.probability * _PROBABILITIES) - step) / _PROBABILITIES)

    def suffices(step: int) -> bool:
        return feasible(replace(demand, probability=less(step)), capabilities)

    step = _least(suffices, 1, steps)
    if step is None or less(step) >= demand.probability:
        return None
    # With all its figures: one that is rounded up would be too much.
    return Relaxation("probability", demand.probability, less(step), f"a probability of {less(step) * 100:.6g} %")


def _lost(demand: Demand, capabilities: Sequence[Columns]) -> Relaxation | None:
    asked = demand.lost_devices

    def suffices(fewer: int) -> bool:
        return feasible(replace(demand, lost_devices=asked - fewer), capabilities)

    fewer = _least(suffices, 1, asked)
    if fewer is None:
        return None
    left = asked - fewer
    return Relaxation("lost devices", asked, left, f"{plural(left, 'device')} that may be lost")


def _least(suffices: Callable[[int], bool], low: int, high: int) -> int | None:
    """Smallest whole number of low..high that suffices; with it all larger ones do. None where none does."""
    if low > high or not suffices(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle + 1, high)
    return high
