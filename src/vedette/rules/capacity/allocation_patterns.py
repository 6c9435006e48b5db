"""The best plan of several jobs that have images of their own: patterns of devices, and branches. Exact, no solver.

    Rows -> works: what each job costs on each kind -> cheapest pattern of each job at the prices of devices
         -> linear program over the patterns so far -> prices -> ... until no pattern betters it -> branch where divided

Jobs share nothing but the devices of each kind. With a price mu_k of a device each job is a knapsack of its own
(`job_patterns`), and sum over jobs of its least amount - sum NGPU_k mu_k is a bound: that of G. B. Dantzig and P. Wolfe
(Operations Research 8, 1960), which is nearly always the optimum, whereas fractions of a device are some per cent below
it. Where the linear program divides a job between patterns, it is solved again without a kind for that job, and with
one device of it at least (branch and price; C. Barnhart et al., Operations Research 46, 1998).

Amounts are whole numbers below 2**UNIT_BITS, so sums of floats err by much less than half a unit: a bound that is above
a known plan less half a unit proves it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.rules.capacity.allocation import Rows, true_uses
from vedette.rules.capacity.allocation_amounts import Real
from vedette.rules.capacity.allocation_bound import Relaxed
from vedette.rules.capacity.job_patterns import Pattern, Work, works_of
from vedette.values.demand import Goal
from vedette.values.integer_program import Solution
from vedette.values.plan import Status

MOST_IMAGES = 2048
"""Of a job: the work of a knapsack grows with the square."""

_MOST_JOBS = 50
_MOST_NODES, _MOST_ROUNDS = 40, 60
_HALF = 0.5
_DIVIDED = 1e-6
_PARTS = 64.0
_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class _Node:
    """The works under some branches, and a bound of what is above it."""

    works: tuple[Work, ...]
    prices: Real


@dataclass(frozen=True, slots=True)
class _Solved:
    """The end of a node: its bound, the patterns and how much of each, and the prices."""

    bound: float
    patterns: list[Pattern]
    parts: Real
    prices: Real


def composed(rows: Rows, bounds: Relaxed, devices: int, below: int | None) -> tuple[Rows, Solution] | None:
    """The best plan below an amount; None: another way must find it.

    Args:
        rows: of an order, with uses that are not too few.
        bounds: of the rows.
        devices: that share the probability.
        below: the objective of a plan that is to be bettered; None: any plan will do.
    """
    order = rows.order
    sizes = [job.images or 0 for job in order.jobs]
    if order.goal not in {Goal.COST, Goal.ENERGY} or order.lost_devices or rows.limits() or bounds.stocks is None:
        return None
    if not 2 <= len(sizes) <= _MOST_JOBS or not 1 <= min(sizes) <= max(sizes) <= MOST_IMAGES:  # noqa: PLR2004 - several
        return None
    found = _searched(rows, bounds.stocks, below)
    if found is None or not found:
        return None if found is None else (rows, Solution(Status.INFEASIBLE))
    return _kept(rows, found, devices)


def _searched(rows: Rows, prices: Real, below: int | None) -> list[Pattern] | None:
    """Patterns of the best plan, none where no plan is below; None: too much work."""
    counts = np.array([stock.count for stock in rows.order.fleet.stocks], np.float64)
    pool: dict[tuple[int, tuple[int, ...]], Pattern] = {}
    nodes, best, upper = [_Node(tuple(works_of(rows)), prices)], list[Pattern](), _NEVER if below is None else below
    for _ in range(_MOST_NODES):
        if not nodes:
            return best
        solved = _solved(node := nodes.pop(), counts, pool, upper)
        if solved is None:
            return None
        if solved.bound > upper - _HALF:
            continue
        better = _chosen(solved, counts)
        if better and (amount := sum(pattern.amount for pattern in better)) < upper:
            best, upper = better, amount
        if solved.bound > upper - _HALF:
            continue
        branches = _branches(node, solved)
        if not branches:
            return None
        nodes += branches
    return None


def _solved(node: _Node, counts: Real, pool: dict[tuple[int, tuple[int, ...]], Pattern], upper: int) -> _Solved | None:
    """The linear program over all patterns of a node, or as much of it as shows that no plan is below `upper`."""
    prices, bound = node.prices, -np.inf
    for turn in range(_MOST_ROUNDS):
        prices = np.round(prices * _PARTS) / _PARTS
        found = [work.cheapest(prices) for work in node.works]
        priced = [one for one in found if one is not None]
        if len(priced) < len(found):
            return None
        bound = max(bound, sum(least for least, _ in priced) - float(prices @ counts))
        if bound > upper - _HALF:
            return _Solved(bound, [], np.zeros(0), prices)
        fresh = {(pattern.job, pattern.kinds): pattern for _, pattern in priced}
        grown = not fresh.keys() <= pool.keys()
        pool |= fresh
        patterns = [one for one in pool.values() if node.works[one.job].has(one)]
        parts, reached, prices = _master(patterns, counts, len(node.works), whole=False)
        if (turn and not grown) or bound > reached - _HALF:
            return None if parts[-1] > _DIVIDED else _Solved(bound, patterns, parts[:-1], prices)
    return None


def _master(patterns: list[Pattern], counts: Real, jobs: int, *, whole: bool) -> tuple[Real, float, Real]:
    """How much of each pattern, and of all devices again at a price beyond any plan; the amount; prices of devices."""
    from scipy.optimize import linprog

    kinds = len(counts)
    left = np.zeros((kinds + jobs, len(patterns) + 1))
    for place, pattern in enumerate(patterns):
        left[kinds + pattern.job, place] = -1
        np.add.at(left[:, place], list(pattern.kinds), 1)
    left[:kinds, -1] = -counts
    amounts = np.array([pattern.amount for pattern in patterns], np.float64)
    target = np.append(amounts, 2 * amounts.sum() + 1)
    size = max(1.0, float(amounts.mean()))
    answer = linprog(
        target / size,
        A_ub=left,
        b_ub=np.append(counts, -np.ones(jobs)),
        method="highs",
        integrality=np.append(np.ones(len(patterns)), 0.0) if whole else None,
    )
    if answer.status != 0:
        return np.append(np.zeros(len(patterns)), 1.0), np.inf, np.zeros(kinds)
    prices = np.zeros(kinds) if whole else np.maximum(0.0, -np.asarray(answer.ineqlin.marginals)[:kinds]) * size
    parts = np.asarray(answer.x, np.float64)
    return parts, float(target @ parts), prices


def _chosen(solved: _Solved, counts: Real) -> list[Pattern]:
    """The best whole choice of a node's patterns; empty where there is none."""
    parts, jobs = solved.parts, 1 + max(pattern.job for pattern in solved.patterns)
    if np.any(np.abs(parts - np.round(parts)) > _DIVIDED):
        parts, _, _ = _master(solved.patterns, counts, jobs, whole=True)
        if parts[-1] > _DIVIDED:
            return []
    chosen = [one for one, part in zip(solved.patterns, parts, strict=False) if part > _HALF]
    used = np.zeros(len(counts))
    np.add.at(used, [kind for one in chosen for kind in one.kinds], 1)
    return chosen if sorted(one.job for one in chosen) == list(range(jobs)) and np.all(used <= counts) else []


