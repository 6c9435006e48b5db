"""The search behind a plan for a rate: which numbers of replicas may suffice, and the least that does.

rate / what a replica serves at most -> proven fewest -> more and more, simulated -> Found
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vedette.errors import UsageError
from vedette.rules.capacity.fewest import fewest
from vedette.rules.capacity.queueing import most_rate
from vedette.rules.capacity.replicas import Case, Effort, Expected, Judge, ReplicaKind, bound_p99_ms, expected, times_of
from vedette.values.demand import Demand, Goal

_LONE_RATE = 1e-3


@dataclass(frozen=True, slots=True)
class Asked:
    """The demand, as this module needs it."""

    rate_per_s: float
    p99_ms: float
    judge: Judge
    lost: int
    goal: Goal
    cost: float | None
    effort: Effort

    def case(self, kind: ReplicaKind, count: int, rate_per_s: float | None = None) -> Case:
        """With so many replicas that are not lost."""
        return Case(kind, count, rate_per_s or self.rate_per_s, self.judge, self.effort)


@dataclass(frozen=True, slots=True)
class Found:
    """Fewest replicas of one kind: `count` are needed, `asked.lost` more are kept."""

    kind: ReplicaKind
    count: int
    proven: int
    given: Expected


def asked_of(kinds: Sequence[ReplicaKind], demand: Demand, effort: Effort) -> Asked:
    """What of a demand a rate knows.

    Raises:
        UsageError: as `rate.plan_rate`.
    """
    if demand.rate_per_s is None or demand.p99_ms is None or not kinds:
        raise UsageError(
            "a plan for a rate needs a rate, a p99 and a device", help="add `--rate 120 --p99 45ms --devices cpu:1`"
        )
    for name, limit in (("uses of a device", demand.limits.uses), ("energy", demand.limits.energy_wh)):
        if limit is not None:
            raise UsageError(f"a rate has no end, so {name} cannot be limited", help="leave the limit out")
    goal = demand.goal or Goal.REPLICAS
    if goal not in (Goal.REPLICAS, Goal.DEVICES, Goal.COST):
        raise UsageError(f"a plan for a rate cannot make {goal} best", help="take replicas or cost as its goal")
    lacking = [kind.device.name for kind in kinds if kind.device.price_per_hour is None]
    if lacking and (goal is Goal.COST or demand.limits.cost is not None):
        raise UsageError(f"{', '.join(lacking)} has no price an hour", help="give the device one in the price file")
    judge = Judge(demand.deadline, demand.probability)
    return Asked(demand.rate_per_s, demand.p99_ms, judge, demand.lost_devices, goal, demand.limits.cost, effort)


def most_of(asked: Asked, kind: ReplicaKind) -> int:
    """Replicas that may work: those there are, or can be paid, without those that may be lost."""
    price = kind.device.price_per_hour
    paid = kind.available if not price or asked.cost is None else math.floor(asked.cost / price * (1 + 1e-12))
    return min(kind.available, paid) - asked.lost


def proven_fewest(asked: Asked, kind: ReplicaKind) -> int:
    """Fewest replicas that keep up by any policy: the rate stays below what they serve at most."""
    return math.floor(asked.rate_per_s / most_rate(times_of(kind, asked.judge).mean_s)) + 1


def worth_of(asked: Asked, kind: ReplicaKind, count: int) -> float:
    """What is made least: replicas, or their price an hour."""
    return count * (kind.device.price_per_hour or 0.0) if asked.goal is Goal.COST else float(count)


def rounded(worth: float) -> float:
    """Sums of prices that differ by rounding are equal."""
    return round(worth, 9)


def fewest_of(asked: Asked, kind: ReplicaKind, most: int) -> Found | None:
    """Fewest replicas of this kind, `most` at most."""
    proven = proven_fewest(asked, kind)
    if proven > most:
        return None
    given = within_goal(asked, asked.case(kind, proven))
    if given is not None:
        return Found(kind, proven, proven, given)
    if proven == most or within_goal(asked, asked.case(kind, 1, lone_rate(kind))) is None:
        return None
    found = fewest(lambda count: within_goal(asked, asked.case(kind, count)), proven + 1, most)
    return None if found is None else Found(kind, found[0], proven, found[1])


def lone_rate(kind: ReplicaKind) -> float:
    """A rate at which images hardly ever meet: what it misses no number of replicas can help."""
    return _LONE_RATE * 1e3 / kind.curve.points[0].latency_ms if kind.curve.points else 1.0


def within_goal(asked: Asked, case: Case) -> Expected | None:
    """What the replicas give, if it is within the goal."""
    if bound_p99_ms(case) > asked.p99_ms:
        return None
    given = expected(case)
    return given if given is not None and given.judged_ms <= asked.p99_ms else None
