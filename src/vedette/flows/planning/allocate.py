"""Solving an order: bounds, then the exact problem over the rows that the bounds leave over.

    Order -> rows_of -> relaxed: infeasible, or a bound of each row
          -> one job and one amount: lists of plans -> optimal (`allocation_frontier`), or
             jobs with images of their own: patterns of devices -> optimal (`allocation_patterns`), else
          -> the most promising rows -> Solver -> a plan -> rows that could be in a better one -> Solver -> optimal

A soft plan of n devices needs probability^(1/n) of each, and n is what is sought. Let a range of n have the least
demand of its smallest n: what is best so can be no worse than what is best for any n of it. If that plan holds at its
own number of devices it is the best of its range; if not, the range is split there. The upper part comes first: its
plan is near, and the bounds of most ranges below show without the solver that they have none better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.allocation import Order, Rows, counted, rows_of, tightened
from vedette.rules.capacity.allocation_bound import Relaxed, relaxed
from vedette.rules.capacity.allocation_dominance import undominated
from vedette.rules.capacity.allocation_frontier import searched
from vedette.rules.capacity.allocation_patterns import composed
from vedette.rules.capacity.allocation_program import program_of
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.prediction import all_within, makespan, time_s
from vedette.rules.capacity.shares import shares_of
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal
from vedette.values.integer_program import Constraint, IntegerProgram, Solution
from vedette.values.plan import Binding, Status

FIRST_ROWS = 128
"""Rows that are tried first; a first answer says which others are needed."""

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
    ask = _Ask(solver, seconds, seed)
    rows = rows_of(order)
    return _answer(order, _soft(rows, ask) if order.deadline is DeadlineClass.SOFT else _exact(rows, 1, ask))


@dataclass(frozen=True, slots=True)
class _Ask:
    """The solver, the seconds that each call may take, and its seed."""

    solver: Solver
    seconds: float
    seed: int

    def solved(self, program: IntegerProgram) -> Solution:
        return self.solver.solve(program, self.seconds, self.seed)


def _soft(rows: Rows, ask: _Ask) -> _Found:
    order = rows.order
    top = min(order.fleet.count, order.most_devices or order.fleet.count)
    ranges = [(max(1, order.least_devices), top)]
    best: _Found | None = None
    open_bounds: list[int] = []
    unknown = False
    while ranges:
        least, most = ranges.pop()
        some = replace(rows, order=replace(order, least_devices=least, most_devices=most))
        found = _exact(some, least, ask, None if best is None else _reached(best))
        solution = found.solution
        unknown |= solution.status is Status.UNKNOWN
        if solution.bound is not None and (best is None or solution.bound < _reached(best)):
            devices = sum(solution.values[0 : 2 * len(found.rows) : 2])
            if least == most or _holds(found, devices):
                best = found if best is None or _reached(found) < _reached(best) else best
                open_bounds.append(solution.bound)
            else:
                ranges += [(least, devices - 1), (devices, most)]
    if best is None:
        return _Found(rows, Solution(Status.UNKNOWN if unknown else Status.INFEASIBLE))
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


def _exact(rows: Rows, devices: int, ask: _Ask, below: int | None = None) -> _Found:
    """The best answer below an amount where each device counts as one of so many; infeasible: there is none."""
    rows = undominated(tightened(rows, devices), devices)
    bounds = relaxed(rows)
    best = _Found(rows, Solution(Status.INFEASIBLE))
    if bounds.bound is None:
        return best
    known = searched(rows, bounds, devices, below) or composed(rows, bounds, devices, below)
    if known is not None:
        return _Found(*known)
    promising = np.argsort(bounds.with_row, kind="stable")
    take, tried = FIRST_ROWS, 0
    while tried < (needed := _needed(bounds, below)):
        tried = min(take, needed)
        some = counted(rows, promising[:tried], devices)
        solution = ask.solved(_bettered(program_of(some), below))
        if solution.status is Status.OPTIMAL:
            best, below, take = _Found(some, solution), solution.objective, len(rows)
        elif solution.status is Status.INFEASIBLE:
            take = 8 * tried
        else:
            others = bounds.with_row[promising[tried:]].min(initial=math.inf)
            return _unproven(best, _Found(some, solution), bounds, float(others))
    return _Found(best.rows, _least_work(best.rows, best.solution, ask))


def _needed(bounds: Relaxed, below: int | None) -> int:
    """How many rows a plan below an amount may use."""
    return len(bounds.with_row) if below is None else int(np.count_nonzero(bounds.with_row <= below - 1))


def _bettered(program: IntegerProgram, below: int | None) -> IntegerProgram:
    """The problem of a lower sum than one that is known."""
    if below is None:
        return program
    return replace(program, constraints=(*program.constraints, Constraint(program.objective, high=below - 1)))


def _unproven(before: _Found, last: _Found, bounds: Relaxed, others: float) -> _Found:
    """The better of two answers where time ended, with what is proven of all rows."""
    found = before if last.solution.objective is None else last
    solution, least = found.solution, bounds.bound
    if solution.objective is None or least is None:
        return last
    proven = -(2**62) if last.solution.bound is None else last.solution.bound
    bound = max(math.ceil(max(least, -(2.0**62))), math.ceil(min(proven, others)))
    return _Found(found.rows, replace(solution, status=Status.FEASIBLE, bound=min(bound, solution.objective)))


def _least_work(some: Rows, found: Solution, ask: _Ask) -> Solution:
    """Of the answers with the fewest devices one that works least, to a millisecond for each mini-batch."""
    if some.order.goal is not Goal.DEVICES or found.objective is None:
        return found
    program = program_of(some, found.values)
    options = [some.order.capabilities[c].options[o] for c, o in zip(some.capability, some.option, strict=True)]
    times = [math.ceil(1000 * moment.mean) for option in options for moment in (option.first_s, option.later_s)]
    fewest = Constraint(program.objective, high=found.objective)
    least = replace(program, constraints=(*program.constraints, fewest), objective=tuple(enumerate(times)))
    quickest = ask.solved(least)
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
        makespan_s=makespan(spreads, order.probability),
        probability=all_within(spreads, order.within_s),
    )
