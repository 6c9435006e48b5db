"""Fewest devices that process N images within T (C1), and what each of them does so that all are done soonest.

Equation 1 of A. González Vidal et al., "On Serving Image Classification Models", as it is printed:

    min N_G   s.t.  max_i (W_i(mbs_i) + t_i L_i(mbs_i)) <= T,   sum_i (t_i + 1) mbs_i >= N,
                    1 <= mbs_i <= MB_i,   0 <= t_i <= M_i,   1 <= N_G <= NGPU

Nothing in it links N_G to the devices that are used. Here y_i tells whether device i is:

    min N_G = sum_i y_i   s.t.  W_i(mbs_i) + t_i L_i(mbs_i) <= T  where y_i = 1,   sum_i y_i (t_i + 1) mbs_i >= N,
                                and the limits as above

Why greedy is optimal: let c_i be the largest (t + 1) mbs of device i within T, which no choice of the others changes.
Any feasible plan of n devices has N <= sum of their c_i <= sum of the n largest c_i, so the n best devices suffice too.
Hence the least n is the first at which the n largest c_i add up to N. With equal devices it is ceil(N / c).

Which n devices run, in which mini-batches and with how many images is then free; the plan is the one that ends soonest
(`balance`). `fewest` says how lost devices and probabilities change the count.
"""

from __future__ import annotations

from collections.abc import Sequence

from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.balance import balanced, shares_of
from vedette.rules.capacity.bounds import Columns, tabled
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.one_more import deadline_bindings, shortfall
from vedette.rules.capacity.prediction import all_within, makespan
from vedette.rules.capacity.reach import best_devices, fewest, images_of, without_best
from vedette.rules.capacity.relaxation import relaxations
from vedette.values.demand import Demand, Goal
from vedette.values.plan import Status


def fewest_devices(demand: Demand, capabilities: Sequence[Capability]) -> Answer:
    """The plan of fewest devices, proven, or why there is none and what would do.

    Args:
        demand: of one model, with N and T; its limits of cost and energy are not looked at. A limit of the batch or the
            memory is named as a relaxation only where the capabilities have rows beyond it.
        capabilities: of that model, one at most for each kind of the fleet.

    Raises:
        ValueError: N or T is missing, or a kind has two capabilities.
    """
    if demand.images is None or demand.within_s is None:
        raise ValueError("fewest devices are asked for a number of images and a time")
    columns = tabled(capabilities)
    devices = fewest(demand, columns, demand.images, demand.within_s)
    if devices is None:
        return Answer(
            Status.INFEASIBLE,
            Goal.DEVICES,
            binding=(shortfall(demand, columns),),
            relaxations=relaxations(demand, columns),
        )
    return _answer(demand, columns, devices)


def _answer(demand: Demand, columns: Sequence[Columns], devices: int) -> Answer:
    images, within_s = demand.images or 0, demand.within_s or 0.0
    parts, idle = balanced(demand, columns, images, devices, within_s)
    shares = shares_of(parts, idle)
    spreads = tuple(share.spread for share in shares if share.images)
    took_s = max(one.time_s for one, _ in parts)
    best = best_devices(demand, columns, within_s, devices)
    return Answer(
        Status.OPTIMAL,
        Goal.DEVICES,
        value=float(devices),
        bound=float(devices),
        shares=shares,
        images=images,
        capacity=images_of(without_best(best, demand.lost_devices)),
        time_s=took_s,
        makespan_s=makespan(spreads, demand.probability),
        probability=all_within(spreads, within_s),
        binding=deadline_bindings(demand, columns, devices, took_s),
    )
