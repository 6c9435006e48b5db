"""Plans for people: what to run, what it takes, and the recommendation; 80 columns wide at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from vedette.cli.tables import print_line, print_table, print_wrapped
from vedette.rules.capacity.amounts import amount_text, money_text, plural, share_text, span_text, time_text
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, PlanKind
from vedette.values.plan import Assignment, Objective, Plan, Prediction, Replicas, Status

_LABEL = 12
_NONE = "-"


def print_plan(plan: Plan) -> None:
    """Print a plan: status, what to run where, facts, recommendation, notes."""
    print_line(f"plan {plan.id or '(not kept)'}: {_status(plan)}")
    if plan.assignments and plan.demand.kind is PlanKind.BESIDE:
        _print_turns(plan.assignments)
    elif plan.assignments:
        _print_assignments(plan.assignments)
    elif plan.replicas is not None:
        _print_replicas(plan.replicas)
    else:
        print_line()
    for label, text in _facts(plan):
        print_wrapped(text, label.ljust(_LABEL))
    print_line()
    for words in plan.words:
        print_wrapped(words, "- ")
    for warning in plan.warnings:
        print_wrapped(warning, "note: ")


def _status(plan: Plan) -> str:
    told = {
        Status.OPTIMAL: "optimal, proven",
        Status.FEASIBLE: "feasible, not proven to be the best",
        Status.INFEASIBLE: "infeasible, proven",
        Status.UNKNOWN: "unknown, the solver's time is over",
    }
    return f"{told[plan.status]} ({plan.method})"


def _print_assignments(assignments: Iterable[Assignment]) -> None:
    def key(one: Assignment) -> tuple[object, ...]:
        return one.device.name, one.model, one.batch, one.later_uses, one.images

    groups = [list(found) for _, found in groupby(assignments, key=key)]
    several = len({group[0].model for group in groups}) > 1
    heads = ["device", "number", *(["model"] if several else []), ">batch", ">later uses", ">images", ">time"]
    print_table(heads, [_row(group, several=several) for group in groups])


def _row(group: Sequence[Assignment], *, several: bool) -> list[str]:
    first, numbers = group[0], [one.number for one in group]
    shown = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
    return [
        first.device.name,
        shown,
        *([first.model] if several else []),
        f"{first.batch:,}",
        f"{first.later_uses:,}",
        f"{first.images:,}",
        _predicted(first.time_s) if first.images else "stands by",
    ]


def _print_turns(models: Iterable[Assignment]) -> None:
    """Models that share a device: each a row, in the order of their turns."""
    heads = ("model", ">batch", ">later uses", ">images", ">memory", ">time")
    rows = [
        (
            one.model,
            f"{one.batch:,}",
            f"{one.later_uses:,}",
            f"{one.images:,}",
            _NONE if one.peak_bytes is None else f"{one.peak_bytes / 1e6:,.0f} MB",
            _predicted(one.time_s),
        )
        for one in models
    ]
    print_table(heads, rows)


def _print_replicas(replicas: Replicas) -> None:
    heads = ("device", ">replicas", ">batch", ">delay", ">p50", ">p99", ">busy", ">most")
    row = (
        replicas.device.name,
        str(replicas.count),
        str(replicas.batch),
        time_text(replicas.delay_ms / 1000) if replicas.delay_ms else "none",
        time_text(replicas.p50_ms.expected / 1000),
        time_text(replicas.p99_ms.expected / 1000),
        share_text(replicas.utilisation),
        f"{amount_text(replicas.most_per_s)}/s",
    )
    print_table(heads, [row])


def _predicted(one: Prediction, unit_s: float = 1.0) -> str:
    expected = time_text(one.expected * unit_s)
    if one.low is None or one.high is None:
        return expected
    return f"{expected} [{span_text(one.low * unit_s, one.high * unit_s)}]"


def _asked(demand: Demand) -> str:
    if demand.kind is PlanKind.RATE:
        rate = f"{amount_text(demand.rate_per_s or 0.0)} images a second"
        return f"{rate}, p99 of {time_text((demand.p99_ms or 0.0) / 1000)}, {demand.deadline}"
    images = "as many images as can be" if demand.images is None else plural(demand.images, "image")
    if demand.kind is PlanKind.BESIDE:
        device = demand.fleet.stocks[0].kind
        memory = "" if device.memory_bytes is None else f" with {device.memory_bytes / 1e6:,.0f} MB"
        images += f" of each model on one {device.name}{memory}"
    within = time_text(demand.within_s or 0.0)
    return f"{images} within {within}, {demand.deadline}, counted from {demand.start} processes"


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    demand, objective = plan.demand, plan.objective
    yield "demand", _asked(demand)
    if objective.value is not None:
        yield "objective", f"{objective_text(objective)}{_bound(objective, plan.status)}"
    if plan.printed_objective is not None:
        yield "as printed", f"equation 2: NGPU x images = {amount_text(plan.printed_objective)}"
    if plan.makespan_s is not None:
        limit = "" if demand.within_s is None else f" of {time_text(demand.within_s)}"
        yield "makespan", f"{_predicted(plan.makespan_s)}{limit}"
    if plan.probability is not None:
        asked = f" ({share_text(demand.probability)} asked)" if demand.deadline is DeadlineClass.SOFT else ""
        yield "probability", f"{share_text(plan.probability)}{asked}"
    if plan.replicas is not None:
        yield "p99", f"{_predicted(plan.replicas.p99_ms, 1e-3)} of {time_text((demand.p99_ms or 0.0) / 1000)}"
    if plan.cost is not None:
        yield "cost", money_text(plan.cost, plan.currency)
    if plan.energy_wh is not None:
        yield "energy", f"{amount_text(plan.energy_wh)} Wh"
    if plan.binding:
        yield "decides", ", ".join(dict.fromkeys(one.limit for one in plan.binding))
    if plan.profiles:
        yield "profiles", ", ".join(plan.profiles)


def objective_text(objective: Objective) -> str:
    """What was made best, as it is told: `2 devices`, `quality 24.3`; `-` without a plan."""
    if objective.value is None:
        return _NONE
    shown = amount_text(objective.value)
    if objective.goal is Goal.QUALITY:
        return f"quality {shown}"
    return f"{shown} {objective.unit.removesuffix('s') if objective.value == 1 else objective.unit}"


def _bound(objective: Objective, status: Status) -> str:
    if status is Status.OPTIMAL or objective.bound is None:
        return ""
    return f", proven bound {amount_text(objective.bound)}"
