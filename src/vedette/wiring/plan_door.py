"""The library's call for plans: the same words as on the command line.

keyword arguments -> Demand, Sources -> the plan, kept in the home folder
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from vedette.adapters.config.fleet import Devices
from vedette.errors import InvalidError
from vedette.rules.capacity.refreshed import checked_look_s
from vedette.rules.serving.units import seconds_of
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, Limits, PlanKind, Start
from vedette.values.frame import Size
from vedette.values.plan import Plan, Status
from vedette.values.profile import Profile
from vedette.values.tiling import Fill, Tiling
from vedette.values.verification import Verification
from vedette.wiring.plan import Sources, devices_of, make_plan, profiled_models
from vedette.wiring.plan_arguments import check_arguments

Name = TypeVar("Name", PlanKind, Start, DeadlineClass, Goal)
Time = str | float
"""`20s`, `500ms`, or seconds."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what can be done with it; a notebook shows it as a page.

    Attributes:
        plan: the answer.
        given: profiles behind it that are not kept, by id.
    """

    plan: Plan
    given: Mapping[str, Profile] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """What is known of the answer."""
        return self.plan.status

    @property
    def words(self) -> tuple[str, ...]:
        """The recommendation, a sentence each."""
        return self.plan.words

    def verify(self, images_from: str | Path | None = None) -> Verification:
        """Carry the plan out on this machine, and keep what came of it; blocks until it is done.

        Raises:
            VedetteError: it assigns nothing, or cannot be carried out here.
        """
        from vedette.wiring.plan_verify import verify_plan

        return verify_plan(self.plan, None if images_from is None else Path(images_from), _unheard, given=self.given)

    def apply(self, output: str | Path, port: int = 8000, *, replace: bool = False) -> tuple[Path, ...]:
        """Write the configuration with which `vedette serve` carries the plan out; the files.

        Raises:
            VedetteError: it assigns nothing, or a file is there already.
        """
        from vedette.wiring.plan_apply import apply_plan

        return apply_plan(self.plan, Path(output), port, replace=replace, given=self.given)

    def report(self, output: str | Path) -> Path:
        """Write the plan as one HTML file; the file.

        Raises:
            VedetteError: it cannot be written.
        """
        from vedette.wiring.plan_report import write_plan_report

        write_plan_report(self.plan, Path(output), self.given)
        return Path(output)

    def __str__(self) -> str:
        return "\n".join((f"plan {self.plan.id}: {self.plan.status}", *self.plan.words))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from vedette.wiring.plan_report import plan_html

        return plan_html(self.plan, self.given)


def _unheard(_: str) -> None:
    """What a library does not print."""


def plan(  # noqa: PLR0913 - the same choices as on the command line
    kind: str,
    *,
    model: str | Sequence[str] = (),
    images: int | None = None,
    within: Time | None = None,
    rate: float | None = None,
    p99: Time | None = None,
    devices: str | None = None,
    price: str | None = None,
    start: str = "loaded",
    deadline: str | None = None,
    probability: float = 0.95,
    lost: int = 0,
    goal: str | None = None,
    max_cost: float | None = None,
    max_energy_wh: float | None = None,
    max_batch: int | None = None,
    max_uses: int | None = None,
    size: tuple[int, int] | None = None,
    images_from: str | Path | None = None,
    tile: tuple[int, int] | None = None,
    overlap: int = 0,
    fill: str | None = None,
    profiles: Sequence[str | Path] = (),
    profile_first: bool = True,
    refresh: Time | None = None,
    one_of: Sequence[Sequence[str]] = (),
) -> Planned:
    """Plan what to run where; the plan is kept as those of the command line are.

    Args:
        kind: `deadline`, `budget`, `model`, `rate` or `beside`.
        model: name; for `model` and `beside` several to choose from, all that were profiled unless given.
        images: how many; of `deadline` and `model`, of `beside` for each model.
        within: the time for all of them; not of `rate`.
        rate: images that arrive in a second.
        p99: 99 of 100 answers of a rate come within it.
        devices: `cpu:1,cpu:0.5` or a fleet file; each core of this machine unless given.
        price: of a device, as `0.12EUR/h`.
        start: `cold`, `loaded` or `warm`.
        deadline: `hard`, `soft`, `relaxed` or `best-effort`; `soft` unless given, of a budget `relaxed`.
        probability: with which a soft plan must hold.
        lost: devices that may be lost at the start.
        goal: what is made best: of `deadline` `devices`, `cost` or `energy`, of `rate` `replicas` or `cost`.
        max_cost: in the currency of the devices, of the whole job; of a rate an hour.
        max_energy_wh: of the whole job.
        max_batch: images of a mini-batch.
        max_uses: mini-batches of a device after its first.
        size: width and height of the images; None: as they come.
        images_from: folder of your images, to profile with.
        tile: width and height of tiles.
        overlap: of neighbouring tiles.
        fill: `blank` or `overview`.
        profiles: ids and files to rest on.
        profile_first: measure what is not profiled; blocks for minutes.
        refresh: see first for so long how quick this machine is now, and plan with that; None: as it was profiled.
        one_of: of `beside`: groups of models, of each of which exactly one is needed; `model` is left out then.

    Raises:
        VedetteError: what is needed is not there, or the demand cannot be used.
    """
    check_arguments(locals())
    asked = _one_of(PlanKind, kind, "kind")
    fleet = devices_of("cpu:1" if devices is None and asked is PlanKind.BESIDE else devices, price)
    named = tuple(str(one) for one in profiles)
    groups = _groups(asked, model, one_of)
    usual = DeadlineClass.RELAXED if asked is PlanKind.BUDGET else DeadlineClass.SOFT
    models = tuple(one for group in groups for one in group) or _models(asked, model, fleet, named)
    demand = _made(
        lambda: Demand(
            asked,
            models,
            fleet.fleet,
            images=images,
            within_s=_seconds(within, "within"),
            rate_per_s=rate,
            p99_ms=None if p99 is None else (_seconds(p99, "p99") or 0.0) * 1000,
            start=_one_of(Start, start, "start"),
            deadline=usual if deadline is None else _one_of(DeadlineClass, deadline, "deadline"),
            probability=probability,
            lost_devices=lost,
            goal=None if goal is None else _one_of(Goal, goal, "goal"),
            limits=Limits(max_cost, max_energy_wh, max_uses, max_batch),
            size=None if size is None else Size(*size),
            tiling=None if tile is None else Tiling(Size(*tile), overlap, None if fill is None else Fill(fill)),
            groups=groups,
        )
    )
    if tile is None and (overlap or fill is not None):
        raise InvalidError("overlap and fill belong to tiles", help="give tile=(width, height)")
    _check_whole(demand)
    folder = None if images_from is None else Path(images_from)
    look_s = None if refresh is None else checked_look_s(_seconds(refresh, "refresh") or 0.0)
    made = make_plan(demand, Sources(fleet.profiles, named, folder, profile_first, look_s), _unheard)
    return Planned(made.plan, made.given)


_SEVERAL = (PlanKind.MODEL, PlanKind.BESIDE)
_NEEDED = {
    PlanKind.DEADLINE: ("images", "within_s"),
    PlanKind.BUDGET: ("within_s",),
    PlanKind.MODEL: ("images", "within_s"),
    PlanKind.RATE: ("rate_per_s", "p99_ms"),
    PlanKind.BESIDE: ("images", "within_s"),
}
_GOALS = {
    PlanKind.DEADLINE: (Goal.DEVICES, Goal.COST, Goal.ENERGY),
    PlanKind.BUDGET: (Goal.IMAGES,),
    PlanKind.MODEL: (Goal.QUALITY,),
    PlanKind.RATE: (Goal.REPLICAS, Goal.COST),
    PlanKind.BESIDE: (Goal.QUALITY,),
}
_WORDS = {"images": "images", "within_s": "within", "rate_per_s": "rate", "p99_ms": "p99"}


def _check_whole(demand: Demand) -> None:
    """What the kind needs is there, and nothing that it would ignore."""
    needed = _NEEDED[demand.kind]
    for name, word in _WORDS.items():
        there = getattr(demand, name) is not None
        if there != (name in needed):
            told = "is of no use in" if there else "is missing in"
            words = ", ".join(_WORDS[one] for one in needed)
            raise InvalidError(f"{word} {told} a plan of kind {demand.kind}", help=f"it takes {words}")
    if demand.kind is PlanKind.BESIDE:
        _check_beside(demand)
    if demand.goal not in (None, *_GOALS[demand.kind]):
        goals = ", ".join(_GOALS[demand.kind])
        raise InvalidError(f"goal={demand.goal} is of no use in a plan of kind {demand.kind}", help=f"it takes {goals}")
    if demand.kind is PlanKind.RATE and demand.start is not Start.LOADED:
        raise InvalidError(f"start={demand.start} is of no use in a plan of kind rate", help="its servers are loaded")
    if len(demand.models) > 1 and demand.kind not in _SEVERAL:
        raise InvalidError(f"{len(demand.models)} models in a plan of kind {demand.kind}", help='take kind "model"')


def _check_beside(demand: Demand) -> None:
    limits = demand.limits
    given = {
        "lost": demand.lost_devices,
        "goal": demand.goal,
        "max_cost": limits.cost,
        "max_energy_wh": limits.energy_wh,
        "max_uses": limits.uses,
    }
    idle = [word for word, value in given.items() if value]
    if idle:
        raise InvalidError(f"{', '.join(idle)} is of no use in a plan of kind beside", help="leave it out")


def _models(kind: PlanKind, model: str | Sequence[str], fleet: Devices, named: Sequence[str]) -> tuple[str, ...]:
    if isinstance(model, str):
        return (model,)
    return profiled_models(fleet, named) if kind in _SEVERAL and not model else tuple(dict.fromkeys(model))


def _groups(kind: PlanKind, model: str | Sequence[str], one_of: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    groups = tuple((group,) if isinstance(group, str) else tuple(group) for group in one_of)
    named = [one for group in groups for one in group]
    if groups and (kind is not PlanKind.BESIDE or model):
        raise InvalidError("one_of is of plans of kind beside, without model", help="leave out one of them")
    if len(set(named)) != len(named) or not all(groups):
        raise InvalidError(f"one_of={one_of!r}: a model is in one group, and no group is empty", help="name it once")
    return groups


def _seconds(time: Time | None, word: str) -> float | None:
    if not isinstance(time, str):
        return time
    try:
        return seconds_of(time)
    except ValueError as error:
        raise InvalidError(f"{word}={time!r} is no time", help=f"give {error}, or seconds") from None


def _one_of(names: type[Name], text: str, word: str) -> Name:
    try:
        return names(text)
    except ValueError:
        raise InvalidError(f"{word}={text!r} is not known", help=f"choose from {', '.join(names)}") from None


def _made(make: Callable[[], Demand]) -> Demand:
    try:
        return make()
    except (ValueError, TypeError) as error:
        raise InvalidError(str(error), help="give numbers above 0, and sizes as (width, height)") from None
