"""Small orders of plans, drawn or written, and every plan there is for them, tried one by one in exact fractions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, product

from hypothesis import strategies as st

from vedette.rules.capacity.allocation import Job, Order
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.prediction import time_s
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal, Limits
from vedette.values.device import Billing, DeviceKind, Fleet, Stock
from vedette.values.integer_program import IntegerProgram, Solution
from vedette.values.moment import Moment
from vedette.values.plan import Status

ROUNDED = 1 + Fraction(1, 10**9)
"""A third of a cent has no exact float: what equals a limit but for that keeps to it."""


@dataclass(frozen=True)
class Choice:
    """One device that does something."""

    capability: Capability
    option: Option
    uses: int

    @cached_property
    def images(self) -> int:
        return self.option.batch * (1 + self.uses)

    @cached_property
    def cost(self) -> Fraction:
        seconds = Fraction(self.option.first_s.mean) + self.uses * Fraction(self.option.later_s.mean)
        kind = self.capability.device
        hours = math.ceil(seconds / 3600) if kind.billing is Billing.HOUR else seconds / 3600
        return Fraction(kind.price_per_hour or 0.0) * hours

    @cached_property
    def energy_wh(self) -> Fraction:
        joules = (self.option.first_j, self.option.later_j)
        if joules[0] is None or joules[1] is None:
            watts = Fraction(self.capability.device.watts or 0.0)
            return watts * (Fraction(self.option.first_s.mean) + self.uses * Fraction(self.option.later_s.mean)) / 3600
        return (Fraction(joules[0]) + self.uses * Fraction(joules[1])) / 3600


def exact_option(
    batch: int, first: float, later: float, *, longest: float = 1.0, joules: float | None = None, spread: float = 0.0
) -> Option:
    return Option(
        batch,
        Moment(first, 0.0, spread, 5, 5),
        Moment(later, 0.0, spread, 5, 5),
        first * longest,
        later * longest,
        None,
        None if joules is None else 2 * joules,
        joules,
    )


def choices(order: Order, devices: int) -> dict[str, list[Choice]]:
    """What one device of each kind can do in a plan of so many."""
    each = order.probability ** (1 / devices)
    found: dict[str, list[Choice]] = {stock.kind.name: [] for stock in order.fleet.stocks}
    jobs = {model: job for job in order.jobs for model in job.models}
    for one in order.capabilities:
        for option in one.options:
            images = jobs[one.model].images
            most = 12 if images is None else math.ceil(images / option.batch) - 1
            most = most if order.limits.uses is None else min(most, order.limits.uses)
            for uses in range(most + 1):
                if (order.limits.batch or 99) >= option.batch and time_s(
                    option, uses, order.deadline, each
                ) <= order.within_s:
                    found[one.device.name].append(Choice(one, option, uses))
    return found


def plans(order: Order) -> Iterator[tuple[Choice, ...]]:
    """Every plan that keeps to the order, idle devices left out."""
    top = min(order.fleet.count, order.most_devices or order.fleet.count)
    for devices in range(1, top + 1):
        able = choices(order, devices)
        stocks = order.fleet.stocks
        for counts in product(*(range(stock.count + 1) for stock in stocks)):
            if sum(counts) == devices:
                parts = [
                    combinations_with_replacement(able[stock.kind.name], count)
                    for stock, count in zip(stocks, counts, strict=True)
                ]
                for chosen in product(*parts):
                    plan = tuple(choice for part in chosen for choice in part)
                    if allowed(order, plan):
                        yield plan


def allowed(order: Order, plan: tuple[Choice, ...]) -> bool:
    limits = order.limits
    if limits.cost is not None and sum(one.cost for one in plan) > Fraction(limits.cost) * ROUNDED:
        return False
    if limits.energy_wh is not None and sum(one.energy_wh for one in plan) > Fraction(limits.energy_wh) * ROUNDED:
        return False
    return all(
        sum(one.images for one in plan if one.capability.model in job.models) >= (job.images or 1) for job in order.jobs
    )


def value(order: Order, plan: tuple[Choice, ...]) -> Fraction:
    match order.goal:
        case Goal.COST:
            return sum((one.cost for one in plan), Fraction())
        case Goal.ENERGY:
            return sum((one.energy_wh for one in plan), Fraction())
        case Goal.IMAGES:
            return Fraction(sum(one.images for one in plan))
        case _:
            return Fraction(len(plan))


def best(order: Order) -> Fraction | None:
    """The best value of all plans; None: there is none."""
    return _best(order, plans(order))


def best_that_survives(order: Order) -> Fraction | None:
    """The best value of the plans that hold without the best device of each job; None: there is none."""
    most: dict[tuple[int, int], int] = {}
    for one in (choice for able in choices(order, 1).values() for choice in able):
        place = id(one.capability), id(one.option)
        most[place] = max(one.images, most.get(place, 0))

    def survives(plan: tuple[Choice, ...]) -> bool:
        for job in order.jobs:
            able = [most[id(one.capability), id(one.option)] for one in plan if one.capability.model in job.models]
            if sum(able) - max(able, default=0) < (job.images or 1):
                return False
        return True

    return _best(order, filter(survives, plans(order)))


def _best(order: Order, plans: Iterable[tuple[Choice, ...]]) -> Fraction | None:
    values = (value(order, plan) for plan in plans)
    return (max if order.goal is Goal.IMAGES else min)(values, default=None)


def kept(order: Order, answer: Answer) -> bool:
    """Whether an answer keeps to its order, checked share by share; devices are counted by kind."""
    each = order.probability ** (1 / len(answer.shares))
    used = [Choice(share.capability, share.option, share.later_uses) for share in answer.shares]
    numbers = {stock.kind.name: stock.count for stock in order.fleet.stocks}
    return (
        allowed(order, tuple(used))
        and all(sum(one.capability.device.name == name for one in used) <= count for name, count in numbers.items())
        and all(time_s(one.option, one.uses, order.deadline, each) <= order.within_s * (1 + 2e-9) for one in used)
        and all(
            sum(share.images for share in answer.shares if share.capability.model in job.models) == job.images
            for job in order.jobs
            if job.images is not None
        )
    )


quarters = st.integers(1, 24).map(lambda n: n / 4)


@st.composite
def orders(draw: st.DrawFn, goals: tuple[Goal, ...] = tuple(Goal)[:4]) -> Order:
    """Orders small enough to try every plan: two kinds, three devices, two models, two mini-batch sizes."""
    goal = draw(st.sampled_from(goals))
    stocks = tuple(
        Stock(
            DeviceKind(f"kind{one}", None, None, draw(quarters), "EUR", draw(st.sampled_from(Billing)), draw(quarters)),
            draw(st.integers(1, most)),
        )
        for one, most in enumerate((2, 1))
    )
    scale = draw(st.sampled_from((1.0, 1800.0)))
    several = draw(st.booleans())
    able = tuple(
        Capability(
            model, "p", stock.kind, tuple(draw(drawn_option(batch, scale)) for batch in (1, draw(st.integers(2, 4))))
        )
        for stock in stocks
        for model in ("a", "b")
    )
    images = None if goal is Goal.IMAGES else draw(st.integers(1, 8))
    jobs = (Job(("a",), images), Job(("b",), images)) if several else (Job(("a", "b"), images),)
    limits = Limits(
        draw(st.none() | st.integers(1, 20).map(lambda n: n * scale / 1800)),
        draw(st.none() | st.integers(1, 20).map(lambda n: n * scale / 1800)),
        draw(st.none() | st.integers(0, 3)),
        draw(st.none() | st.integers(1, 4)),
    )
    deadline = draw(st.sampled_from(DeadlineClass))
    return Order(jobs, able, Fleet(stocks), scale * draw(st.integers(1, 5)), deadline, 0.9, goal, limits)


@st.composite
def drawn_option(draw: st.DrawFn, batch: int, scale: float) -> Option:
    first, later = draw(quarters) * scale, draw(quarters) * scale
    joules = draw(st.none() | quarters)
    return exact_option(
        batch,
        first,
        later,
        longest=draw(st.sampled_from((1.0, 1.25))),
        joules=joules,
        spread=draw(st.sampled_from((0.0, first / 64))),
    )


class EveryValue:
    """The port `Solver` by trying every value of every variable."""

    def solve(self, program: IntegerProgram, seconds: float, seed: int = 0) -> Solution:
        found: tuple[int, tuple[int, ...]] | None = None
        for values in product(*(range(low, high + 1) for low, high in program.bounds)):
            if holds(program, values):
                reached = sum(factor * values[place] for place, factor in program.objective)
                if found is None or reached < found[0]:
                    found = reached, values
        return Solution(Status.INFEASIBLE) if found is None else Solution(Status.OPTIMAL, found[1], found[0], found[0])


def holds(program: IntegerProgram, values: tuple[int, ...]) -> bool:
    """Whether values keep to every bound and constraint of a program."""
    within = all(low <= value <= high for value, (low, high) in zip(values, program.bounds, strict=True))
    return within and all(
        (each.low is None or each.low <= total) and (each.high is None or total <= each.high)
        for each in program.constraints
        if each.only_if is None or values[each.only_if] == 1
        for total in [sum(factor * values[place] for place, factor in each.terms)]
    )
