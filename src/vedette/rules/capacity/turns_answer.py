"""What models that take turns on one device will need, in the form that plans have.

SideBySide --turns_answer--> Answer: shares, one makespan for all of them, its probability
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from vedette.rules.capacity.answer import Answer, Share, last_option
from vedette.rules.capacity.prediction import all_within, makespan
from vedette.rules.capacity.spread import Spread
from vedette.rules.capacity.turns import QUALITY_UNITS, TIME_UNITS, Side, SideBySide, Turns
from vedette.values.demand import Goal
from vedette.values.plan import Status


def turns_answer(turns: Turns, found: SideBySide, bound: float | None) -> Answer:
    """The answer of a set that was found: models in their order, the sum of their times as the makespan."""
    shares = tuple(_with_last(side.share) for side in found.sides)
    whole = (in_turn([share.spread for share in shares]),)
    return Answer(
        found.status,
        Goal.QUALITY,
        found.quality,
        found.quality if found.status is Status.OPTIMAL else bound,
        shares,
        images=sum(share.images for share in shares),
        time_s=found.time_s,
        makespan_s=makespan(whole, turns.probability),
        probability=all_within(whole, turns.within_s),
    )


def in_turn(spreads: Sequence[Spread]) -> Spread:
    """The distribution of the sum of independent times: means add, and so do the squares of the deviations.

    The degrees of freedom of the part between processes are those of F. E. Satterthwaite, "An Approximate Distribution
    of Estimates of Variance Components", Biometrics Bulletin 2, 1946: (sum b^2)^2 / sum(b^4 / (trials - 1)), rounded
    down; they are never fewer than those of the model with the fewest trials.

    Raises:
        ValueError: there is none.
    """
    if not spreads:
        raise ValueError("a sum of times is that of one model at least")
    mean = math.fsum(one.mean for one in spreads)
    within = math.hypot(*(one.within for one in spreads))
    between = [one.between for one in spreads if one.between is not None]
    fewest = min(one.trials for one in spreads)
    if len(between) < len(spreads):
        return Spread(mean, within, None, fewest)
    return Spread(mean, within, math.hypot(*between), _trials(between, spreads, fewest))


def _trials(between: Sequence[float], spreads: Sequence[Spread], fewest: int) -> int:
    largest = max(between)
    if largest == 0:
        return fewest
    # As shares of the largest, so that no fourth power of a small one underflows.
    shares = [one / largest for one in between]
    freedom = sum(share**2 for share in shares) ** 2 / sum(
        share**4 / (one.trials - 1) for share, one in zip(shares, spreads, strict=True)
    )
    return max(fewest, 1 + math.floor(freedom * (1 + 1e-9)))


def quality_bound(turns: Turns, sides: Sequence[Side], bound: int | None) -> float:
    """What no total quality can exceed, out of the solver's bound of `turns_program`.

    The least of the best model of each group (or of all models), and of what the bound leaves: time counts from 0 to
    TIME_UNITS, so that a sum of worths w costs at least -w (TIME_UNITS + 1).
    """
    best = {side.share.capability.model: side.share.capability.quality or 0.0 for side in sides}
    groups = turns.groups or tuple((model,) for model in best)
    most = math.fsum(max((best.get(model, 0.0) for model in group), default=0.0) for group in groups)
    if bound is None or turns.groups:
        return most
    return min(most, max(0, (TIME_UNITS - bound) // (TIME_UNITS + 1)) / QUALITY_UNITS)


def _with_last(share: Share) -> Share:
    return replace(share, last=last_option(share.capability, share.option, share.later_uses, share.images))
