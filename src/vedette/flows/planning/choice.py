"""Plans that choose a model: the plan of each one as for a deadline, and the rule that takes the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vedette.errors import InvalidError
from vedette.flows.planning.job import deadline_answer, decided, method_of
from vedette.flows.planning.known import Known
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.draft import drafted
from vedette.rules.capacity.model_choice import ModelChoice, Tried, best_model
from vedette.rules.capacity.relaxation import change_of
from vedette.values.demand import Demand, Goal
from vedette.values.plan import Binding, Objective, Plan, Relaxation, Status


def model_plan(demand: Demand, known: Known, solver: Solver) -> Plan:
    """The plan of the best model that does N images within T; infeasible where none does.

    Raises:
        InvalidError: money or energy matters and a device has no price or watts, or a model has two qualities.
    """

    def asked(model: str) -> tuple[Demand, list[Capability]]:
        able = [one for one in known.capabilities if one.model == model]
        return replace(demand, models=(model,), goal=None), able

    def plan_of(model: str) -> Answer:
        return deadline_answer(*asked(model), solver)

    try:
        choice = best_model(known.capabilities, plan_of)
    except ValueError as error:
        raise InvalidError(str(error), help="name the profiles to rest on with --profile") from None
    if choice.chosen is None:
        answer = Answer(choice.status, Goal.QUALITY, binding=_why(choice), relaxations=_smallest(choice.tried))
        return drafted(demand, answer, method_of(demand))
    answer = decided(*asked(choice.chosen.model), solver, choice.chosen.answer)
    return _plan_of(demand, choice, replace(choice.chosen, answer=answer))


def _plan_of(demand: Demand, choice: ModelChoice, chosen: Tried) -> Plan:
    plan = drafted(demand, chosen.answer, method_of(demand))
    undecided = [one.quality for one in choice.tried if one.answer.status is Status.UNKNOWN and one.quality is not None]
    bound = max(undecided, default=chosen.quality)
    return replace(
        plan,
        status=choice.status,
        objective=Objective(Goal.QUALITY, chosen.quality, bound, "quality"),
        warnings=(*_quality_unknown(choice), *_too_slow(choice.tried)),
    )


def _quality_unknown(choice: ModelChoice) -> Iterator[str]:
    for model in choice.unknown:
        yield f"quality unknown: {model}; it is only taken where no model of known quality will do"


def _too_slow(tried: Sequence[Tried]) -> Iterator[str]:
    """Better models that do not do it, and what would make them."""
    for one in tried:
        if not one.answer.shares:
            times = [relaxed.text for relaxed in one.answer.relaxations if relaxed.limit == "within"]
            until = f": it needs {times[0]}" if times else ""
            yield f"{_named(one)} does not do it{until}"


def _why(choice: ModelChoice) -> tuple[Binding, ...]:
    """What decides first, of each model."""
    return tuple(
        replace(one, one_more=f"{tried.model}: {one.one_more}")
        for tried in choice.tried
        for one in tried.answer.binding[:1]
    )


def _named(one: Tried) -> str:
    return f"{one.model} (quality {'unknown' if one.quality is None else f'{one.quality:g}'})"


def _smallest(tried: Sequence[Tried]) -> tuple[Relaxation, ...]:
    """The smallest change of each limit over all models, the smallest of all first."""
    smallest: dict[str, tuple[float, Relaxation]] = {}
    for one in tried:
        for relaxed in one.answer.relaxations:
            size = change_of(relaxed)
            if relaxed.limit not in smallest or size < smallest[relaxed.limit][0]:
                smallest[relaxed.limit] = (size, replace(relaxed, text=f"{relaxed.text} with {one.model}"))
    return tuple(relaxed for _, relaxed in sorted(smallest.values(), key=lambda pair: pair[0]))
