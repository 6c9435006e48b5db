"""Which models fit side by side on one device, where they take turns.

    models x mini-batch sizes --sides_of--> Side: time, memory --turns_program--> the set of the best total quality
                                                               --least_program--> the least time or memory of a set

Side by side the models stay loaded together and take turns: each works through its own images from its first mini-batch
to its last before the next begins. So the device needs the sum of their times, and the sum of their peak memories at
most: what each keeps while another works is below its peak.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from vedette.rules.capacity.answer import Share
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.prediction import time_s
from vedette.values.deadline import DeadlineClass
from vedette.values.integer_program import Constraint, IntegerProgram, Terms
from vedette.values.plan import Status

TIME_UNITS = 2**28
"""T is so many units of time, but for one a model: each time is rounded up to whole units, and may fill T exactly."""

QUALITY_UNITS = 1000
"""Units of one point of quality."""


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
    times, worths = times_of(turns, sides), worths_of(turns, sides)
    objective = tuple((one, times[one] - worths[one] * (TIME_UNITS + 1)) for one in range(len(sides)))
    constraints = (*_constraints(turns, sides, times), *_one_known(turns, sides))
    return IntegerProgram(tuple((0, 1) for _ in sides), constraints, objective)


def least_program(
    turns: Turns, sides: Sequence[Side], amounts: Sequence[int], better_than: int | None = None
) -> IntegerProgram:
    """X = 1 where a side is chosen; the least sum of `amounts` of a set that keeps to time and memory.

    Args:
        turns: what is asked.
        sides: to choose from.
        amounts: of each side.
        better_than: the worth (see `worths_of`) that the set must exceed; None: it has a model of each group, without
            groups one model of known quality.
    """
    worths = worths_of(turns, sides)
    constraints = list(_constraints(turns, sides, times_of(turns, sides)))
    if better_than is not None:
        constraints.append(Constraint(tuple(enumerate(worths)), low=better_than + 1))
    else:
        constraints += _one_known(turns, sides)
    return IntegerProgram(tuple((0, 1) for _ in sides), tuple(constraints), tuple(enumerate(amounts)))


def times_of(turns: Turns, sides: Sequence[Side]) -> tuple[int, ...]:
    """The time of each side in units, rounded up.

    T is TIME_UNITS less one a model: times that add up to T stay within TIME_UNITS when each is rounded up, and what
    does so exceeds T by a share of models / TIME_UNITS at most.
    """
    unit = Fraction(turns.within_s) / (TIME_UNITS - len(turns.capabilities))
    return tuple(math.ceil(Fraction(side.time_s) / unit) for side in sides)


def worths_of(turns: Turns, sides: Sequence[Side]) -> tuple[int, ...]:
    """The quality of each side in 1 / QUALITY_UNITS, 0 where it is not known.

    With groups every known one has more besides than all qualities can add up to.
    """
    known = 100 * QUALITY_UNITS * (len(turns.groups) + 1) if turns.groups else 0
    qualities = (side.share.capability.quality for side in sides)
    return tuple(0 if quality is None else known + round(quality * QUALITY_UNITS) for quality in qualities)


def _constraints(turns: Turns, sides: Sequence[Side], times: Sequence[int]) -> tuple[Constraint, ...]:
    """Time and memory are enough; of each group there is one model, and each model has one mini-batch size."""
    memory = turns.capabilities[0].device.memory_bytes
    models = [side.share.capability.model for side in sides]
    found = [Constraint(tuple(enumerate(times)), high=TIME_UNITS)]
    if memory is not None:
        found.append(Constraint(tuple((one, side.peak_bytes) for one, side in enumerate(sides)), high=memory))
    found += [Constraint(_ours(models, group), low=1, high=1) for group in turns.groups]
    found += [Constraint(_ours(models, (model,)), high=1) for model in dict.fromkeys(models)]
    return tuple(found)


def _one_known(turns: Turns, sides: Sequence[Side]) -> list[Constraint]:
    """Without groups a set has one model of known quality at least, also where that quality is 0."""
    if turns.groups:
        return []
    known = (one for one, side in enumerate(sides) if side.share.capability.quality is not None)
    return [Constraint(tuple((one, 1) for one in known), low=1)]


def _ours(models: Sequence[str], group: Sequence[str]) -> Terms:
    return tuple((one, 1) for one, model in enumerate(models) if model in group)


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
