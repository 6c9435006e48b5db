"""What is shown of a plan, as plain data: the answer in words, its figures, curves, devices over time, and trade-offs.

Plan, its Profiles, Verifications, TradeOffs  ->  build_plan_view  ->  PlanView  ->  `plan_html` lays it out
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vedette.adapters.report.plan_charts import TradeOff, curve_plots, trade_off_plots
from vedette.adapters.report.plot import Plot
from vedette.adapters.report.sheet import Fact, Figure, Sheet
from vedette.adapters.report.words import ABSENT, number, plural
from vedette.rules.capacity.amounts import share_text
from vedette.values.demand import Demand, PlanKind
from vedette.values.evidence import Estimate
from vedette.values.plan import Assignment, Plan, Prediction
from vedette.values.profile import Origin, Profile
from vedette.values.verification import Verification

_NEARLY_ALL = 99.9
"""Per cent; three figures of more would read as 100."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a device's time: seconds from the start, and what it is."""

    start_s: float
    end_s: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One device over time."""

    name: str
    told: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Gantt:
    """Devices over time; `within_s` is the deadline, `end_s` the right edge."""

    lanes: tuple[Lane, ...]
    end_s: float
    within_s: float | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as it is shown.

    Attributes:
        title, lead: what was asked.
        status: as the plan has it; `good` where there is an answer.
        words, warnings: the recommendation, and what the reader must know.
        figures: key figures with intervals.
        binding: what decides, and what one more unit buys; of an infeasible demand the relaxations.
        gantt: None where nothing is assigned.
        curves: time and memory against the mini-batch, the chosen points marked.
        trade_offs: what other deadlines would take.
        sheets: assignments, verifications.
        facts: profiles and environment.
    """

    title: str
    lead: str
    status: str
    good: bool
    words: tuple[str, ...]
    warnings: tuple[str, ...]
    figures: tuple[Figure, ...]
    binding: tuple[Fact, ...]
    gantt: Gantt | None
    curves: tuple[Plot, ...]
    trade_offs: tuple[Plot, ...]
    sheets: tuple[Sheet, ...]
    facts: tuple[Fact, ...]


def build_plan_view(
    plan: Plan,
    profiles: Sequence[Profile] = (),
    verifications: Sequence[Verification] = (),
    trade_offs: Sequence[TradeOff] = (),
) -> PlanView:
    """The view of one plan.

    Args:
        plan: the answer.
        profiles: those that it rests on, as far as they are there.
        verifications: of this plan, the oldest first.
        trade_offs: the same demand at other deadlines.
    """
    chosen = {
        (one.profile, one.batch) for one in (*plan.assignments, *(() if plan.replicas is None else (plan.replicas,)))
    }
    return PlanView(
        title=f"Plan {plan.id}",
        lead=asked(plan.demand),
        status=plan.status.value,
        good=bool(plan.assignments or plan.replicas),
        words=plan.words,
        warnings=plan.warnings,
        figures=_figures(plan),
        binding=_binding(plan),
        gantt=_gantt(plan),
        curves=curve_plots(profiles, chosen),
        trade_offs=trade_off_plots(trade_offs, plan),
        sheets=tuple(sheet for sheet in (_assigned(plan), _verified(verifications)) if sheet is not None),
        facts=_facts(plan, profiles),
    )


def asked(demand: Demand) -> str:
    """A demand in a sentence."""
    devices = ", ".join(f"{stock.count} x {stock.kind.name}" for stock in demand.fleet.stocks)
    models = ", ".join(demand.models)
    promise = f"{demand.deadline.value} deadline"
    match demand.kind:
        case PlanKind.BUDGET:
            what = f"as many images as possible through {models} within {demand.within_s:g} s"
        case PlanKind.MODEL:
            what = f"the best of {models} for {plural(demand.images or 0, 'image')} within {demand.within_s:g} s"
        case PlanKind.BESIDE:
            each = f"{plural(demand.images or 0, 'image')} through each"
            what = f"the best of {models} on one device, {each} within {demand.within_s:g} s"
        case PlanKind.RATE:
            what = f"{models} at {demand.rate_per_s:g} images a second, p99 within {demand.p99_ms:g} ms"
            promise = "Poisson arrivals"
        case PlanKind.DEADLINE:
            what = f"{plural(demand.images or 0, 'image')} through {models} within {demand.within_s:g} s"
    return f"Asked: {what}, on {devices} at most; {promise}."


def _figures(plan: Plan) -> tuple[Figure, ...]:
    found = []
    if plan.makespan_s is not None:
        found.append(Figure("makespan", "until the last device is done", "s", _estimate(plan.makespan_s)))
    if plan.probability is not None:
        found.append(Figure("probability", "probability", "%", _chance(plan.probability)))
    if plan.replicas is not None:
        found.append(Figure("p99", "99th percentile", "ms", _estimate(plan.replicas.p99_ms)))
        found.append(Figure("p50", "median", "ms", _estimate(plan.replicas.p50_ms)))
        busy = Estimate(100 * plan.replicas.utilisation, reason="share of time at work")
        found.append(Figure("utilisation", "utilisation", "%", busy))
    if plan.cost is not None:
        found.append(Figure("cost", "cost of the job", plan.currency, Estimate(plan.cost, reason="by stated prices")))
    if plan.energy_wh is not None:
        energy = Estimate(plan.energy_wh, reason="by counter or stated watts")
        found.append(Figure("energy", "energy of the job", "Wh", energy))
    return tuple(found)


