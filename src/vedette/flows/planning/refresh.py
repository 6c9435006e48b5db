"""Profiles at the speed of the machine now: the devices of a fleet work for some seconds, and times are scaled by it.

    Demand -> profiles of one model -> looks, those of the whole fleet at once -> L now / L as profiled -> Profile, kept

A fleet that is larger than the machine is looked at kind by kind, each with its busy neighbours. Devices that are not
of this machine keep their profiles. It is not known here what a device is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from statistics import fmean

from vedette.errors import UnavailableError, UnsupportedError, UsageError, VedetteError
from vedette.flows.planning.known import ProfileSource, wanted_of
from vedette.rules.capacity.matching import Match, Wanted
from vedette.rules.capacity.refreshed import watched_batch
from vedette.values.demand import Demand
from vedette.values.profile import Profile


@dataclass(frozen=True, slots=True)
class Look:
    """One device that is looked at: its profile, the mini-batch size, and L of it as profiled, in seconds."""

    wanted: Wanted
    profile: Profile
    batch: int
    later_s: float


Gauge = Callable[[Sequence[Look]], Sequence[float | None]]
"""L of each device as it is now, in seconds, all of them at work at once; None of one that fails.

Raises UnsupportedError where they do not fit on the cores of this machine.
"""

Refresh = Callable[[Profile, float], Profile]
"""The profile with its times in a proportion, kept."""


@dataclass(slots=True)
class RefreshedProfiles:
    """Implements `ProfileSource`: those of another source, at the speed of the machine now.

    Attributes:
        source: of profiles; what it lacks is measured before anything is looked at.
        demand: whose fleet works at once.
        cores: of the machine.
        seconds: how long is looked.
        gauge: looks.
        refresh: scales a profile.
    """

    source: ProfileSource
    demand: Demand
    cores: int
    seconds: float
    gauge: Gauge
    refresh: Refresh
    _found: dict[Wanted, Match | VedetteError] = field(default_factory=dict)
    _failed: dict[str, VedetteError] = field(default_factory=dict)

    def best(self, wanted: Wanted) -> Match:
        """See `ProfileSource.best`.

        Raises:
            UsageError: no device of the fleet is one of this machine.
            UnavailableError: no device that was looked at could work.
        """
        if wanted.model in self._failed:
            raise self._failed[wanted.model]
        if wanted not in self._found:
            try:
                self._found |= self._looked_at(wanted)
            except VedetteError as error:
                self._failed[wanted.model] = error
                raise
        found = self._found[wanted]
        return self.source.best(wanted) if isinstance(found, VedetteError) else found

    def measure(self, wanted: Wanted) -> Profile:
        """See `ProfileSource.measure`: it was tried before, so this tells why it failed."""
        found = self._found.get(wanted)
        if isinstance(found, VedetteError):
            raise found
        return self.source.measure(wanted)

    def origins(self, names: Sequence[str]) -> tuple[str, ...]:
        """The profiles of the source behind some profiles, by id; those that were not refreshed stay."""
        matches = [one for one in self._found.values() if isinstance(one, Match) and one.profile is not None]
        known = {one.profile.id: one.profile.refreshed_from for one in matches if one.profile is not None}
        return tuple(known.get(name) or name for name in names)

    def _looked_at(self, wanted: Wanted) -> dict[Wanted, Match | VedetteError]:
        """Every kind of device of the fleet, with the model that is wanted."""
        each = [wanted_of(self.demand, wanted.model, stock.kind, self.cores) for stock in self.demand.fleet.stocks]
        found: dict[Wanted, Match | VedetteError] = {one: self._profiled(one) for one in each}
        looks = list(self._looks(found))
        ratios = self._ratios(looks)
        if looks and not ratios:
            raise UnavailableError(
                f"no device could work on {wanted.model}, so that nothing is known of the machine now",
                help="plan without --refresh, or see what `vedette profile` says",
            )
        for one, ratio in ratios.items():
            match = found[one]
            assert isinstance(match, Match), "a profile was looked at"
            assert match.profile is not None, "a profile was looked at"
            found[one] = self._refreshed(match, match.profile, ratio)
        return found

    def _profiled(self, wanted: Wanted) -> Match | VedetteError:
        match = self.source.best(wanted)
        if match.profile is not None:
            return match
        try:
            return Match(self.source.measure(wanted), match.refused)
        except VedetteError as error:
            return error

    def _looks(self, found: dict[Wanted, Match | VedetteError]) -> Iterator[Look]:
        """One of each device of this machine.

        Raises:
            UsageError: none is.
        """
        if all(one.device.cores is None for one in found):
            raise UsageError(
                "no device of the fleet is one of this machine, so that their speed now cannot be seen here",
                help="leave --refresh out, or plan with --devices cpu:1",
            )
        counts = {stock.kind: stock.count for stock in self.demand.fleet.stocks}
        for one, match in found.items():
            if one.device.cores is None or isinstance(match, VedetteError) or match.profile is None:
                continue
            look = Look(one, match.profile, *watched_batch(match.profile, one.size, self.seconds))
            yield from [look] * counts[one.device]

    def _ratios(self, looks: Sequence[Look]) -> dict[Wanted, float]:
        """Times now over times as profiled, of each kind of device that could work."""
        if not looks:
            return {}
        try:
            now = list(zip(looks, self.gauge(looks), strict=True))
        except UnsupportedError:
            now = [pair for alike in _kinds(looks) for pair in zip(alike, self.gauge(alike), strict=True)]
        ratios: dict[Wanted, list[float]] = {}
        for look, later_s in now:
            if later_s is not None:
                ratios.setdefault(look.wanted, []).append(later_s / look.later_s)
        return {wanted: fmean(each) for wanted, each in ratios.items()}

    def _refreshed(self, match: Match, profile: Profile, ratio: float) -> Match:
        refreshed = self.refresh(profile, ratio)
        told = (
            f"profile {refreshed.id} has the times of {refreshed.refreshed_from}, brought to the speed of the machine "
            f"now: {ratio:.3g} times as long"
        )
        return replace(match, profile=refreshed, warnings=(*match.warnings, told))


def _kinds(looks: Sequence[Look]) -> Iterator[Sequence[Look]]:
    """The devices of each kind, as many as a profile wants at work at once."""
    for wanted, alike in groupby(looks, key=lambda look: look.wanted):
        yield list(alike)[: 1 + (wanted.busy_neighbours or 0)]
