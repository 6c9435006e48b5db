"""What a plan rests on: for each model on each kind of device a profile, found or measured, and what it says.

Demand -> Wanted (a model on a kind of device) -> Profile -> Capability, warnings
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from vedette.errors import NotFoundError, VedetteError
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.capable import capability
from vedette.rules.capacity.caveats import caveats_of_all
from vedette.rules.capacity.matching import Match, Wanted
from vedette.rules.capacity.spread import ROUNDING
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Limits
from vedette.values.device import DeviceKind
from vedette.values.profile import Profile


class ProfileSource(Protocol):
    """Where profiles come from."""

    def best(self, wanted: Wanted) -> Match:
        """The profile that fits best of those that are there, or why none does."""
        ...

    def measure(self, wanted: Wanted) -> Profile:
        """Measure what is not there; blocks for minutes.

        Raises:
            NotFoundError: nothing is to be measured.
            VedetteError: it cannot be measured here.
        """
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan rests on: a profile for each model on each kind of device, and what the reader must know of them."""

    profiles: tuple[Profile, ...]
    capabilities: tuple[Capability, ...]
    warnings: tuple[str, ...]


def known(demand: Demand, source: ProfileSource, cores: int) -> Known:
    """Profiles and capabilities of every model of a demand on every kind of its fleet.

    Args:
        demand: whose models and devices are looked for.
        source: of profiles.
        cores: of the machine: profiles are wanted with as many busy neighbours as the plan will have.

    Raises:
        NotFoundError: none fits and none is to be measured; of several models one that has a profile is enough.
        InvalidError: no profile holds what is asked for.
    """
    found, capabilities, warnings = list[tuple[Profile, DeviceKind]](), list[Capability](), list[str]()
    problems: list[VedetteError] = []
    for model in demand.models:
        for stock in demand.fleet.stocks:
            try:
                profile, remarks = _profile(wanted_of(demand, model, stock.kind, cores), source)
                able = capable(profile, demand, stock.kind)
            except VedetteError as error:
                problems.append(error)
                continue
            found.append((profile, stock.kind))
            capabilities.append(able)
            warnings += remarks
    if problems and (not capabilities or len(demand.models) == 1):
        raise problems[0]
    warnings += caveats_of_all(found, demand, longest=demand.deadline is DeadlineClass.HARD)
    warnings += [f"left out: {error.message}; {error.help}" for error in problems]
    known = tuple({profile.id: profile for profile, _ in found}.values())
    return Known(known, tuple(capabilities), tuple(dict.fromkeys(warnings)))


def wanted_of(demand: Demand, model: str, kind: DeviceKind, cores: int) -> Wanted:
    """The profile that a demand wants of a model on a kind of its fleet.

    Its neighbours are of its own kind: the other devices of the fleet, as far as they fit on so many cores.
    """
    room = 0 if kind.cores is None else int((cores - kind.cores) / kind.cores + ROUNDING)
    busy = max(0, min(demand.fleet.count - 1, room))
    return Wanted(model, kind, size=demand.size, tiling=demand.tiling, busy_neighbours=busy)


def _profile(wanted: Wanted, source: ProfileSource) -> tuple[Profile, tuple[str, ...]]:
    match = source.best(wanted)
    if match.profile is not None:
        return match.profile, match.warnings
    try:
        return source.measure(wanted), ()
    except NotFoundError as error:
        raise _unprofiled(wanted, match, error) from None


def capable(profile: Profile, demand: Demand, kind: DeviceKind) -> Capability:
    """What a profiled model can do on a kind of device.

    Rows beyond the memory of the device and the limit of the mini-batch are kept: no rule uses them, but they tell what
    a wider limit would buy.
    """
    endless = replace(kind, memory_bytes=None)
    found = capability(profile, demand.size, demand.start, Limits(), endless)
    return replace(found, device=kind)


def _unprofiled(wanted: Wanted, match: Match, error: NotFoundError) -> NotFoundError:
    what = f"no profile of {wanted.model} on {wanted.device.name} fits"
    reasons = [f"{one.profile}: {reason}" for one in match.refused for reason in one.reasons]
    message = "\n  ".join([what, *reasons]) if reasons else what
    return NotFoundError(message, help=match.help or error.help)
