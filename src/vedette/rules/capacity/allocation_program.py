"""The problem of `allocation` as an integer program over some of its rows.

Variables are n_r and u_r of each row, in turn. Rows that are left out have n_r = u_r = 0.

With k devices lost the survivors of a job must hold its N images, working up to T whatever hours were paid. Let a_r be
the images that a device of row r does so.
The k best devices of a plan hold max over z <= n, sum z <= k of sum a_r z_r, by duality of linear programs the least
over theta >= 0 of k theta + sum n_r max(0, a_r - theta), and one of the a_r is the best theta. So the plan holds if
and only if

    sum_r n_r min(a_r, theta) >= N + k theta   for one theta among the a_r

which is linear: a variable of 0 and 1 for each theta, one of which is 1, and the constraint only where it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.rules.capacity.allocation import Rows
from vedette.rules.capacity.allocation_amounts import Whole
from vedette.values.integer_program import Constraint, IntegerProgram, Terms


def program_of(rows: Rows, hint: tuple[int, ...] = ()) -> IntegerProgram:
    """The problem over these rows, the variables in their order; `hint` are values to try first."""
    order = rows.order
    count = np.array([stock.count for stock in order.fleet.stocks], np.int64)[rows.kind]
    most = np.stack([count, count * rows.uses], axis=1).ravel()
    bounds = [(0, high) for high in most.tolist()]
    constraints = [Constraint(((2 * r, -t), (2 * r + 1, 1)), high=0) for r, t in enumerate(rows.uses.tolist()) if t]
    for kind, stock in enumerate(order.fleet.stocks):
        constraints.append(Constraint(_devices(rows.kind == kind), high=stock.count))
    if order.most_devices is not None or order.least_devices:
        every = _devices(np.ones(len(rows), np.bool_))
        constraints.append(Constraint(every, low=order.least_devices, high=order.most_devices))
    for _, first, later, most_units in rows.limits():
        constraints.append(Constraint(_terms(first, later), high=most_units))
    for place, job in enumerate(order.jobs):
        here = rows.job == place
        batch = np.where(here, rows.batch, 0)
        constraints.append(Constraint(_terms(batch, batch), low=job.images or 1))
        if order.lost_devices and job.images is not None:
            _survive(rows, np.flatnonzero(here), job.images, bounds, constraints)
    return IntegerProgram(tuple(bounds), tuple(constraints), _terms(*rows.objective()), hint)


def _survive(
    rows: Rows, here: NDArray[np.intp], images: int, bounds: list[tuple[int, int]], to: list[Constraint]
) -> None:
    lost = rows.order.lost_devices
    held = rows.batch[here] * (1 + rows.most_uses[here])
    switches: list[int] = []
    for theta in np.unique(held).tolist():
        switches.append(len(bounds))
        bounds.append((0, 1))
        terms = tuple((2 * r, min(a, theta)) for r, a in zip(here.tolist(), held.tolist(), strict=True))
        to.append(Constraint(terms, low=images + lost * theta, only_if=switches[-1]))
    to.append(Constraint(tuple((switch, 1) for switch in switches), low=1, high=1))


def _devices(here: NDArray[np.bool_]) -> Terms:
    return tuple((2 * r, 1) for r in np.flatnonzero(here).tolist())


def _terms(first: Whole, later: Whole) -> Terms:
    both = np.stack([first, later], axis=1).ravel()
    return tuple((place, int(both[place])) for place in np.flatnonzero(both).tolist())
