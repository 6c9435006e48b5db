"""The best plan of one job by lists of plans: exact, and without a solver, where one amount is weighed against images.

    Rows, bounds -> plans that cost little more than the bound -> one of them holds the images: optimal
                                                               -> none: plans that cost twice as much more, and so on

Each device has a list of what it may do: a row and its later uses, or nothing. Lists are put together, the shortest
first (those of very many equal devices by doubling); the last two are not multiplied but searched (`frontier`). What is
searched holds every plan within an amount Z that has X images or more, so that the best of it is the best of all. Z
begins just above the bound (for images: X just below it) and rises until a plan is found.

It serves money or energy made least, and most images within a limit of one of them. Other limits and numbers of devices
are left out of the search: if none is found, there is none with them either, and one that is found must keep to them.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from vedette.rules.capacity.allocation import Rows, counted, true_uses
from vedette.rules.capacity.allocation_amounts import Whole
from vedette.rules.capacity.allocation_bound import Relaxed
from vedette.rules.capacity.frontier import Frontier, Slack, traced
from vedette.values.demand import Goal
from vedette.values.integer_program import Solution
from vedette.values.plan import Status

MOST_COLUMNS = 100_000
"""Rows and later uses that one search may look at."""

_FIRST, _GROWTH = 3e-5, 1.7
_WHOLE = 2**60
_APART = 16  # so few devices of a kind are put together one by one: the last sums are the large ones, and are not made


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """Rows of one job with the amount that is weighed against images.

    Attributes:
        rows: that may be used.
        first, later: what a device and a later use add to the amount.
        price: lambda, of an image.
        amount: Z.
        images: X.
    """

    rows: Rows
    first: Whole
    later: Whole
    price: int
    amount: int
    images: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """n and u of each row, and the objective."""

    values: tuple[int, ...]
    objective: int


_NONE: Final = "none"
"""There is no plan."""


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """What single devices may do: row (-1: nothing) and later uses; the kind, images and excess of each."""

    row: Whole
    uses: Whole
    kind: Whole
    images: Whole
    excess: Whole


def searched(rows: Rows, bounds: Relaxed, devices: int, below: int | None) -> tuple[Rows, Solution] | None:
    """The best plan below an amount, with the rows of its variables; None: another way must find it.

    Args:
        rows: of an order, with uses that are not too few.
        bounds: of the rows.
        devices: that share the probability.
        below: the objective of a plan that is to be bettered; None: any plan will do.
    """
    price = _price(rows, bounds)
    if price is None or bounds.bound is None:
        return None
    least, last = bounds.bound, _last(rows) if below is None else below - 1
    step = max(1.0, _FIRST * abs(least))
    reach = min(math.floor(least + step), last)
    while True:
        places = np.flatnonzero(bounds.with_row <= reach)
        found = _found(some := rows.taken(places), reach, price)
        if isinstance(found, _Plan) and not _in_time(some, found, devices):
            found = _found(some := counted(rows, places, devices), reach, price)
        if found is None:
            return None
        if isinstance(found, _Plan) and found.objective <= reach:
            return _kept(some, found)
        if reach >= last:
            return some, Solution(Status.INFEASIBLE)
        step *= _GROWTH
        known = found.objective if isinstance(found, _Plan) else last
        reach = min(math.floor(least + step), known, last)


def _price(rows: Rows, bounds: Relaxed) -> int | None:
    """Lambda as a whole number of units; None where the order is none of these."""
    order = rows.order
    if len(order.jobs) > 1 or order.lost_devices or bounds.images is None or bounds.limits is None:
        return None
    if order.goal in {Goal.COST, Goal.ENERGY}:
        price = float(bounds.images[0])
    elif order.goal is Goal.IMAGES and len(rows.limits()) == 1 and bounds.limits[0] > 0:
        price = 1 / float(bounds.limits[0])
    else:
        return None
    largest = float((rows.batch * (1.0 + rows.uses)).max()) * order.fleet.count
    return round(price) if price * max(largest, float(order.jobs[0].images or 1)) < _WHOLE else None


def _last(rows: Rows) -> int:
    """No plan of this objective has more; images count below zero, and a plan has one at least."""
    first, later = rows.objective()
    return -1 if rows.order.goal is Goal.IMAGES else int((first + later * rows.uses).max()) * rows.order.fleet.count


def _in_time(rows: Rows, plan: _Plan, devices: int) -> bool:
    """Whether the uses that the plan counted on are not more than fit."""
    used = np.flatnonzero(np.array(plan.values[::2]))
    return bool((true_uses(rows, used, devices) >= rows.uses[used]).all())


def _kept(rows: Rows, plan: _Plan) -> tuple[Rows, Solution] | None:
    """The plan, if it keeps to what the search left out."""
    order = rows.order
    devices, uses = np.array(plan.values, np.int64).reshape(-1, 2).T
    within = all(int(devices @ first + uses @ later) <= most for _, first, later, most in rows.limits())
    if not within or not order.least_devices <= devices.sum() <= (order.most_devices or order.fleet.count):
        return None
    return rows, Solution(Status.OPTIMAL, plan.values, plan.objective, plan.objective)


def _found(rows: Rows, reach: int, price: int) -> _Plan | Literal["none"] | None:
    """The best plan, if its objective is within reach, else one that may not be the best; None: too much work."""
    if not len(rows):
        return _NONE
    order = rows.order
    if order.goal is Goal.IMAGES:
        _, first, later, amount = rows.limits()[0]
        weighed = _Weighed(rows, first, later, price, amount, -reach)
    else:
        weighed = _Weighed(rows, *rows.objective(), price, reach, order.jobs[0].images or 1)
    columns, slack = _columns(weighed)
    if slack.most < 0:
        return _NONE
    pair = None if columns is None else _two(rows, columns, slack)
    if columns is None or pair is None:
        return None
    if order.goal is Goal.IMAGES:
        best = slack.fullest(*pair, slack.most + price * weighed.images)
    else:
        best = slack.cheapest(*pair, weighed.images)
    return _NONE if best is None or not best[0] else _plan(rows, columns, pair, best)


def _plan(rows: Rows, columns: _Columns, pair: tuple[Frontier, Frontier], best: tuple[int, int]) -> _Plan:
    places = traced(Frontier(np.array([best[0]]), np.array([best[1]]), parts=pair), *best)
    used = np.array([place for place in places if place >= 0 and columns.row[place] >= 0], np.int64)
    values = np.zeros((len(rows), 2), np.int64)
    np.add.at(values, columns.row[used], np.stack([np.ones_like(used), columns.uses[used]], axis=1))
    first, later = rows.objective()
    return _Plan(tuple(values.ravel().tolist()), int(values[:, 0] @ first + values[:, 1] @ later))


def _columns(weighed: _Weighed) -> tuple[_Columns | None, Slack]:
    """What devices may do with an excess that may matter, and the slack; None: nothing, or too much."""
    rows, price = weighed.rows, weighed.price
    counts = np.array([stock.count for stock in rows.order.fleet.stocks], np.int64)
    start = weighed.first - price * rows.batch
    slope = weighed.later - price * rows.batch
    ends = np.minimum(start, start + slope * rows.uses)
    least = np.zeros(len(counts), np.int64)
    np.minimum.at(least, rows.kind, ends)
    most = weighed.amount - price * weighed.images - sum((least * counts).tolist())
    over = ends - least[rows.kind]
    row = np.flatnonzero(over <= most)
    wide = np.minimum((most - over[row]) // np.maximum(np.abs(slope[row]), 1), rows.uses[row])
    number = 1 + np.where(slope[row] == 0, rows.uses[row], wide)
    total = sum(number.tolist())
    if most < 0 or total > MOST_COLUMNS:
        return None, Slack(price, most)
    step = np.arange(total) - np.repeat(np.cumsum(number) - number, number)
    row = np.repeat(row, number)
    uses = np.where(slope[row] <= 0, rows.uses[row] - step, step)
    kind = rows.kind[row]
    idle = np.flatnonzero(-least <= most)
    excess = start[row] + slope[row] * uses - least[kind]
    return _Columns(
        np.concatenate([row, np.full(len(idle), -1)]),
        np.concatenate([uses, 0 * idle]),
        np.concatenate([kind, idle]),
        np.concatenate([rows.batch[row] * (1 + uses), 0 * idle]),
        np.concatenate([excess, -least[idle]]),
    ), Slack(price, most)


def _two(rows: Rows, columns: _Columns, slack: Slack) -> tuple[Frontier, Frontier] | None:
    """Two lists whose sums are all the plans; None: too much work."""
    by_kind = np.argsort(columns.kind, kind="stable")
    bounds = np.searchsorted(columns.kind[by_kind], np.arange(len(rows.order.fleet.stocks) + 1))
    parts = [_nothing()]
    for kind, stock in enumerate(rows.order.fleet.stocks):
        places = by_kind[bounds[kind] : bounds[kind + 1]]
        one = slack.frontier(columns.images[places], columns.excess[places], places)
        if not len(one) or (len(one) == 1 and not one.images[0]):
            continue
        if stock.count <= _APART:
            parts += [one] * stock.count
        elif (every := slack.repeated(one, stock.count)) is not None:
            parts.append(every)
        else:
            return None
    lists = [(len(one), serial, one) for serial, one in enumerate(parts)]
    heapq.heapify(lists)
    serial = len(lists)
    while len(lists) > 2:  # noqa: PLR2004 - a pair
        total = slack.total(heapq.heappop(lists)[2], heapq.heappop(lists)[2])
        if total is None:
            return None
        heapq.heappush(lists, (len(total), serial, total))
        serial += 1
    return lists[0][2], lists[-1][2]


def _nothing() -> Frontier:
    return Frontier(np.zeros(1, np.int64), np.zeros(1, np.int64), np.full(1, -1))
