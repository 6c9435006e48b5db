"""Which model: the best quality whose plan keeps to time, memory and money.

    qualities, best first -> plan of each -> the first that is feasible

A model whose quality is not known is never taken while one of known quality is feasible. Nothing here reckons a
quality. Which models fit side by side is in `rules/capacity/turns`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.capability import Capability
from vedette.values.plan import Status


@dataclass(frozen=True, slots=True)
class Tried:
    """A model, its quality (None: quality unknown), and the answer of its plan."""

    model: str
    quality: float | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The answer to which model is best.

    Attributes:
        chosen: None where no plan of any model is feasible.
        tried: every model whose plan was made, best quality first, those of unknown quality last.
        untried: models of less quality than the chosen one, and of unknown quality: no plan was made.
        unknown: models whose quality is not known.
        status: of the choice: optimal if every better model is proven infeasible and the chosen plan exists.
    """

    chosen: Tried | None
    tried: tuple[Tried, ...]
    untried: tuple[str, ...]
    unknown: tuple[str, ...]
    status: Status


def best_model(capabilities: Sequence[Capability], plan_of: Callable[[str], Answer]) -> ModelChoice:
    """The model of the best quality whose plan exists; of equal quality the one that is done first.

    Args:
        capabilities: of every model that will do; the quality of a model is the same on all its devices.
        plan_of: the plan of one model by its name, within time, memory and whatever else is demanded.

    Raises:
        ValueError: a model has two qualities.
    """
    qualities = qualities_of(capabilities)
    ranks = sorted(set(qualities.values()), key=lambda quality: (quality is None, -(quality or 0.0)))
    tried: list[Tried] = []
    chosen: Tried | None = None
    for rank in ranks:
        equal = [Tried(model, rank, plan_of(model)) for model, quality in qualities.items() if quality == rank]
        tried += equal
        feasible = [one for one in equal if one.answer.status in {Status.OPTIMAL, Status.FEASIBLE}]
        if feasible:
            chosen = min(feasible, key=_ends)
            break
    unknown = tuple(model for model, quality in qualities.items() if quality is None)
    named = {one.model for one in tried}
    untried = tuple(model for model in qualities if model not in named)
    return ModelChoice(chosen, tuple(tried), untried, unknown, _status(chosen, tried))


def qualities_of(capabilities: Sequence[Capability]) -> dict[str, float | None]:
    """Quality of each model, in the order in which they are named.

    Raises:
        ValueError: a model has two qualities.
    """
    found: dict[str, float | None] = {}
    for one in capabilities:
        known = found.setdefault(one.model, one.quality)
        if known is None:
            found[one.model] = one.quality
        elif one.quality is not None and one.quality != known:
            raise ValueError(f"{one.model} has two qualities, {known:g} and {one.quality:g}")
    return found


def _ends(one: Tried) -> float:
    time = one.answer.time_s
    return math.inf if time is None else time


def _status(chosen: Tried | None, tried: Sequence[Tried]) -> Status:
    unsure = any(one.answer.status is Status.UNKNOWN for one in tried)
    if chosen is None:
        return Status.UNKNOWN if unsure else Status.INFEASIBLE
    return Status.FEASIBLE if unsure else Status.OPTIMAL
