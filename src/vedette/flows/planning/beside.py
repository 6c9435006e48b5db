"""Plans for models side by side on one device: the set that fits, what decides, and what would do where none fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from vedette.errors import InvalidError, NotFoundError
from vedette.flows.planning.job import CP_SAT
from vedette.flows.planning.known import Known
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.amounts import amount_text, plural, time_text
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.bill import money
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.draft import currency_of, drafted
from vedette.rules.capacity.one_more import exact_text
from vedette.rules.capacity.relaxation import change_of
from vedette.rules.capacity.turns import (
    TIME_UNITS,
    Side,
    SideBySide,
    Turns,
    least_program,
    side_by_side,
    sides_of,
    times_of,
    turns_program,
    worths_of,
)
from vedette.rules.capacity.turns_answer import quality_bound, turns_answer
from vedette.values.demand import Demand, Goal
from vedette.values.device import Billing
from vedette.values.plan import Binding, Plan, Relaxation, Status

MOST_IMAGES = 10**9
"""More of each model are not looked for."""

_MEGA = 10**6
_DONE = (Status.OPTIMAL, Status.FEASIBLE)


def beside_plan(demand: Demand, known: Known, solver: Solver) -> Plan:
    """The set of models of the best total quality that fits one device; of each group exactly one.

    Raises:
        InvalidError: no quality is known and no group is named, or a model has two profiles here.
        NotFoundError: a group has no model that was profiled.
    """
    turns = turns_of(demand, known.capabilities)
    answer, found = _Question(turns, solver).answered()
    plan = drafted(demand, answer, CP_SAT)
    device = demand.fleet.stocks[0].kind
    hourly = device.billing is Billing.HOUR
    assignments = tuple(replace(one, number=1, cost=None if hourly else one.cost) for one in plan.assignments)
    cost = money(device, math.fsum(one.time_s.expected for one in assignments)) if assignments else None
    return replace(
        plan,
        assignments=assignments,
        cost=cost,
        currency="" if cost is None else currency_of(demand.fleet),
        warnings=tuple(_warnings(turns, found)),
    )


def turns_of(demand: Demand, capabilities: Sequence[Capability]) -> Turns:
    """What a demand asks of the device; mini-batches beyond its limit are left out.

    Raises:
        InvalidError: no quality is known and no group is named, or the fleet has more than one device.
        NotFoundError: a group has no model that was profiled.
    """
    if demand.fleet.count != 1:
        raise InvalidError(
            f"models side by side are on one device, the fleet has {demand.fleet.count}", help="name one device"
        )
    most = MOST_IMAGES if demand.limits.batch is None else demand.limits.batch
    able = tuple(replace(one, options=tuple(o for o in one.options if o.batch <= most)) for one in capabilities)
    names = [one.model for one in able]
    for group in demand.groups:
        if not set(names) & set(group):
            raise NotFoundError(
                f"of {' or '.join(group)} no profile fits, and one of them is needed",
                help="profile one of them: `vedette profile`",
            )
    if not demand.groups and all(one.quality is None for one in able):
        raise InvalidError(
            f"the quality of {', '.join(names)} is unknown: nothing tells which set is best",
            help="name what is needed, as --one-of A --one-of B, or write the qualities into the profiles",
        )
    return Turns(
        able,
        dict.fromkeys(names, demand.images or 0),
        demand.within_s or 0.0,
        tuple(tuple(model for model in group if model in names) for group in demand.groups),
        demand.deadline,
        demand.probability,
    )


def models_beside(turns: Turns, solver: Solver, seconds: float = 30.0, seed: int = 0) -> SideBySide:
    """The set of models of the best total quality that fits time and memory; of equal ones the quickest."""
    sides = sides_of(turns)
    if not sides:
        return SideBySide(Status.INFEASIBLE)
    solution = solver.solve(turns_program(turns, sides), seconds, seed)
    return side_by_side(solution.status, sides, solution.values)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, who solves, and for how long each time."""

    turns: Turns
    solver: Solver
    seconds: float = 30.0

    def answered(self) -> tuple[Answer, SideBySide]:
        """The answer, and the set that it rests on."""
        sides = sides_of(self.turns)
        if not sides:
            return self._infeasible(), SideBySide(Status.INFEASIBLE)
        solution = self.solver.solve(turns_program(self.turns, sides), self.seconds)
        found = side_by_side(solution.status, sides, solution.values)
        if solution.status is Status.UNKNOWN:
            return Answer(Status.UNKNOWN, Goal.QUALITY, bound=quality_bound(self.turns, sides, None)), found
        if solution.status not in _DONE or not found.sides:
            return self._infeasible(), found
        bound = quality_bound(self.turns, sides, solution.bound)
        return replace(turns_answer(self.turns, found, bound), binding=tuple(self._decides(found))), found

    # --- what decides -------------------------------------------------------------------------------------------------

    def _decides(self, found: SideBySide) -> Iterator[Binding]:
        """A better set with more time alone, or with more memory alone, and how many images this one could do."""
        worth = sum(worths_of(self.turns, found.sides))
        better = [one for one in (self._in_time(worth), self._in_memory(worth)) if one is not None]
        for one in sorted(better, key=lambda one: one.needed / one.asked):
            yield Binding(one.limit, f"with {one.text}")
        if not better:
            yield Binding("models", f"more time or memory alone gives no better set{_left(self.turns, found)}")
        most = _largest(lambda images: self._worth_at(images) >= worth, max(self.turns.images.values()))
        yield Binding("images", f"within the same limits each of the models could do {plural(most, 'image')}")

    def _worth_at(self, images: int) -> int:
        """What the best set for so many images of each model is worth; -1 where there is none."""
        found = models_beside(_of_images(self.turns, images), self.solver, self.seconds)
        return sum(worths_of(self.turns, found.sides)) if found.status in _DONE and found.sides else -1

    # --- what would do ------------------------------------------------------------------------------------------------

    def _infeasible(self) -> Answer:
        changes = [one for one in (self._in_time(), self._in_memory(), self._of_images()) if one is not None]
        changes.sort(key=change_of)
        limits = [one.limit for one in changes if one.limit != "images"]
        why = tuple(
            Binding(limit, f"there is too little {_WORDS[limit]} for any set that is asked for") for limit in limits
        )
        return Answer(Status.INFEASIBLE, Goal.QUALITY, binding=why, relaxations=tuple(changes))

    def _in_time(self, better_than: int | None = None) -> Relaxation | None:
        """The least time in which there is a set, or a better one."""
        slowest: dict[str, float] = {}
        for side in sides_of(replace(self.turns, within_s=math.inf)):
            model = side.share.capability.model
            slowest[model] = max(slowest.get(model, 0.0), side.time_s)
        if not slowest:
            return None
        turns = replace(self.turns, within_s=math.fsum(slowest.values()) * (1 + len(slowest) / TIME_UNITS))
        sides = sides_of(turns)
        chosen = self._least(turns, sides, times_of(turns, sides), better_than)
        if chosen is None:
            return None
        # Times are rounded up to units of T where they are added: so much more is sure to be enough.
        enough = math.fsum(side.time_s for side in chosen) * (1 + (len(chosen) + 1) / TIME_UNITS)
        return Relaxation(
            "within", self.turns.within_s, enough, f"a time of {exact_text(enough)}{_gives(chosen, better_than)}"
        )

    def _in_memory(self, better_than: int | None = None) -> Relaxation | None:
        """The least memory with which there is a set, or a better one; None where memory is not limited."""
        asked = self.turns.capabilities[0].device.memory_bytes
        if asked is None:
            return None
        turns = replace(self.turns, capabilities=tuple(map(_unlimited, self.turns.capabilities)))
        sides = sides_of(turns)
        chosen = self._least(turns, sides, [side.peak_bytes for side in sides], better_than)
        if chosen is None:
            return None
        needed = math.ceil(sum(side.peak_bytes for side in chosen) / _MEGA) * _MEGA
        text = f"{needed // _MEGA:,} MB of memory{_gives(chosen, better_than)}"
        return Relaxation("memory", asked, needed, text)

    def _least(
        self, turns: Turns, sides: Sequence[Side], amounts: Sequence[int], better_than: int | None
    ) -> tuple[Side, ...] | None:
        if not sides:
            return None
        solution = self.solver.solve(least_program(turns, sides, amounts, better_than), self.seconds)
        if solution.status is not Status.OPTIMAL:
            return None
        return side_by_side(solution.status, sides, solution.values).sides or None

    def _of_images(self) -> Relaxation | None:
        """The most images for which there is a set."""
        asked = max(self.turns.images.values())
        if self._worth_at(1) < 0:
            return None
        most = _largest(lambda images: self._worth_at(images) >= 0, 1, asked - 1)
        return Relaxation("images", asked, most, f"{plural(most, 'image')} of each model at most")


