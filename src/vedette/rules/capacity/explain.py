"""The recommendation: a plan in two to six short sentences with figures and units.

what to run where -> what it takes, and how sure that is -> what it costs -> how good it is -> what decides, and what
one more unit of it buys; or, where nothing can do it, why and what would.

Everything that words a plan lives in this file; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from vedette.rules.capacity.amounts import (
    amount_text,
    money_text,
    plural,
    share_text,
    span_text,
    time_text,
)
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, PlanKind, Start
from vedette.values.plan import Assignment, Objective, Plan, Prediction, Replicas, Status

_BINDINGS = 2
_STARTS = {
    Start.COLD: "from the start of the processes, loading included",
    Start.LOADED: "from loaded processes",
    Start.WARM: "from warm processes",
}


def explain(plan: Plan) -> tuple[str, ...]:
    """The recommendation of a plan, a sentence each."""
    if plan.status in (Status.INFEASIBLE, Status.UNKNOWN):
        return tuple(_without(plan))
    if plan.replicas is not None:
        return (*_served(plan.replicas, plan.demand), *_quality(plan), *_decides(plan))
    return (*_run(plan), *_takes(plan), *_pays(plan), *_quality(plan), *_decides(plan))


# --- a job ------------------------------------------------------------------------------------------------------------


def _run(plan: Plan) -> Iterator[str]:
    if plan.demand.kind is PlanKind.BESIDE:
        yield from _keep(plan.assignments)
        return

    def key(one: Assignment) -> tuple[bool, str, str, int]:
        return not one.images, one.model, one.device.name, one.batch

    groups = [list(found) for _, found in groupby(sorted(plan.assignments, key=key), key=key)]
    models = {one.model for one in plan.assignments}
    if len(models) == 1:
        yield f"Run {next(iter(models))} on " + ", and on ".join(_group(group) for group in groups) + "."
    else:
        yield "Run " + ", and ".join(f"{group[0].model} on {_group(group)}" for group in groups) + "."


def _keep(models: Sequence[Assignment]) -> Iterator[str]:
    """Which models stay loaded on the one device, and what they take of its memory."""
    device = models[0].device
    each = [f"{one.model} in mini-batches of {one.batch} ({plural(one.images, 'image')})" for one in models]
    if len(each) == 1:
        yield f"Keep {each[0]} alone on one {device.name}."
    else:
        yield f"Keep these loaded on one {device.name}, and let them work in turn: {', then '.join(each)}."
    peaks = [one.peak_bytes for one in models if one.peak_bytes is not None]
    if len(peaks) == len(models):
        limit = "" if device.memory_bytes is None else f" of the {device.memory_bytes / 1e6:,.0f} MB allowed"
        yield f"{'It needs' if len(each) == 1 else 'Together they need'} {sum(peaks) / 1e6:,.0f} MB at most{limit}."


def _group(group: list[Assignment]) -> str:
    first, images = group[0], sorted(one.images for one in group)
    if not images[-1]:
        return f"{len(group)} x {first.device.name} standing by"
    each = "" if len(group) == 1 else " each"
    share = plural(images[0], "image") if images[0] == images[-1] else f"{images[0]:,} to {images[-1]:,} images"
    return f"{len(group)} x {first.device.name} in mini-batches of {first.batch} ({share}{each})"


def _takes(plan: Plan) -> Iterator[str]:
    demand, span = plan.demand, plan.makespan_s
    if span is None:
        return
    yield (
        f"The {plural(plan.images, 'image')} {'takes' if plan.images == 1 else 'take'} {time_text(span.expected)}"
        f"{_interval(span)}{_limit(span.expected, demand.within_s)}, counted {_STARTS[demand.start]}."
    )
    if demand.lost_devices:
        yield f"The others still end in time if {_best(demand.lost_devices)} at the start."
    yield _promise(plan)


def _limit(expected_s: float, within_s: float | None) -> str:
    """The last of several devices may be expected late although each of them is expected in time."""
    if within_s is None:
        return ""
    allowed = f"the {time_text(within_s)} allowed"
    return f" of {allowed}" if expected_s <= within_s else f", more than {allowed}"


def _best(devices: int) -> str:
    return "the best device of these fails" if devices == 1 else f"the best {devices:,} devices of these fail"


def _promise(plan: Plan) -> str:
    each, every = "The time is met on average", ""
    if _workers(plan) > 1:
        each, every = "Each device is in time on average", " that all are"
    chance = None if plan.probability is None else share_text(plan.probability)
    known = "" if chance is None else f"; the probability{every} is {chance}"
    match plan.demand.deadline:
        case DeadlineClass.HARD:
            known = "" if chance is None else f"; the probability is {chance}"
            return f"The time is met even if every mini-batch takes the longest that was seen{known}."
        case DeadlineClass.RELAXED:
            return f"{each}{known}."
        case DeadlineClass.BEST_EFFORT:
            return f"{each}, and nothing is promised{known}."
    if plan.probability is None:
        return "How probable it is cannot be told: measure three trials or more."
    asked = share_text(plan.demand.probability)
    return f"The time is met with a probability of {share_text(plan.probability)} ({asked} asked)."


def _workers(plan: Plan) -> int:
    """Devices that end at times of their own."""
    if plan.demand.kind is PlanKind.BESIDE:
        return 1
    return sum(1 for one in plan.assignments if one.images)


def _interval(prediction: Prediction) -> str:
    if prediction.low is None or prediction.high is None:
        return ""
    return f" ({share_text(prediction.confidence)} interval {span_text(prediction.low, prediction.high)})"


def _pays(plan: Plan) -> Iterator[str]:
    parts = []
    if plan.cost is not None:
        parts.append(f"costs {money_text(plan.cost, plan.currency)}")
    if plan.energy_wh is not None:
        parts.append(f"takes {amount_text(plan.energy_wh)} Wh")
    if parts:
        yield f"It {' and '.join(parts)}."


# --- a rate -----------------------------------------------------------------------------------------------------------


def _served(replicas: Replicas, demand: Demand) -> Iterator[str]:
    wait = f" and let a row wait {time_text(replicas.delay_ms / 1000)} for others at most" if replicas.delay_ms else ""
    where = "" if replicas.count == 1 else "each "
    rows = "one row" if replicas.batch == 1 else f"up to {replicas.batch:,} rows"
    yield (
        f"Serve {replicas.model} with {plural(replicas.count, 'replica')}, {where}on {replicas.device.name}; "
        f"put {rows} in a batch{wait}."
    )
    p99 = Prediction(
        replicas.p99_ms.expected / 1000,
        None if replicas.p99_ms.low is None else replicas.p99_ms.low / 1000,
        None if replicas.p99_ms.high is None else replicas.p99_ms.high / 1000,
        replicas.p99_ms.confidence,
    )
    goal = "" if demand.p99_ms is None else f" of the {time_text(demand.p99_ms / 1000)} allowed"
    yield (
        f"At {amount_text(demand.rate_per_s or 0)} images a second the 99th percentile of the latency is "
        f"{time_text(p99.expected)}{_interval(p99)}{goal}, half of the answers come within "
        f"{time_text(replicas.p50_ms.expected / 1000)}."
    )
    yield (
        f"{'The replica works' if replicas.count == 1 else 'The replicas work'} {share_text(replicas.utilisation)} of "
        "the time; "
        f"from {amount_text(replicas.most_per_s)} images a second on the queue grows without end."
    )


# --- how good, and why ------------------------------------------------------------------------------------------------


_BETTER = {
    Goal.DEVICES: "fewer devices",
    Goal.COST: "less money",
    Goal.ENERGY: "less energy",
    Goal.IMAGES: "more images",
    Goal.QUALITY: "a better model",
    Goal.REPLICAS: "fewer replicas",
}


def _quality(plan: Plan) -> Iterator[str]:
    objective = plan.objective
    better = _BETTER[objective.goal]
    if plan.demand.kind is PlanKind.MODEL and objective.value is not None:
        yield f"Its quality is {amount_text(objective.value)}."
    if plan.demand.kind is PlanKind.MODEL and objective.value is None:
        yield "Its quality is unknown."
    if plan.demand.kind is PlanKind.BESIDE:
        better = "more quality in all"
        total = amount_text(objective.value or 0.0)
        yield f"Its quality is {total}." if len(plan.assignments) == 1 else f"Their qualities add up to {total}."
    if plan.status is Status.OPTIMAL:
        yield f"No plan with {better} meets the demand: this is proven."
    elif objective.bound is not None:
        yield f"A plan with {better} may exist: {_bound(objective)} is proven."


def _bound(objective: Objective) -> str:
    most = objective.goal in (Goal.IMAGES, Goal.QUALITY)
    return f"{amount_text(objective.bound or 0.0)} at {'most' if most else 'least'}"


def _decides(plan: Plan) -> Iterator[str]:
    """What decides most; the rest is in the plan."""
    for one in plan.binding[:_BINDINGS]:
        yield sentence(one.one_more, plan.demand.models)


def _without(plan: Plan) -> Iterator[str]:
    if plan.status is Status.UNKNOWN:
        yield "Whether a plan exists was not found out in the time given to the solver."
    else:
        yield f"No plan meets this demand: {_asked(plan.demand)}."
    yield from _decides(plan)
    texts = [one.text.rstrip(".") for one in plan.relaxations]
    if texts:
        first = "This change alone would do" if len(texts) == 1 else "Any one of these changes alone would do"
        yield f"{first}: {'; '.join(texts)}."
    elif plan.status is Status.INFEASIBLE:
        yield _hopeless(plan.demand)


def _hopeless(demand: Demand) -> str:
    """What was tried alone; of a job with money or energy the solver is not asked for more devices or larger limits."""
    limits = demand.limits
    amounts = [name for name, limit in (("cost", limits.cost), ("energy", limits.energy_wh)) if limit is not None]
    solved = amounts or demand.goal in (Goal.COST, Goal.ENERGY)
    if not solved or demand.kind not in (PlanKind.DEADLINE, PlanKind.BUDGET, PlanKind.MODEL):
        return "No change of one limit alone would do: use another model, smaller images or other devices."
    tried = ["time", *amounts, *([] if demand.lost_devices or demand.images is None else ["number of images"])]
    told = " or ".join(filter(None, (", ".join(tried[:-1]), tried[-1])))
    return f"No other {told} alone would do: use another model, smaller images, or more or other devices."


def _asked(demand: Demand) -> str:
    models = " or ".join(demand.models)
    if demand.groups:
        models = " and ".join(f"one of {', '.join(one)}" if len(one) > 1 else one[0] for one in demand.groups)
    memory = demand.fleet.stocks[0].kind.memory_bytes if demand.kind is PlanKind.BESIDE else None
    parts = [models, f"on {_fleet(demand)}{'' if memory is None else f' with {memory / 1e6:,.0f} MB'}"]
    if demand.images is not None:
        each = " each" if demand.kind is PlanKind.BESIDE else ""
        parts.insert(0, f"{plural(demand.images, 'image')}{each} through")
    if demand.rate_per_s is not None:
        parts.insert(0, f"{amount_text(demand.rate_per_s)} images a second through")
    if demand.within_s is not None:
        parts.append(f"within {time_text(demand.within_s)}")
    if demand.p99_ms is not None:
        parts.append(f"with a 99th percentile of {time_text(demand.p99_ms / 1000)}")
    if demand.deadline is DeadlineClass.SOFT and demand.within_s is not None:
        parts.append(f"with a probability of {share_text(demand.probability)}")
    most = []
    if demand.limits.cost is not None:
        most.append(money_text(demand.limits.cost, _currency(demand)))
    if demand.limits.energy_wh is not None:
        most.append(f"{amount_text(demand.limits.energy_wh)} Wh")
    if most:
        parts.append(f"for {' and '.join(most)} at most")
    return " ".join(parts)


def _currency(demand: Demand) -> str:
    kinds = [stock.kind for stock in demand.fleet.stocks]
    return next((kind.currency for kind in kinds if kind.price_per_hour is not None), kinds[0].currency)


def _fleet(demand: Demand) -> str:
    return " and ".join(f"{stock.count} x {stock.kind.name}" for stock in demand.fleet.stocks)


def sentence(text: str, names: Collection[str] = ()) -> str:
    """A text with a capital and a full stop; one that begins with a name and a colon keeps it as it is written."""
    text = text.strip()
    if not text.startswith(tuple(f"{name}:" for name in names)):
        text = text[:1].upper() + text[1:]
    return text + ("" if text.endswith((".", "!", "?")) else ".")
