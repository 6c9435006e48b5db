"""Where the planner's profiles come from: files and ids that were named, the home folder, and measuring.

named ones first -> those of the home folder -> `vedette profile` in few-sample mode, unless nothing is to be measured
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vedette.adapters.config.content import fingerprint as model_fingerprint
from vedette.adapters.probes.fingerprint import fingerprint
from vedette.adapters.store.profiles import read_file
from vedette.errors import InvalidError, NotFoundError, UnavailableError, UnsupportedError
from vedette.rules.capacity.matching import Match, Refused, Wanted, best_profile
from vedette.values.device import DeviceKind
from vedette.values.environment import Environment
from vedette.values.manifest import Manifest
from vedette.values.profile import Profile
from vedette.values.trial import Placement
from vedette.wiring.instances import find_manifest
from vedette.wiring.profiles import home_profiles

Say = Callable[[str], None]

FEW_WIDTH = 0.03
"""Half of the relative width of L's interval at which a profile that is taken on the way is good enough."""

FEW_BUDGET_S = 120.0
"""No trial of it is begun after so long: on a machine that does other work the width is never reached."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a plan may rest on.

    Attributes:
        files: of given profiles that came with the fleet.
        named: ids and files that the user named; each has to be of use.
        images_from: folder of the user's images, to measure with; None: crops of the shipped photos.
        measure: whether what is not there is measured.
        refresh_s: how long the devices of the fleet work first, so that the plan has the speed of this machine now;
            None: profiles count as they were measured.
    """

    files: tuple[Path, ...] = ()
    named: tuple[str, ...] = ()
    images_from: Path | None = None
    measure: bool = True
    refresh_s: float | None = None


@dataclass(slots=True)
class HomeProfiles:
    """The profiles of this user, and those that were named."""

    sources: Sources
    say: Say
    named: dict[str, Profile] = field(default_factory=dict)
    given: dict[str, Profile] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    _here: Environment | None = None
    _manifests: dict[str, Manifest | None] = field(default_factory=dict)

    def best(self, wanted: Wanted) -> Match:
        """The named profile that fits best, else one that came with the fleet, else one of the home folder."""
        wanted = self._completed(wanted)
        refused: list[Refused] = []
        for profiles in (self.named.values(), self.given.values(), _lasting()):
            match = best_profile(profiles, wanted)
            if match.profile is not None:
                return replace(match, refused=(*refused, *match.refused))
            refused += match.refused
        self.refused |= {one.profile: one for one in refused if one.profile in self.named}
        return replace(match, refused=tuple(refused))

    def measure(self, wanted: Wanted) -> Profile:
        """Measure it in few-sample mode, and say so.

        Raises:
            NotFoundError: nothing is to be measured, the device is not of this machine, or a profile that was named
                does not fit: measuring another would hide that.
            VedetteError: it cannot be measured.
        """
        named = [self.refused[name] for name in self.named if name in self.refused]
        if not self.sources.measure or wanted.device.cores is None or named:
            raise NotFoundError(f"{wanted.model} was not profiled on {wanted.device.name}", help=_GIVE)
        from vedette.wiring.profile import ProfileAsked, take_profile

        folder = self.sources.images_from
        self.say(
            f"profiling {wanted.model} on {wanted.device.name}, once for this machine, about "
            f"{FEW_BUDGET_S / 60:.0f} min at most; the same as: {wanted.command} --few --seconds {FEW_BUDGET_S:.0f}"
        )
        asked = ProfileAsked(
            wanted.model,
            DeviceKind(wanted.device.name, wanted.device.cores, wanted.device.memory_bytes),
            sizes=() if wanted.size is None else (wanted.size,),
            images=() if folder is None else (str(folder),),
            tiling=wanted.tiling,
            neighbours=wanted.busy_neighbours or 0,
            few=FEW_WIDTH,
            budget_s=FEW_BUDGET_S,
            source="vedette plan",
        )
        taken = take_profile(asked, self.say)
        for told in taken.notes:
            self.say(f"note: {told}")
        return taken.profile

    def check_named(self, used: Sequence[str]) -> None:
        """Every profile that the user named is one that the plan rests on.

        Raises:
            InvalidError: one is not, with the reasons.
        """
        idle = [name for name in self.named if name not in used]
        if not idle:
            return
        reasons = [f"{name}: {text}" for name in idle if name in self.refused for text in self.refused[name].reasons]
        told = "; ".join(reasons) or "it is of another model or device, or another one fits better"
        raise InvalidError(f"profile {', '.join(idle)} was named and is of no use here: {told}", help=_LEAVE)

    def _completed(self, wanted: Wanted) -> Wanted:
        """With the model's file and this machine, as far as they are of interest."""
        manifest = self._manifest(wanted.model)
        if manifest is not None:
            wanted = replace(wanted, version=manifest.version, model_sha256=model_fingerprint(Path(manifest.file)))
        if wanted.device.cores is None:
            return wanted
        self._here = self._here or fingerprint(Placement.IN_PROCESS)
        return replace(wanted, environment=self._here)

    def _manifest(self, model: str) -> Manifest | None:
        """Of a model that is here or can be pulled; None of one that is only known by given profiles."""
        if model not in self._manifests:
            try:
                self._manifests[model] = find_manifest(model, self.say)
            except (NotFoundError, UnavailableError, UnsupportedError):
                if not self._is_given(model):
                    raise
                self._manifests[model] = None
        return self._manifests[model]

    def _is_given(self, model: str) -> bool:
        known = (*self.named.values(), *self.given.values(), *home_profiles().all())
        return any(profile.profiled.model == model for profile in known)


def _lasting() -> list[Profile]:
    """Profiles of the home folder; a refreshed one is of its moment, and is taken where it is named only."""
    return [one for one in home_profiles().all() if not one.refreshed_from]


_GIVE = "profile it, or give a profile: docs/profiles.md tells how to write one"
_LEAVE = "leave out its --profile, or plan for the model and the device that it is of"


def opened_profiles(sources: Sources, say: Say) -> HomeProfiles:
    """The source with everything that was named read in.

    Raises:
        NotFoundError: a file or an id is not there.
        InvalidError: one is no profile.
    """
    named = [_named(name) for name in sources.named]
    given = [read_file(file) for file in sources.files]
    return HomeProfiles(sources, say, {one.id: one for one in named}, {one.id: one for one in given})


def _named(name: str) -> Profile:
    path = Path(name)
    return read_file(path) if path.suffix or path.exists() else home_profiles().get(name)
