"""What a request takes, measured for a profile and kept with it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from carried_plans import CHEAPER, ready
from profiled_models import given_profile

from vedette.adapters.probes.fingerprint import fingerprint
from vedette.flows.bench.sandbox import Confinement
from vedette.flows.planning.request_cost import PAUSES_S
from vedette.rules.capacity.matching import Match, Wanted
from vedette.values.device import DeviceKind
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import AfterIdle, Origin, Profile
from vedette.values.tiling import Tiling
from vedette.values.trial import Placement
from vedette.wiring.plan_apply import lone_configuration
from vedette.wiring.plan_requests import ServedProfiles
from vedette.wiring.profiles import home_profiles
from vedette.wiring.replica_servers import Confined, away_from, running_servers, usable

pytestmark = pytest.mark.alone

KIND = DeviceKind("cpu:1", 1.0)
WANTED = Wanted("colour", KIND, size=Size(64, 64))


class Kept:
    """A source with one profile; implements `ProfileSource`."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def best(self, wanted: Wanted) -> Match:
        assert wanted.model == "colour"
        return Match(self.profile)

    def measure(self, wanted: Wanted) -> Profile:
        assert wanted.model == "colour"
        return self.profile


def measured(**changes: object) -> Profile:
    profile = given_profile(CHEAPER)
    return replace(
        profile,
        profiled=replace(profile.profiled, device=KIND),
        origin=Origin.MEASURED,
        environment=fingerprint(Placement.IN_PROCESS),
        **changes,  # type: ignore[arg-type]
    )


def test_request_is_measured_with_a_real_server_and_kept(home: Path) -> None:
    """The next plan finds it in the profile's file, and starts no server."""
    ready(home)
    said: list[str] = []

    found = ServedProfiles(Kept(measured()), None, said.append).measure(WANTED)
    again = ServedProfiles(Kept(home_profiles().get("p-1")), None, said.append).best(WANTED)

    assert found.request_s is not None
    assert 1e-5 < found.request_s.mean < 5
    assert found.request_s.count >= 100
    assert [one.idle_s for one in found.after_idle] == list(PAUSES_S)
    assert found.points == measured().points
    assert home_profiles().get("p-1") == found
    assert again.profile == found
    assert len(said) == 1


@pytest.mark.parametrize(
    ("profile", "wanted"),
    [
        (measured(request_s=Moment(0.001), after_idle=(AfterIdle(0.1, 1.2),)), WANTED),
        (given_profile(CHEAPER), WANTED),
        (measured(), replace(WANTED, tiling=Tiling(Size(32, 32)))),
    ],
)
def test_nothing_is_measured_where_it_is_known_or_cannot_be(profile: Profile, wanted: Wanted) -> None:
    """It was measured already; the profile was given, of a device elsewhere; images are cut into tiles."""
    said: list[str] = []

    assert ServedProfiles(Kept(profile), None, said.append).measure(wanted) is profile
    assert said == []


class Unbound:
    """Implements `Sandboxes` and `Sandbox`: neither limits nor the binding to cores are enforced."""

    prefix: tuple[str, ...] = ()
    not_enforced: tuple[str, ...] = ("no limits",)
    memory_bytes = None

    def enforce(self, confinement: Confinement) -> Unbound:
        assert confinement.cores
        return self

    def bind(self, pid: int) -> tuple[str, ...]:
        assert pid > 0
        return ("no cores",)

    def out_of_memory(self) -> bool:
        return False

    async def close(self) -> None:
        """Nothing to close."""


def test_what_of_a_server_cannot_be_enforced_is_told(home: Path) -> None:
    """Limits, and the binding to cores that is tried once it runs."""
    ready(home)
    profile = measured()
    confined = Confined(KIND, [tuple(usable()[:1])])

    with running_servers(
        "colour", lambda ports: [lone_configuration(profile, one) for one in ports], {}, confined, Unbound()
    ) as started:
        told = [one.not_enforced for one in started]

    assert told == [("no limits", "no cores")]


def test_request_that_cannot_be_kept_is_told_and_used(home: Path) -> None:
    """The folder of profiles is a file here: the plan is worth having all the same."""
    ready(home)
    shutil.rmtree(home / "profiles")
    (home / "profiles").write_text("no folder")
    said: list[str] = []

    found = ServedProfiles(Kept(measured()), None, said.append).measure(WANTED)

    assert found.request_s is not None
    assert said[-1].startswith("note: it is measured again for the next plan: ")


def test_server_that_does_not_start_leaves_the_profile_as_it_is(home: Path) -> None:
    """The plan is made without it, and the reader is told why."""
    ready(home)
    (home / "colour" / "1" / "model.onnx").unlink()
    said: list[str] = []
    profile = measured()

    assert ServedProfiles(Kept(profile), None, said.append).measure(WANTED) is profile
    assert said[-1].startswith("note: it could not be measured: ")


def test_generator_keeps_off_the_cores_of_servers() -> None:
    """As long as others are left; afterwards it may use all again."""
    cores = usable()

    with away_from([(core,) for core in cores[:-1]]) as apart:
        inside = usable()
    with away_from([tuple(cores)]) as alone:
        everywhere = usable()

    assert (apart, inside) == (True, cores[-1:])
    assert (alone, everywhere) == (False, cores)
    assert usable() == cores
