"""What decides a plan, and what one more unit of it buys: each figure is that of the plan solved again.

A sentence for each limit. Times in words are rounded; a time that must not be undercut is rounded up to a millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from vedette.rules.capacity.amounts import plural, time_text
from vedette.rules.capacity.balance import balanced, least_time
from vedette.rules.capacity.bounds import Columns, usable
from vedette.rules.capacity.reach import (
    best_devices,
    fewest,
    images_of,
    most_images,
    ranked,
    terms_of,
    without_best,
)
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand
from vedette.values.device import Fleet, Stock
from vedette.values.plan import Binding


def deadline_bindings(
    demand: Demand, capabilities: Sequence[Columns], devices: int, took_s: float
) -> tuple[Binding, ...]:
    """Of a plan of fewest devices: the time, the devices, the images, and M and MB where they hold a device back.

    Args:
        demand: that was solved, with N and T.
        capabilities: one at most for each kind.
        devices: N_G of the plan.
        took_s: its makespan.
    """
    found = [
        _second(demand, capabilities, devices),
        _device(demand, capabilities, devices, took_s),
        _image(demand, capabilities, devices),
    ]
    return (*found, *_limits(demand, capabilities, devices, demand.within_s or 0.0))


def budget_bindings(demand: Demand, capabilities: Sequence[Columns], images: int) -> tuple[Binding, ...]:
    """Of a plan of most images: the time and the devices, and M and MB where they hold a device back.

    Args:
        demand: that was solved, with T.
        capabilities: one at most for each kind.
        images: that the plan is sure of.
    """
    within_s = demand.within_s or 0.0
    longer, devices = most_images(demand, capabilities, within_s + 1)
    second = Binding("within", f"one second more: {plural(longer - images, 'image')} more")
    more, name = _one_more(demand, capabilities)
    gain = most_images(more, capabilities, within_s)[0] - images
    device = Binding("devices", f"one more device {name}: {plural(gain, 'image')} more")
    return (second, device, *_limits(demand, capabilities, devices, within_s))


def shortfall(demand: Demand, capabilities: Sequence[Columns]) -> Binding:
    """Why N images cannot be done within T on the fleet."""
    within_s, images = demand.within_s or 0.0, demand.images or 0
    terms = terms_of(demand, 1 + demand.lost_devices)
    if not any(usable(one, terms).any() for one in capabilities):
        return Binding("batch", "no device of the fleet takes even the smallest mini-batch that was profiled")
    if demand.fleet.count <= demand.lost_devices:
        lost = plural(demand.lost_devices, "device")
        return Binding("lost devices", f"the fleet has {demand.fleet.count}, and {lost} may be lost")
    done, devices = most_images(demand, capabilities, within_s)
    if done:
        what = f"{plural(devices, 'device')} of the fleet {'does' if devices == 1 else 'do'}"
        return Binding("within", f"{what} {done:,} of {plural(images, 'image')} within {time_text(within_s)}")
    soonest = least_time(demand, capabilities, 1)
    if soonest is None or soonest <= within_s:
        return Binding("devices", "too few devices of the fleet have a profile for what may be lost")
    takes = f"one image takes {exact_text(soonest)}{_as_counted(demand)}"
    return Binding("within", f"the time is shorter than any first mini-batch: {takes}")


def exact_text(seconds: float) -> str:
    """Rounded up, so that the time suffices: to the millisecond from one second on, below it to the microsecond."""
    if seconds < 1:
        return f"{math.ceil(round(seconds * 1e6, 3)) / 1e3:,.3f}".rstrip("0").rstrip(".") + " ms"
    up = math.ceil(round(seconds * 1000, 6)) / 1000
    return f"{up:,.3f}".rstrip("0").rstrip(".") + " s"


def _as_counted(demand: Demand) -> str:
    """A soft or hard deadline counts with more than the means, which are what the plan expects."""
    return ", as the deadline counts" if demand.deadline in (DeadlineClass.SOFT, DeadlineClass.HARD) else ""


def grown(fleet: Fleet, name: str, more: int) -> Fleet:
    """The fleet with more devices of a kind that it has."""
    return Fleet(
        tuple(Stock(stock.kind, stock.count + (more if stock.kind.name == name else 0)) for stock in fleet.stocks)
    )


def _one_more(demand: Demand, capabilities: Sequence[Columns]) -> tuple[Demand, str]:
    """The demand with one more device of the kind that does most images within T, and the kind's name."""
    name = ranked(demand, capabilities, demand.within_s or 0.0, 1)[0][0].capability.device.name
    return replace(demand, fleet=grown(demand.fleet, name, 1)), name


