"""What decides an order that is met, and what one more unit of it buys: figures of the order solved again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from vedette.flows.planning.allocate import allocate
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.allocation import Order
from vedette.rules.capacity.amounts import amount_text, apart, money_text, plural
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.one_more import grown
from vedette.values.demand import Goal
from vedette.values.plan import Binding, Status

MORE = 1.1
"""Money and energy have no natural unit of one more: a tenth of the limit is."""

_KINDS = 2  # of which one device more is tried: those that do most
_SAME = 1e-6
"""Amounts are whole numbers of units that are rounded up: what differs by less is the same."""


def order_bindings(order: Order, answer: Answer, solver: Solver, seconds: float = 2.0) -> tuple[Binding, ...]:
    """The limits of which more makes the objective better, and what one image more takes.

    Args:
        order: that was solved.
        answer: its answer, proven; nothing is told of another one.
        solver: of the exact problem.
        seconds: that each of its calls may take. What is not proven in them is not told.

    Raises:
        InvalidError: as `allocate`.
    """
    if answer.status is not Status.OPTIMAL or answer.value is None:
        return ()
    found = []
    for limit, what, wider in _wider(order, answer):
        then = allocate(wider, solver, seconds)
        if then.status is Status.OPTIMAL and then.value is not None and _better(order.goal, then.value, answer.value):
            found.append(Binding(limit, f"{what}: {_instead(order, then.value, answer.value)}"))
    return (*found, *_image(order, answer.value, solver, seconds))


def _wider(order: Order, answer: Answer) -> Iterator[tuple[str, str, Order]]:
    """Each limit, what is more of it, and the order with that."""
    yield "within", "one second more", replace(order, within_s=order.within_s + 1)
    for name in _short_of(order, answer):
        yield "devices", f"one more device {name}", replace(order, fleet=grown(order.fleet, name, 1))
    limits = order.limits
    if limits.cost is not None:
        yield "cost", "a tenth more money", replace(order, limits=replace(limits, cost=limits.cost * MORE))
    if limits.energy_wh is not None:
        more = replace(limits, energy_wh=limits.energy_wh * MORE)
        yield "energy", "a tenth more energy", replace(order, limits=more)
    if limits.uses is not None:
        yield "uses", "one use more", replace(order, limits=replace(limits, uses=limits.uses + 1))
    if limits.batch is not None:
        yield "batch", "one image a mini-batch more", replace(order, limits=replace(limits, batch=limits.batch + 1))


def _short_of(order: Order, answer: Answer) -> list[str]:
    """Kinds all of whose devices are used, those first that do most images."""
    images, used = Counter[str](), Counter[str]()
    for share in answer.shares:
        images[share.capability.device.name] += share.images
        used[share.capability.device.name] += 1
    counts = {stock.kind.name: stock.count for stock in order.fleet.stocks}
    return [name for name, _ in images.most_common() if used[name] >= counts[name]][:_KINDS]


def _image(order: Order, value: float, solver: Solver, seconds: float) -> Iterator[Binding]:
    """What one image more takes; nothing where images are what is made most, or where it is not proven."""
    if order.goal is Goal.IMAGES:
        return
    jobs = tuple(replace(job, images=(job.images or 0) + 1) for job in order.jobs)
    what = "one image more" if len(jobs) == 1 else "one image more of each"
    then = allocate(replace(order, jobs=jobs), solver, seconds)
    if then.status is Status.INFEASIBLE:
        yield Binding("images", f"{what} cannot be done")
    elif then.status is Status.OPTIMAL and then.value is not None:
        same = not _better(order.goal, value, then.value)
        told = f"{_amount(order, value)} too" if same else _instead(order, then.value, value)
        yield Binding("images", f"{what}: {told}")


def _better(goal: Goal, then: float, now: float) -> bool:
    more, less = (then, now) if goal is Goal.IMAGES else (now, then)
    return more > less + _SAME * max(abs(more), abs(less))


def _instead(order: Order, then: float, now: float) -> str:
    """`5.00 EUR instead of 6.00 EUR`: as many figures as tell them apart."""
    return " instead of ".join(apart(then, now, lambda value: _amount(order, value)))


def _amount(order: Order, value: float) -> str:
    match order.goal:
        case Goal.COST:
            return money_text(value, order.fleet.stocks[0].kind.currency)
        case Goal.ENERGY:
            return f"{amount_text(value)} Wh"
        case Goal.IMAGES:
            return plural(round(value), "image")
        case _:
            return plural(round(value), "device")