_WORDS = {"within": "time", "memory": "memory"}


def _largest(suits: Callable[[int], bool], low: int, most: int = MOST_IMAGES) -> int:
    """The largest number up to `most` that suits, where `low` does and all below one that suits do."""
    step = 1
    while low < most and suits(min(most, low + step)):
        low, step = min(most, low + step), 2 * step
    high = min(most + 1, low + step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if suits(middle) else (low, middle)
    return low


def _of_images(turns: Turns, images: int) -> Turns:
    return replace(turns, images=dict.fromkeys(turns.images, images))


def _unlimited(able: Capability) -> Capability:
    return replace(able, device=replace(able.device, memory_bytes=None))


def _gives(chosen: Sequence[Side], better_than: int | None) -> str:
    """Which set that is: of a better one also its quality."""
    able = [side.share.capability for side in chosen]
    named = " and ".join(one.model for one in able)
    if better_than is None:
        return f" for {named}"
    quality = amount_text(math.fsum(one.quality or 0.0 for one in able))
    return f" {named} {'fit' if len(able) > 1 else 'fits'}: a total quality of {quality}"


def _left(turns: Turns, found: SideBySide) -> str:
    memory = turns.capabilities[0].device.memory_bytes
    spare = f"; {time_text(turns.within_s - found.time_s)}"
    return spare + (" are left" if memory is None else f" and {(memory - found.peak_bytes) / _MEGA:,.0f} MB are left")


def _warnings(turns: Turns, found: SideBySide) -> Iterator[str]:
    """What is not known of the models, and how memory is added."""
    unknown = [one.model for one in turns.capabilities if one.quality is None]
    if unknown and not turns.groups:
        yield f"quality unknown: {', '.join(unknown)}; without a quality a model is only taken where --one-of names it"
    elif found.unknown:
        yield f"quality unknown: {', '.join(found.unknown)}; it counts as 0"
    if found.unmeasured:
        yield f"memory unknown: {', '.join(found.unmeasured)}; it counts as none"
    if len(found.sides) > 1:
        yield "memory: the peaks of all models are added, although only one of them works at a time"