def _second(demand: Demand, capabilities: Sequence[Columns], devices: int) -> Binding:
    within_s = demand.within_s or 0.0
    more = _capacity(demand, capabilities, devices, within_s + 1) - _capacity(demand, capabilities, devices, within_s)
    text = f"one second more: {_these(devices)} would do {plural(more, 'image')} more"
    fewer = _fewer(demand, capabilities, devices)
    return Binding("within", text if not fewer else f"{text}; {fewer}")


def _fewer(demand: Demand, capabilities: Sequence[Columns], devices: int) -> str:
    """From which T on one device fewer would do."""
    if devices <= 1 + demand.lost_devices:
        return ""
    needed = least_time(demand, capabilities, demand.images or 0, devices - 1)
    if needed is None:
        return ""
    return f"with {exact_text(needed)} {plural(devices - 1, 'device')} would be enough"


def _device(demand: Demand, capabilities: Sequence[Columns], devices: int, took_s: float) -> Binding:
    """What one more device buys: of the fleet if it has one left, else of the kind that does most."""
    images, within_s = demand.images or 0, demand.within_s or 0.0
    what = "one more device"
    if devices >= sum(count for _, count in ranked(demand, capabilities, within_s, devices + 1)):
        demand, name = _one_more(demand, capabilities)
        what = f"one more device {name} beyond the fleet"
    if _capacity(demand, capabilities, devices + 1, within_s) < images:
        return Binding("devices", f"{what}: nothing, since each must then be surer to end in time")
    parts, _ = balanced(demand, capabilities, images, devices + 1, within_s)
    sooner = max(part.time_s for part, _ in parts)
    if sooner >= took_s:
        return Binding("devices", f"{what}: no earlier end")
    then, now = time_text(sooner), time_text(took_s)
    if then == now:
        then, now = exact_text(sooner), exact_text(took_s)
    if then == now:
        return Binding("devices", f"{what}: no earlier end")
    return Binding("devices", f"{what}: done in {then} instead of {now}{_as_counted(demand)}")


def _image(demand: Demand, capabilities: Sequence[Columns], devices: int) -> Binding:
    images, within_s = demand.images or 0, demand.within_s or 0.0
    spare = _capacity(demand, capabilities, devices, within_s) - images
    needed = fewest(demand, capabilities, images + spare + 1, within_s)
    then = "no fleet of this size does more" if needed is None else f"one beyond them takes {plural(needed, 'device')}"
    return Binding("images", f"{plural(spare, 'image')} more would fit on {_these(devices)}; {then}")


def _limits(demand: Demand, capabilities: Sequence[Columns], devices: int, within_s: float) -> list[Binding]:
    """M and MB, where one more of them lets the devices do more."""
    now = _capacity(demand, capabilities, devices, within_s)
    found = []
    for name, value, noun in (
        ("uses", demand.limits.uses, "use"),
        ("batch", demand.limits.batch, "image a mini-batch"),
    ):
        if value is None:
            continue
        wider = replace(demand, limits=replace(demand.limits, **{name: value + 1}))
        gain = _capacity(wider, capabilities, devices, within_s) - now
        if gain > 0:
            found.append(Binding(name, f"one {noun} more: {_these(devices)} would do {plural(gain, 'image')} more"))
    return found


def _capacity(demand: Demand, capabilities: Sequence[Columns], devices: int, within_s: float) -> int:
    """Images of the best so many devices within a time, the k best of them being lost."""
    best = best_devices(demand, capabilities, within_s, devices)
    return images_of(without_best(best, demand.lost_devices))


def _these(devices: int) -> str:
    return "this device" if devices == 1 else f"these {devices} devices"
