"""Which model: the best quality whose plan keeps to time, memory and money; and which models fit side by side.

    qualities, best first -> plan of each -> the first that is feasible      (one model for all images)
    models x mini-batch sizes -> integer program -> a set of models          (several, taking turns on one device)

A model whose quality is not known is never taken while one of known quality is feasible. Nothing here reckons a
quality.

Side by side the models stay loaded together and take turns: each works through its own images from its first mini-batch
to its last before the next begins. So the device needs the sum of their times, and the sum of their peak memories at
most: what each keeps while another works is below its peak.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from vedette.rules.capacity.answer import Answer, Share
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.prediction import time_s
from vedette.values.deadline import DeadlineClass
from vedette.values.integer_program import Constraint, IntegerProgram
from vedette.values.plan import Status

TIME_UNITS = 2**20
"""T is so many units of time; each time is rounded up to whole units."""

_QUALITY_UNITS = 1000


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


@dataclass(frozen=True, slots=True)
class Turns:
    """Several models on one device, one after the other.

    Attributes:
        capabilities: one for each model, all of the same kind of device.
        images: of each model, by its name.
        within_s: T, for all of them together.
        groups: of each exactly one model is needed; empty: any set will do, the best total quality is sought.
        deadline: what counts against T.
        probability: with which a soft plan holds. Each model ends within its time with probability^(1/models), so that
            all do, and their sum is within T, with `probability`.
    """

    capabilities: tuple[Capability, ...]
    images: Mapping[str, int]
    within_s: float
    groups: tuple[tuple[str, ...], ...] = ()
    deadline: DeadlineClass = DeadlineClass.RELAXED
    probability: float = 0.95

    def __post_init__(self) -> None:
        if len({one.device for one in self.capabilities}) != 1:
            raise ValueError("models side by side are on one kind of device")
        names = [one.model for one in self.capabilities]
        grouped = [model for group in self.groups for model in group]
        if len(set(names)) != len(names) or len(set(grouped)) != len(grouped) or not set(grouped) <= set(names):
            raise ValueError("each model is named once, and is in one group at most")


@dataclass(frozen=True, slots=True)
class Side:
    """One model with one mini-batch size: what it takes of the device.

    Attributes:
        share: model, mini-batch size, uses and images.
        time_s: that counts against T.
        peak_bytes: most memory; 0 where it is not known, which a warning must say.
    """

    share: Share
    time_s: float
    peak_bytes: int


def sides_of(turns: Turns) -> tuple[Side, ...]:
    """Every model with every mini-batch size that alone would fit T and the memory."""
    usable = {model for group in turns.groups for model in group} or {one.model for one in turns.capabilities}
    each = turns.probability ** (1 / (len(turns.groups) or len(turns.capabilities)))
    memory = turns.capabilities[0].device.memory_bytes
    found = []
    for one in turns.capabilities:
        images = turns.images[one.model]
        for option in one.options if one.model in usable else ():
            uses = -(-images // option.batch) - 1
            took = time_s(option, uses, turns.deadline, each)
            peak = option.peak_bytes or 0
            if took <= turns.within_s and (memory is None or peak <= memory):
                found.append(Side(Share(one, option, uses, images), took, peak))
    return tuple(found)


def turns_program(turns: Turns, sides: Sequence[Side]) -> IntegerProgram:
    """X = 1 where a side is chosen; memory and time are sums; the most quality, then the least time.

    With groups a known quality counts before any sum of qualities, so that an unknown one is only taken where no choice
    with more known ones fits.
    """
    within = Fraction(turns.within_s)
    times = [math.ceil(Fraction(side.time_s) * TIME_UNITS / within) for side in sides]
    every = tuple(range(len(sides)))
    memory = turns.capabilities[0].device.memory_bytes
    constraints = [Constraint(tuple(zip(every, times, strict=True)), high=TIME_UNITS)]
    if memory is not None:
        constraints.append(Constraint(tuple((one, sides[one].peak_bytes) for one in every), high=memory))
    for group in turns.groups:
        ours = tuple((one, 1) for one in every if sides[one].share.capability.model in group)
        constraints.append(Constraint(ours, low=1, high=1))
    for model in dict.fromkeys(side.share.capability.model for side in sides):
        ours = tuple((one, 1) for one in every if sides[one].share.capability.model == model)
        constraints.append(Constraint(ours, high=1))
    known = 100 * _QUALITY_UNITS * (len(turns.groups) + 1) if turns.groups else 0
    worth = [_worth(side.share.capability.quality, known) for side in sides]
    objective = tuple((one, times[one] - worth[one] * (TIME_UNITS + 1)) for one in every)
    return IntegerProgram(tuple((0, 1) for _ in every), tuple(constraints), objective)


def _worth(quality: float | None, known: int) -> int:
    return 0 if quality is None else known + round(quality * _QUALITY_UNITS)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Which models share a device.

    Attributes:
        status: of the solver's answer.
        sides: chosen, in the order of the models.
        quality: sum of the known qualities.
        time_s: sum of the times that count against T.
        peak_bytes: sum of the peak memories.
        unknown: chosen models whose quality is not known.
        unmeasured: chosen models whose memory is not known and counts as none.
    """

    status: Status
    sides: tuple[Side, ...] = ()
    quality: float = 0.0
    time_s: float = 0.0
    peak_bytes: int = 0
    unknown: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()


def side_by_side(status: Status, sides: Sequence[Side], values: Sequence[int]) -> SideBySide:
    """A solution of `turns_program` in words of models."""
    chosen = tuple(side for side, value in zip(sides, values, strict=False) if value)
    able = [side.share.capability for side in chosen]
    return SideBySide(
        status,
        chosen,
        math.fsum(one.quality or 0.0 for one in able),
        math.fsum(side.time_s for side in chosen),
        sum(side.peak_bytes for side in chosen),
        tuple(one.model for one in able if one.quality is None),
        tuple(side.share.capability.model for side in chosen if side.share.option.peak_bytes is None),
    )
