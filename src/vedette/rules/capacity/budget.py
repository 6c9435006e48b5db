"""Most images within T on the devices there are (C2).

Equation 2 of A. González Vidal et al., "On Serving Image Classification Models", as it is printed:

    max NGPU x sum_i (t_i + 1) mbs_i   s.t.  max_i (W_i(mbs_i) + t_i L_i(mbs_i)) <= T,
                                             1 <= mbs_i <= MB_i,   0 <= t_i <= M_i

NGPU is a constant, so that the sum alone has the same maximiser; "images" is the sum, and the printed value is told
beside it. Two repairs: a device whose first mini-batch takes longer than T is left out, where the printed equation has
no solution at all; and a soft plan may do more with fewer devices, since each then needs less certainty
(`most_images`).

The devices do not hinder each other, so each does the most that it can: the largest sum is the sum of the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.balance import shares_of
from vedette.rules.capacity.bounds import Columns, tabled
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.one_more import budget_bindings, shortfall
from vedette.rules.capacity.prediction import all_within, makespan
from vedette.rules.capacity.reach import Ranked, best_devices, images_of, most_images, without_best
from vedette.rules.capacity.relaxation import relaxations
from vedette.values.demand import Demand, Goal
from vedette.values.plan import Status


def most_images_plan(demand: Demand, capabilities: Sequence[Capability]) -> Answer:
    """The plan of most images, proven; infeasible where not one image is done within T.

    The value counts what is still done if the k best devices are lost; `images` what is done if none is.

    Args:
        demand: of one model, with T; its number of images and its limits of cost and energy are not looked at.
        capabilities: of that model, one at most for each kind of the fleet.

    Raises:
        ValueError: T is missing, or a kind has two capabilities.
    """
    if demand.within_s is None:
        raise ValueError("most images are asked for a time")
    columns = tabled(capabilities)
    images, devices = most_images(demand, columns, demand.within_s)
    if not images:
        one = replace(demand, images=1)
        return Answer(
            Status.INFEASIBLE,
            Goal.IMAGES,
            binding=(shortfall(one, columns),),
            relaxations=relaxations(one, columns),
        )
    return _answer(demand, columns, best_devices(demand, columns, demand.within_s, devices))


def _answer(demand: Demand, columns: Sequence[Columns], reaches: Ranked) -> Answer:
    within_s = demand.within_s or 0.0
    parts = [(one, one.images) for one, count in reaches for _ in range(count)]
    shares = shares_of(parts)
    spreads = tuple(share.spread for share in shares)
    sure = images_of(without_best(reaches, demand.lost_devices))
    return Answer(
        Status.OPTIMAL,
        Goal.IMAGES,
        value=float(sure),
        bound=float(sure),
        shares=shares,
        images=images_of(reaches),
        capacity=images_of(reaches),
        time_s=max(one.time_s for one, _ in parts),
        makespan_s=makespan(spreads, demand.probability),
        probability=all_within(spreads, within_s),
        binding=budget_bindings(demand, columns, sure),
        printed_objective=float(demand.fleet.count * sure),
    )
