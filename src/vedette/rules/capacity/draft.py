"""From the answer of a rule to a plan: devices numbered, predictions, money and energy, and the words.

Demand, Answer --drafted--> Plan (no id, no time of its own) --signed--> Plan
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vedette.rules.capacity.answer import Answer, Share
from vedette.rules.capacity.bill import energy_wh, money_of
from vedette.rules.capacity.explain import explain
from vedette.rules.capacity.prediction import prediction
from vedette.values.demand import Demand, Goal
from vedette.values.device import Fleet
from vedette.values.environment import Environment
from vedette.values.plan import Assignment, Objective, Plan, Prediction
from vedette.values.profile import Origin, Profile

_UNITS = {
    Goal.DEVICES: "devices",
    Goal.ENERGY: "Wh",
    Goal.IMAGES: "images",
    Goal.QUALITY: "quality",
    Goal.REPLICAS: "replicas",
}
_HASH_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Signature:
    """What a plan has besides its answer.

    Attributes:
        profiles: that it rests on.
        warnings: what the reader must know.
        created: date and time, ISO 8601 with zone.
        stamp: the same as the start of an id: `20260102-030405`.
        environment: of this machine now.
    """

    profiles: tuple[Profile, ...]
    warnings: tuple[str, ...]
    created: str
    stamp: str
    environment: Environment | None = None


def drafted(demand: Demand, answer: Answer, method: str) -> Plan:
    """The plan of a rule's answer, without id, provenance and words."""
    assignments = _assignments(demand, answer.shares)
    currency = currency_of(demand.fleet)
    plan = Plan(
        id="",
        demand=demand,
        status=answer.status,
        objective=Objective(answer.goal, answer.value, answer.bound, unit_of(answer.goal, currency)),
        method=method,
        assignments=assignments,
        makespan_s=answer.makespan_s,
        probability=answer.probability,
        images=answer.images,
        binding=answer.binding,
        relaxations=answer.relaxations,
        printed_objective=answer.printed_objective,
    )
    if not assignments:
        return plan
    cost = _sum(one.cost for one in assignments)
    return replace(
        plan,
        cost=cost,
        currency="" if cost is None else currency,
        energy_wh=_sum(one.energy_wh for one in assignments),
    )


def signed(plan: Plan, signature: Signature) -> Plan:
    """The plan with its id, where it comes from, and the recommendation in words."""
    measured = [profile for profile in signature.profiles if profile.origin is Origin.MEASURED]
    plan = replace(
        plan,
        profiles=tuple(profile.id for profile in signature.profiles),
        environment=measured[0].environment if measured else None,
        created=signature.created,
        warnings=(*plan.warnings, *signature.warnings),
    )
    text = repr((plan.demand, plan.profiles, plan.status, plan.assignments, plan.replicas))
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
    return replace(plan, id=f"{signature.stamp}-{digest}", words=explain(plan))


def unit_of(goal: Goal, currency: str) -> str:
    """Unit of what is made best."""
    return currency if goal is Goal.COST else _UNITS[goal]


def currency_of(fleet: Fleet) -> str:
    """Of the prices of a fleet, which has one currency."""
    priced = [stock.kind.currency for stock in fleet.stocks if stock.kind.price_per_hour is not None]
    return priced[0] if priced else fleet.stocks[0].kind.currency


def _assignments(demand: Demand, shares: Sequence[Share]) -> tuple[Assignment, ...]:
    """Kinds in the order of the fleet, those that work before those that stand by, each kind numbered from 1."""
    places = {stock.kind.name: place for place, stock in enumerate(demand.fleet.stocks)}
    numbers = Counter[str]()
    found = []
    confidence = demand.probability
    for share in sorted(shares, key=lambda one: (places[one.capability.device.name], not one.images)):
        name = share.capability.device.name
        numbers[name] += 1
        found.append(_assignment(share, numbers[name], confidence))
    return tuple(found)


def _assignment(share: Share, number: int, confidence: float) -> Assignment:
    idle = not share.images
    return Assignment(
        device=share.capability.device,
        number=number,
        model=share.capability.model,
        profile=share.capability.profile,
        batch=share.option.batch,
        later_uses=share.later_uses,
        images=share.images,
        time_s=(
            Prediction(0.0, confidence=confidence)
            if idle
            else prediction(share.option, share.later_uses, confidence, share.last)
        ),
        cost=money_of(share),
        energy_wh=0.0 if idle else energy_wh(share),
        peak_bytes=None if idle else share.option.peak_bytes,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    """None where one is not known."""
    known = list(values)
    return None if any(value is None for value in known) else sum(value or 0.0 for value in known)
