"""Profiles for plans of a rate: what a request takes besides its image is measured once, and kept with the profile.

profile without its requests -> a server of its own on its device -> a client alone on another core -> Profile, kept
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.processes.precise_loop import precise_loop
from vedette.adapters.targets.image import ImageTarget
from vedette.clock import Clock, SystemClock
from vedette.errors import ExhaustedError, UnavailableError, VedetteError
from vedette.flows.planning.known import ProfileSource
from vedette.flows.planning.request_cost import after_idle, request_cost
from vedette.flows.planning.verify_rate import WARM_UP
from vedette.rules.capacity.matching import Match, Wanted
from vedette.rules.capacity.placement import place
from vedette.values.profile import Origin, Profile
from vedette.wiring.devices import system_sandboxes
from vedette.wiring.plan_apply import lone_configuration
from vedette.wiring.profile_images import image_files
from vedette.wiring.profiles import home_profiles
from vedette.wiring.replica_servers import Confined, RunningServer, away_from, first_answers, running_servers, usable

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServedProfiles:
    """Implements `ProfileSource`: those of another source, with what their requests take.

    Attributes:
        source: of profiles.
        images_from: folder of the user's images; None: crops of the shipped photos.
        say: told what takes long, and what could not be measured.
    """

    source: ProfileSource
    images_from: Path | None
    say: Say

    def best(self, wanted: Wanted) -> Match:
        """See `ProfileSource.best`."""
        match = self.source.best(wanted)
        return match if match.profile is None else replace(match, profile=self._served(match.profile, wanted))

    def measure(self, wanted: Wanted) -> Profile:
        """See `ProfileSource.measure`."""
        return self._served(self.source.measure(wanted), wanted)

    def _served(self, profile: Profile, wanted: Wanted) -> Profile:
        """The profile with its requests; as it is where they are known, cannot be measured here, or images are cut."""
        device = profile.profiled.device
        if profile.request_s is not None and profile.after_idle:
            return profile
        if profile.origin is not Origin.MEASURED or device.cores is None or wanted.tiling is not None:
            return profile
        self.say(f"measuring what a request to {profile.profiled.model} on {device.name} takes besides its image")
        try:
            profile = measured_request(profile, wanted, self.images_from)
        except VedetteError as error:
            self.say(f"note: it could not be measured: {error.message}")
            return profile
        try:
            home_profiles().put(profile)
        except (ExhaustedError, UnavailableError) as error:  # the plan is worth having all the same
            self.say(f"note: it is measured again for the next plan: {error.message}")
        return profile


def measured_request(profile: Profile, wanted: Wanted, images_from: Path | None = None) -> Profile:
    """The profile with what a request takes to a server with what was profiled, on its device; takes some seconds.

    Raises:
        UnsupportedError: the device does not fit on the cores of this machine.
        UnavailableError: the server gives no answer.
    """
    clock, device, size = SystemClock(), profile.profiled.device, wanted.size
    confined = Confined(device, place([device.cores or 1.0], usable()))
    names = () if images_from is None else (str(images_from),)
    with (
        image_files(names, () if size is None else (size,), 0) as files,
        running_servers(
            profile.profiled.model,
            lambda ports: [lone_configuration(profile, one) for one in ports],
            {profile.id: profile},
            confined,
            system_sandboxes(clock),
        ) as started,
        away_from(confined.bound),
        asyncio.Runner(loop_factory=precise_loop) as runner,
    ):
        images = [Path(file).read_bytes() for file in files[size]]
        return runner.run(_asked(profile, started, images, clock))


async def _asked(profile: Profile, started: Sequence[RunningServer], images: Sequence[bytes], clock: Clock) -> Profile:
    await first_answers(started, images, clock)
    target = ImageTarget(started[0].target)
    try:
        await target.open(images)
        for number in range(WARM_UP):
            await target.send(number % len(images))
        cost = await request_cost(target, images, clock)
        return replace(profile, request_s=cost.besides_s, after_idle=await after_idle(target, images, clock))
    finally:
        await target.close()
