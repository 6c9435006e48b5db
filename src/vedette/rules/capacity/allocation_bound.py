r"""What no allocation can beat, and which rows a better one cannot use: bounds of Lagrange.

    Rows -> linear program over some columns -> multipliers -> bound of the whole, and of each row if it is used

With multipliers lambda >= 0 of the jobs, eta >= 0 of the limits and nu >= 0 of the number of devices, every plan costs
at least

    B = sum lambda_j N_j - sum eta_l limit_l - nu most + sum_k NGPU_k min(0, min over rows r of kind k of v_r)
    v_r = least over t in 0..t_r of  c_r + t d_r - lambda mbs_r (1 + t) + eta (its share of each limit) + nu

since what is relaxed can only help, and v_r is linear in t, so that t = 0 or t_r is best (A. M. Geoffrion, Mathematical
Programming Study 2, 1974). A plan that uses row r costs at least B + v_r - min(0, least v of its kind): if that is more
than a plan that is known, r is in no better one and may be left out. This is the pruning of dominated rows: what is
left over proves as much as the whole table, whatever multipliers were found. Sums are of floats; bounds are put down
by MARGIN of all that was added.

Good multipliers are the dual values of the linear program in which a device may be a fraction. It is solved over few
columns; those that its dual values show to be better are added until there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.rules.capacity.allocation import Rows
from vedette.rules.capacity.allocation_amounts import Real, Whole

MARGIN = 1e-11
_ROUNDS = 12
_EACH_ROUND = 3  # columns of a kind that a round adds
_GOOD_ENOUGH = 1e-9


@dataclass(frozen=True, slots=True)
class Relaxed:
    """What is proven without whole numbers.

    Attributes:
        bound: no plan has less, in units of the objective; None: no plan exists.
        with_row: no plan that uses the row has less.
        missing: images that no plan processes, at least; above 0 where no plan exists.
        images: lambda of each job, by which the bound was found; None: by none.
        limits: eta of each limit, and nu where the number of devices is limited.
        stocks: what one more device of each kind would spare.
    """

    bound: float | None
    with_row: Real
    missing: float = 0.0
    images: Real | None = None
    limits: Real | None = None
    stocks: Real | None = None


@dataclass(frozen=True, slots=True)
class _Best:
    """The best bound so far, that of each column, and the multipliers that gave it."""

    bound: float
    with_column: Real
    images: Real
    limits: Real
    stocks: Real


@dataclass(frozen=True, slots=True)
class _Columns:
    """A device of a row with t = 0, then one with all its uses: amounts of the objective, images and limits."""

    value: Real
    images: Real
    used: Real
    kind: Whole
    job: Whole


def relaxed(rows: Rows) -> Relaxed:
    """Bounds of the order over all its rows."""
    if not len(rows):
        return Relaxed(None, np.zeros(0), 1.0)
    columns = _columns(rows)
    chosen = _first_columns(rows, columns)
    found = _solved(rows, columns, columns.value, chosen, short=False)
    if found is None:
        missing, chosen = _shortage(rows, columns, chosen)
        if missing > 0:
            return Relaxed(None, np.zeros(len(rows)), missing)
        found = _solved(rows, columns, columns.value, chosen, short=False)
    if found is None:
        return Relaxed(-np.inf, np.full(len(rows), -np.inf))
    best, _ = found
    with_row = best.with_column.reshape(2, -1).min(axis=0)
    return Relaxed(best.bound, with_row, images=best.images, limits=best.limits, stocks=best.stocks)


def _columns(rows: Rows) -> _Columns:
    def both(first: Whole, later: Whole) -> Real:
        return np.concatenate([first, first + later * rows.uses]).astype(np.float64)

    limits = [both(first, later) for _, first, later, _ in rows.limits()]
    if rows.order.most_devices is not None:
        limits.append(np.ones(2 * len(rows)))
    used = np.array(limits).reshape(-1, 2 * len(rows))
    return _Columns(
        both(*rows.objective()), both(rows.batch, rows.batch), used, np.tile(rows.kind, 2), np.tile(rows.job, 2)
    )


def _most(rows: Rows) -> Real:
    most = [float(most) for *_, most in rows.limits()]
    return np.array(most + ([] if rows.order.most_devices is None else [float(rows.order.most_devices)]))


def _images(rows: Rows) -> Real:
    return np.array([float(job.images or 1) for job in rows.order.jobs])


def _first_columns(rows: Rows, columns: _Columns) -> Whole:
    """For each pair of kind and job the columns that are best by one measure."""
    group = columns.kind * len(rows.order.jobs) + columns.job
    together = np.argsort(group, kind="stable")
    fresh = np.diff(group[together], prepend=-1) > 0
    starts, which = np.flatnonzero(fresh), np.cumsum(fresh) - 1
    images = columns.images
    measures = [columns.value / images, columns.value, -images, *(used / images for used in columns.used)]
    chosen = np.zeros(len(group), np.bool_)
    for measure in measures:
        sorted_so = measure[together]
        least = np.flatnonzero(sorted_so == np.minimum.reduceat(sorted_so, starts)[which])
        chosen[together[least[np.diff(which[least], prepend=-1) > 0]]] = True
    return np.flatnonzero(chosen)


def _shortage(rows: Rows, columns: _Columns, chosen: Whole) -> tuple[float, Whole]:
    """Images that no plan processes, 0 where a linear plan exists, and columns that process most."""
    found = _solved(rows, columns, np.zeros_like(columns.value), chosen, short=True)
    if found is None:
        return 0.0, np.arange(len(columns.value))
    best, chosen = found
    return max(best.bound, 0.0), chosen


def _solved(rows: Rows, columns: _Columns, value: Real, chosen: Whole, *, short: bool) -> tuple[_Best, Whole] | None:
    """The best bound, and the columns of the linear program; None: they cannot do it."""
    best: _Best | None = None
    for _ in range(_ROUNDS):
        solved = _linear(rows, columns, value, chosen, short=short)
        if solved is None:
            return None
        reached, images, limits, stocks = solved
        cost = value - images[columns.job] * columns.images + limits @ columns.used
        bound, with_column = _lagrange(rows, columns.kind, cost, images, limits)
        if best is None or bound > best.bound:
            best = _Best(bound, with_column, images, limits, stocks)
        if bound >= reached - _GOOD_ENOUGH * max(1.0, abs(reached)):
            break
        more = _better(columns.kind, cost + stocks[columns.kind], _GOOD_ENOUGH * max(1.0, abs(reached)))
        grown = np.union1d(chosen, more)
        if len(grown) == len(chosen):
            break
        chosen = grown
    return None if best is None else (best, chosen)


def _better(kind: Whole, reduced: Real, least: float) -> Whole:
    """The few best columns of each kind among those that would better the linear program."""
    good = np.flatnonzero(reduced < -least / max(1, len(reduced)))
    good = good[np.lexsort((reduced[good], kind[good]))]
    starts = np.flatnonzero(np.diff(kind[good], prepend=-1))
    rank = np.arange(len(good)) - np.repeat(starts, np.diff(starts, append=len(good)))
    return good[rank < _EACH_ROUND]


def _lagrange(rows: Rows, kind: Whole, cost: Real, images: Real, limits: Real) -> tuple[float, Real]:
    count = np.array([stock.count for stock in rows.order.fleet.stocks], np.float64)
    least = np.zeros(len(count))
    np.minimum.at(least, kind, cost)
    parts = np.concatenate([images * _images(rows), -limits * _most(rows), count * least])
    bound = float(parts.sum()) - MARGIN * float(np.abs(parts).sum())
    return bound, bound + cost - least[kind]


def _linear(
    rows: Rows, columns: _Columns, value: Real, chosen: Whole, *, short: bool
) -> tuple[float, Real, Real, Real] | None:
    """Least value over the chosen columns, and multipliers of jobs, limits and stocks; None: no answer.

    `short` lets images be missing, at a price of one each.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    order = rows.order
    jobs, kinds = len(order.jobs), len(order.fleet.stocks)
    every = np.arange(len(chosen))
    parts = [
        (columns.job[chosen], every, -columns.images[chosen]),
        (jobs + columns.kind[chosen], every, np.ones(len(every))),
        *((np.full(len(every), jobs + kinds + one), every, used[chosen]) for one, used in enumerate(columns.used)),
    ]
    if short:
        parts.append((np.arange(jobs), len(chosen) + np.arange(jobs), -np.ones(jobs)))
    lines, places, factors = (np.concatenate(part) for part in zip(*parts, strict=True))
    width = len(chosen) + (jobs if short else 0)
    most = np.concatenate([-_images(rows), [stock.count for stock in order.fleet.stocks], _most(rows)])
    scale = np.maximum(1.0, np.abs(most))
    target = np.concatenate([value[chosen], np.ones(width - len(chosen))])
    size = max(1e-300, float(np.abs(target).max()))
    left: Any = coo_array((factors / scale[lines], (lines, places)), shape=(len(most), width)).tocsr()
    answer = linprog(target / size, A_ub=left, b_ub=most / scale, method="highs")
    if answer.status != 0:
        return None
    dual = np.maximum(0.0, -np.asarray(answer.ineqlin.marginals)) * size / scale
    images = np.minimum(dual[:jobs], 1.0) if short else dual[:jobs]
    reached = float(target @ np.asarray(answer.x, np.float64))
    return reached, images, dual[jobs + kinds :], dual[jobs : jobs + kinds]