def _chance(probability: float) -> Estimate:
    """In per cent; what is only nearly certain is not rounded to certainty."""
    told = f"{share_text(probability)} that the deadline is met"
    return Estimate(100 * probability if probability == 1 else min(100 * probability, _NEARLY_ALL), reason=told)


def _estimate(prediction: Prediction) -> Estimate:
    return Estimate(
        prediction.expected, prediction.low, prediction.high, prediction.confidence, reason="no interval is known"
    )


def _binding(plan: Plan) -> tuple[Fact, ...]:
    objective = plan.objective
    limits = [Fact(one.limit, one.one_more) for one in plan.binding]
    if objective.value is not None:
        bound = "no bound" if objective.bound is None else f"proven bound {objective.bound:,.6g}"
        unit = objective.unit.removesuffix("s") if objective.value == 1 else objective.unit
        limits.insert(0, Fact(f"objective: {objective.goal.value}", f"{objective.value:,.6g} {unit}; {bound}"))
    return (*limits, *(Fact(f"would do: {one.limit}", one.text) for one in plan.relaxations))


def _gantt(plan: Plan) -> Gantt | None:
    if not plan.assignments:
        return None
    within_s = plan.demand.within_s
    ends = [one.time_s.high or one.time_s.expected for one in plan.assignments]
    longest = sum(ends) if plan.demand.kind is PlanKind.BESIDE else max(ends)
    lanes = _turns(plan) if plan.demand.kind is PlanKind.BESIDE else tuple(_lane(one) for one in plan.assignments)
    return Gantt(lanes, max(longest, within_s or 0.0) * 1.03, within_s)


def _turns(plan: Plan) -> tuple[Lane, ...]:
    """Models that share a device: each begins where the one before it is expected to end."""
    lanes, start_s = [], 0.0
    for one in plan.assignments:
        lane = _lane(one)
        moved = (replace(part, start_s=part.start_s + start_s, end_s=part.end_s + start_s) for part in lane.stretches)
        lanes.append(replace(lane, name=f"{one.model} on {one.device.name}", stretches=tuple(moved)))
        start_s += one.time_s.expected
    return tuple(lanes)


def _lane(one: Assignment) -> Lane:
    """The first mini-batch and the later ones; what is doubtful of the end is a stretch of its own."""
    name = f"{one.device.name} no. {one.number}"
    if not one.images:
        return Lane(name, "stands by", ())
    total = one.time_s.expected
    uses = plural(one.later_uses + 1, "mini-batch", "mini-batches")
    parts = [Stretch(0.0, total, "work", f"{uses} of {one.batch}, {number(total)} s")]
    if one.time_s.high is not None and one.time_s.low is not None:
        label = f"{number(one.time_s.low)} to {number(one.time_s.high)} s with {share_text(one.time_s.confidence)}"
        parts.append(Stretch(one.time_s.low, one.time_s.high, "doubt", label))
    told = f"{plural(one.images, 'image')}, mini-batch {one.batch}, {number(total)} s"
    return Lane(name, told, tuple(parts))


def _assigned(plan: Plan) -> Sheet | None:
    if not plan.assignments:
        return None
    heads = ("device", "model", ">mini-batch", ">later uses", ">images", ">time, s", ">interval, s")
    cost = f">cost, {plan.currency}" if plan.currency else ">cost"
    rows = tuple(
        (
            f"{one.device.name} no. {one.number}",
            one.model,
            str(one.batch),
            str(one.later_uses),
            f"{one.images:,}",
            number(one.time_s.expected) if one.images else "stands by",
            ABSENT if one.time_s.low is None else f"{number(one.time_s.low)} to {number(one.time_s.high)}",
            number(one.cost),
        )
        for one in plan.assignments
    )
    return Sheet("What each device does", (*heads, cost), rows, f"found by {plan.method}")


def _verified(verifications: Sequence[Verification]) -> Sheet | None:
    if not verifications:
        return None
    heads = ("carried out", ">predicted, s", ">measured, s", ">error", "deadline held", "within the interval")
    rows = tuple(
        (
            _to_the_second(one.created),
            number(one.predicted_s),
            number(one.measured_s),
            ABSENT if one.error is None else f"{one.error:+.1%}",
            _yes(one.held),
            _yes(one.within_interval),
        )
        for one in verifications
    )
    return Sheet("Measured beside predicted", heads, rows)


def _to_the_second(created: str) -> str:
    return re.sub(r"\.\d+", "", created)


def _yes(truth: bool | None) -> str:  # noqa: FBT001 - the value that is shown
    return ABSENT if truth is None else "yes" if truth else "no"


def _facts(plan: Plan, profiles: Sequence[Profile]) -> tuple[Fact, ...]:
    found = [
        Fact(
            f"profile {one.id}",
            f"{one.profiled.model} on {one.profiled.device.name}, {one.profiled.execution}, "
            + ("given by hand" if one.origin is Origin.GIVEN else f"measured {one.created}"),
        )
        for one in profiles
    ]
    missing = set(plan.profiles) - {one.id for one in profiles}
    found += [Fact(f"profile {one}", "no longer stored") for one in sorted(missing)]
    if plan.environment is not None:
        host = plan.environment.host
        found.append(Fact("measured on", f"{host.cpu}, {host.cores} cores, {host.memory_bytes / 1e9:.0f} GB"))
    return (*found, Fact("made", plan.created))
