"""Solving an order: bounds, then the exact problem over the rows that the bounds leave over.

    Order -> rows_of -> relaxed: infeasible, or a bound of each row
          -> the most promising rows -> Solver -> a plan -> rows that could be in a better one -> Solver -> optimal

A soft plan of n devices needs probability^(1/n) of each, and n is what is sought. Let a range of n have the least
demand of its smallest n: what is best so can be no worse than what is best for any n of it. If that plan holds at its
own number of devices it is the best of its range; if not, the range is split there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.allocation import Order, Rows, counted, rows_of
from vedette.rules.capacity.allocation_amounts import Whole
from vedette.rules.capacity.allocation_bound import Relaxed, relaxed
from vedette.rules.capacity.allocation_program import program_of
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.prediction import all_within, makespan, time_s
from vedette.rules.capacity.shares import shares_of
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal
from vedette.values.integer_program import Constraint, Solution
from vedette.values.plan import Binding, Status

FIRST_ROWS = 128
"""Rows that are tried first; a first answer says which others are needed."""

MANY_ROWS = 1024
"""More than these are not tried before their bounds are made with their true t_r."""

_OUT_OF_TIME = Binding("solver", "its time ended before it found an answer or proved that there is none: give it more")


@dataclass(frozen=True, slots=True)
class _Found:
    """An answer in units, with the rows that its variables stand for."""

    rows: Rows
    solution: Solution


def allocate(order: Order, solver: Solver, seconds: float = 30.0, seed: int = 0) -> Answer:
    """The best devices, mini-batches and uses for an order.

    Args:
        order: what is asked.
        solver: of the exact problem.
        seconds: that each of its calls may take; there are a few.
        seed: of the solver.

    Raises:
        InvalidError: money or energy matters and a device has no price or watts, or currencies differ.
    """
    if order.deadline is not DeadlineClass.SOFT:
        return _answer(order, _exact(order, 1, solver, seconds, seed))
    return _answer(order, _soft(order, solver, seconds, seed))


def _soft(order: Order, solver: Solver, seconds: float, seed: int) -> _Found:
    top = min(order.fleet.count, order.most_devices or order.fleet.count)
    ranges = [(max(1, order.least_devices), top)]
    best: _Found | None = None
    open_bounds: list[int] = []
    unknown = False
    while ranges:
        least, most = ranges.pop()
        found = _exact(replace(order, least_devices=least, most_devices=most), least, solver, seconds, seed)
        solution = found.solution
        unknown |= solution.status is Status.UNKNOWN
        if solution.bound is not None and (best is None or solution.bound < _reached(best)):
            devices = sum(solution.values[0 : 2 * len(found.rows) : 2])
            if least == most or _holds(found, devices):
                best = found if best is None or _reached(found) < _reached(best) else best
                open_bounds.append(solution.bound)
            else:
                ranges += [(devices, most), (least, devices - 1)]
    if best is None:
        empty = rows_of(order)
        return _Found(empty, Solution(Status.UNKNOWN if unknown else Status.INFEASIBLE))
    bound = min(*open_bounds, _reached(best))
    proven = not unknown and bound == _reached(best)
    status = Status.OPTIMAL if proven else Status.FEASIBLE
    return _Found(best.rows, replace(best.solution, status=status, bound=None if unknown else bound))


def _reached(found: _Found) -> int:
    return found.solution.objective if found.solution.objective is not None else 2**62


def _holds(found: _Found, devices: int) -> bool:
    """Whether each device still ends in time if so many share the probability."""
    rows, values = found.rows, found.solution.values
    used = np.array([row for row in range(len(rows)) if values[2 * row]], np.int64)
    true = counted(rows, used, devices)
    if len(true) < len(used):
        return False
    pairs = zip(used.tolist(), true.uses.tolist(), strict=True)
    return all(values[2 * row + 1] <= values[2 * row] * most for row, most in pairs)


def _exact(order: Order, devices: int, solver: Solver, seconds: float, seed: int) -> _Found:
    """The answer where each device counts as one of so many."""
    search = _search(rows_of(order))
    while True:
        if search.bounds.bound is None:
            return _Found(search.rows, Solution(Status.INFEASIBLE))
        some = counted(search.rows, search.promising[: search.take], devices)
        solution = solver.solve(program_of(some), seconds, seed)
        every = len(search.promising)
        if solution.status is Status.INFEASIBLE:
            if search.take == every:
                return _Found(search.rows, solution)
            search = _wider(search, min(8 * search.take, every), every, devices)
        elif solution.objective is None or solution.status is Status.FEASIBLE:
            return _Found(some, _outside(solution, search))
        else:
            needed = int(np.count_nonzero(search.bounds.with_row <= solution.objective - 1))
            if needed <= search.take:
                return _Found(some, _least_work(some, solution, solver, seconds, seed))
            search = _wider(search, needed, needed, devices)


@dataclass(frozen=True, slots=True)
class _Search:
    """Rows that may be in the answer, their bounds, the most promising first, and how many of them are tried.

    `counted` tells that the bounds are made with the true t_r.
    """

    rows: Rows
    bounds: Relaxed
    promising: Whole
    take: int
    counted: bool


def _search(rows: Rows, *, is_counted: bool = False) -> _Search:
    bounds = relaxed(rows)
    promising = np.argsort(bounds.with_row, kind="stable")
    return _Search(rows, bounds, promising, min(FIRST_ROWS, len(promising)), is_counted)


def _wider(search: _Search, take: int, among: int, devices: int) -> _Search:
    """More rows to try; where that would be many, better bounds of those that are left, once."""
    if take > MANY_ROWS and not search.counted:
        return _search(counted(search.rows, search.promising[:among], devices), is_counted=True)
    return replace(search, take=take)


def _outside(solution: Solution, search: _Search) -> Solution:
    """An answer that is not proven best, with what is proven of all rows."""
    least = search.bounds.bound
    if solution.bound is None or solution.objective is None or least is None:
        return solution
    others = search.bounds.with_row[search.promising[search.take :]].min(initial=math.inf)
    bound = max(math.ceil(max(least, -(2.0**62))), math.ceil(min(solution.bound, others)))
    return replace(solution, bound=min(bound, solution.objective))


def _least_work(some: Rows, found: Solution, solver: Solver, seconds: float, seed: int) -> Solution:
    """Of the answers with the fewest devices one that works least, to a millisecond for each mini-batch."""
    if some.order.goal is not Goal.DEVICES or found.objective is None:
        return found
    program = program_of(some, found.values)
    options = [some.order.capabilities[c].options[o] for c, o in zip(some.capability, some.option, strict=True)]
    times = [math.ceil(1000 * moment.mean) for option in options for moment in (option.first_s, option.later_s)]
    fewest = Constraint(program.objective, high=found.objective)
    least = replace(program, constraints=(*program.constraints, fewest), objective=tuple(enumerate(times)))
    quickest = solver.solve(least, seconds, seed)
    return replace(found, values=quickest.values) if quickest.values else found


def _answer(order: Order, found: _Found) -> Answer:
    solution, rows = found.solution, found.rows
    if solution.objective is None:
        return Answer(solution.status, order.goal, binding=(_OUT_OF_TIME,) if solution.status is Status.UNKNOWN else ())
    sign = -1 if order.goal is Goal.IMAGES else 1
    shares = shares_of(rows, solution.values)
    spreads = [share.spread for share in shares]
    devices = solution.values[0 : 2 * len(rows) : 2]
    each = order.probability ** (1 / len(shares))
    return Answer(
        solution.status,
        order.goal,
        sign * solution.objective * rows.unit(),
        None if solution.bound is None else sign * solution.bound * rows.unit(),
        shares,
        images=sum(share.images for share in shares),
        capacity=int(np.array(devices) @ (rows.batch * (1 + rows.uses))),
        time_s=max(time_s(share.option, share.later_uses, order.deadline, each) for share in shares),
        makespan_s=makespan(spreads),
        probability=all_within(spreads, order.within_s),
    )
