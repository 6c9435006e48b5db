"""`vedette plan --refresh`: how quick the devices of this machine are now, and profiles that know it.

looks -> cores -> processes of this machine at work at once -> L now    Profile, ratio -> refreshed Profile, kept
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.store.profiles import new_profile_id
from vedette.clock import SystemClock
from vedette.flows.bench.device import DeviceOrder
from vedette.flows.planning.known import ProfileSource
from vedette.flows.planning.probe import Probed, later_now_s
from vedette.flows.planning.refresh import Look, RefreshedProfiles
from vedette.rules.capacity.placement import place
from vedette.rules.capacity.refreshed import Present, refreshed
from vedette.values.demand import Demand
from vedette.values.profile import Profile
from vedette.wiring.devices import ProcessDevices
from vedette.wiring.profile_images import image_files
from vedette.wiring.profiles import home_profiles

Say = Callable[[str], None]


def refreshed_profiles(
    source: ProfileSource, demand: Demand, cores: int, seconds: float, images_from: Path | None, say: Say
) -> RefreshedProfiles:
    """Profiles of a source at the speed that this machine has now.

    Args:
        source: of profiles.
        demand: whose fleet is looked at.
        cores: of the machine.
        seconds: how long, for each model.
        images_from: folder of the user's images; None: crops of the shipped photos.
        say: told what takes long.
    """
    gauge = _Gauge(seconds, () if images_from is None else (str(images_from),), say)
    return RefreshedProfiles(
        source, demand, cores, seconds, gauge, lambda profile, ratio: _kept(profile, ratio, seconds)
    )


@dataclass(frozen=True, slots=True)
class _Gauge:
    """Implements `Gauge` with processes of this machine."""

    seconds: float
    names: tuple[str, ...]
    say: Say

    def __call__(self, looks: Sequence[Look]) -> Sequence[float | None]:
        """See `Gauge`."""
        devices, size = ProcessDevices(self.say), looks[0].wanted.size
        bound = place([look.wanted.device.cores or 0.0 for look in looks], devices.free_cores())
        count = f"{len(looks)} device{'s'[: len(looks) > 1]}"
        self.say(f"looking for {self.seconds:g} s how quick {looks[0].wanted.model} is now on {count}")
        with image_files(self.names, () if size is None else (size,), 0) as images:
            probed = [_probed(*pair, images[size]) for pair in zip(looks, bound, strict=True)]
            return asyncio.run(later_now_s(devices, probed, SystemClock(), self.seconds))


def _probed(look: Look, cores: tuple[int, ...], images: Sequence[str]) -> Probed:
    of, wanted = look.profile.profiled, look.wanted
    order = DeviceOrder(wanted.device, cores, of.model, of.version, of.execution, tuple(images), wanted.tiling)
    return Probed(order, look.batch, look.later_s)


def _kept(profile: Profile, ratio: float, seconds: float) -> Profile:
    now = SystemClock().wall()
    source = f"vedette plan --refresh {seconds:g}s, of profile {profile.refreshed_from or profile.id}"
    present = Present(new_profile_id(now, profile.profiled), now.isoformat(timespec="seconds"), ratio, source)
    made = refreshed(profile, present)
    home_profiles().put(made)
    return made