def _branches(node: _Node, solved: _Solved) -> list[_Node]:
    """Without a kind for a job that is divided over it, and with one device of it at least; empty: none is divided."""
    usage: dict[tuple[int, int], float] = {}
    for pattern, part in zip(solved.patterns, solved.parts.tolist(), strict=True):
        for kind in set(pattern.kinds):
            usage[pattern.job, kind] = usage.get((pattern.job, kind), 0.0) + part
    divided = {key: part for key, part in usage.items() if _DIVIDED < part < 1 - _DIVIDED}
    if not divided:
        return []
    job, kind = min(divided, key=lambda key: abs(divided[key] - _HALF))
    work = node.works[job]
    return [
        _Node((*node.works[:job], changed, *node.works[job + 1 :]), solved.prices)
        for changed in (work.without(kind), work.requiring(kind))
    ]


def _kept(rows: Rows, patterns: list[Pattern], devices: int) -> tuple[Rows, Solution] | None:
    """The plan in rows, if its uses are in time and it keeps to the number of devices."""
    order = rows.order
    first, later = rows.objective()
    values = np.zeros((len(rows), 2), np.int64)
    for pattern in patterns:
        for kind, images in pattern.pieces:
            places = np.flatnonzero((rows.kind == kind) & (rows.job == pattern.job))
            uses = np.maximum(-(-images // rows.batch[places]) - 1, 0)
            amounts = np.where(uses <= rows.uses[places], first[places] + later[places] * uses, _NEVER)
            best = int(amounts.argmin())
            values[places[best]] += (1, uses[best])
    number = int(values[:, 0].sum())
    used = np.flatnonzero(values[:, 0])
    in_time = (true_uses(rows, used, devices) >= rows.uses[used]).all()
    if not in_time or not order.least_devices <= number <= (order.most_devices or order.fleet.count):
        return None
    reached = int(values[:, 0] @ first + values[:, 1] @ later)
    some = rows.taken(used)
    return some, Solution(Status.OPTIMAL, tuple(values[used].ravel().tolist()), reached, reached)
