"""Which profile a demand may rest on, and why the others may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.made_profiles import HERE, KIND, made_point, made_profile, profile_of
from vedette.rules.capacity.matching import Wanted, best_profile, refusals
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Size
from vedette.values.profile import Origin, Profile
from vedette.values.tiling import Fill, Tiling

WANTED = Wanted("lite0", KIND, "1", "ab" * 32, environment=HERE, busy_neighbours=0)
PROFILE = made_profile({1: 10.0, 2: 20.0}, peak_mb=200.0)


def host(**changed: Any) -> Any:
    """This machine with something changed."""
    return replace(HERE, host=replace(HERE.host, **changed))


def test_a_profile_of_the_same_fits() -> None:
    """Also one of a device with the same cores and another name or price."""
    assert refusals(PROFILE, WANTED) == ()
    assert refusals(PROFILE, replace(WANTED, device=DeviceKind("edge box", 1.0, price_per_hour=0.1))) == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"model": "lite1"}, "it is of lite0, not of lite1"),
        ({"version": "2"}, "version 2 is asked for: profile it again: vedette profile lite0"),
        ({"model_sha256": "cd" * 32}, "has changed since: sha256 abababababab then, cdcdcdcdcdcd now"),
        ({"device": DeviceKind("cpu:0.5", 0.5)}, "it is of a device with 1 cores (cpu:1), not with 0.5 (cpu:0.5)"),
        ({"device": DeviceKind("gpu", None)}, "it is of the device cpu:1, not of gpu"),
        ({"device": DeviceKind("cpu:1", 1.0, 150_000_000)}, "its smallest mini-batch took 200 MB, cpu:1 has 150 MB"),
        ({"tiling": Tiling(Size(320, 320), 32, Fill.OVERVIEW)}, "asked for are images cut into tiles of 320x320"),
        ({"size": Size(640, 480)}, "it is of images as they come, not of images of 640x480"),
        ({"execution": Execution(RuntimeName.ONNXRUNTIME)}, "it was run on openvino bf16 on cpu, 1 x 1 threads"),
        ({"environment": replace(HERE, machine="another")}, "it is of another machine, 0123456789abcdef (a processor)"),
        ({"environment": host(quota_cores=2.0)}, "the CPU quota was none, it is 2 cores now"),
        ({"environment": host(allowed_cores=2)}, "4 cores were allowed, 2 are now"),
        ({"environment": host(memory_bytes=4_000_000_000)}, "the machine had 8.0 GB of memory, it has 4.0 GB now"),
        ({"environment": replace(HERE, versions=(("openvino", "2027.0"),))}, "openvino was 2026.1, it is 2027.0 now"),
        ({"environment": replace(HERE, versions=())}, "openvino was 2026.1, it is not there now"),
    ],
)  # fmt: skip
def test_every_difference_is_a_reason(changed: dict[str, Any], told: str) -> None:
    """In words with both sides."""
    (reason,) = refusals(PROFILE, replace(WANTED, **changed))

    assert told in reason


@pytest.mark.parametrize(
    "changed",
    [
        {"version": ""},
        {"model_sha256": ""},
        {"environment": None},
        {"environment": host(memory_bytes=8_010_000_000)},
        {"environment": replace(HERE, versions=(("openvino", "2026.1"), ("onnxruntime", "1.99")))},
        {"busy_neighbours": None},
        {"device": DeviceKind("cpu:1", 1.0, 250_000_000)},
        {"execution": PROFILE.profiled.execution},
    ],
)
def test_what_does_not_decide_the_times_is_no_reason(changed: dict[str, Any]) -> None:
    """Not told, another runtime's version, the kernel's share of the memory, any neighbours, a memory that suffices."""
    assert refusals(PROFILE, replace(WANTED, **changed)) == ()


def test_another_frequency_governor_is_a_reason_where_both_tell_it() -> None:
    """Most virtual machines do not."""
    here = replace(HERE, governor="performance")
    profile = replace(PROFILE, environment=replace(HERE, governor="powersave"))

    assert refusals(profile, replace(WANTED, environment=here)) == (
        "the frequency governor was powersave, it is performance now",
    )
    assert refusals(PROFILE, replace(WANTED, environment=here)) == ()


def test_a_given_profile_fits_by_name_on_any_machine() -> None:
    """It has no environment, and its device is none of this machine."""
    device = DeviceKind("small-board", None)
    profile = profile_of(made_point(1, 10.0), device=device, origin=Origin.GIVEN)

    assert refusals(profile, replace(WANTED, device=replace(device, price_per_hour=1.0))) == ()


def of(name: str, created: str = "2026-01-02T03:04:05+00:00", neighbours: int = 0) -> Profile:
    return profile_of(made_point(1, 10.0), name=name, created=created, neighbours=neighbours)


def test_the_newest_that_fits_is_taken() -> None:
    """By the instant, whatever its zone; what has no time is the oldest."""
    new = of("new", "2026-03-01T00:30:00+01:00")
    profiles = [of("none", ""), of("old"), new, of("before", "2026-02-28T23:00:00+00:00"), of("junk", "yesterday")]

    assert best_profile(profiles, WANTED).profile is new


def test_as_many_busy_neighbours_are_preferred_and_more_are_told() -> None:
    """Then the nearest number of them; fewer are refused even where nothing else is there."""
    alone, one, three = of("alone", "2026-03-01T00:00:00+00:00"), of("one", neighbours=1), of("three", neighbours=3)

    assert best_profile([alone, one, three], replace(WANTED, busy_neighbours=1)).profile is one
    match = best_profile([alone, three], replace(WANTED, busy_neighbours=2))
    assert match.profile is three
    assert match.warnings == (
        (
            "profile three was measured with 3 busy devices beside it, the plan has 2: "
            "for a closer one run vedette profile lite0 --device cpu:1 --neighbours 2"
        ),
    )


def test_a_profile_with_fewer_busy_neighbours_than_the_plan_is_refused() -> None:
    """Its times are too short for the plan; a given one is not asked, and a plan for whatever it was takes it."""
    alone = of("alone")
    match = best_profile([alone], replace(WANTED, busy_neighbours=2))

    assert match.profile is None
    assert match.refused[0].reasons == (
        (
            "it was measured with 0 busy devices beside it, the plan has 2: "
            "profile it again: vedette profile lite0 --device cpu:1 --neighbours 2"
        ),
    )
    assert match.help == "profile it: vedette profile lite0 --device cpu:1 --neighbours 2"
    assert best_profile([alone], replace(WANTED, busy_neighbours=None)).profile is alone
    given = profile_of(made_point(1, 10.0), name="given", origin=Origin.GIVEN)
    assert best_profile([given], replace(WANTED, busy_neighbours=2)).profile is given


def test_a_measured_profile_is_preferred_to_a_given_one() -> None:
    """Even if that is newer."""
    measured = of("measured")
    given = profile_of(made_point(1, 10.0), name="given", origin=Origin.GIVEN, created="2027-01-01T00:00:00+00:00")

    assert best_profile([given, measured], WANTED).profile is measured


def test_a_profile_that_was_broken_off_comes_after_whole_ones() -> None:
    """Even if these are older; where there is no other it is taken, and before a given one."""
    whole, part = of("whole"), replace(of("part", "2027-01-01T00:00:00+00:00"), broken_off="broken off: ...")
    given = profile_of(made_point(1, 10.0), name="given", origin=Origin.GIVEN)

    assert best_profile([whole, part], WANTED).profile is whole
    assert best_profile([given, part], WANTED).profile is part


def test_where_none_fits_every_reason_is_told_with_the_command_that_helps() -> None:
    """Profiles of other models are not listed."""
    wanted = replace(WANTED, version="2", size=Size(640, 480), tiling=Tiling(Size(320, 320), 32), busy_neighbours=1)
    match = best_profile([PROFILE, made_profile({1: 1.0})], replace(wanted, model="lite1"))

    assert match.profile is None
    assert match.refused == ()
    match = best_profile([PROFILE], wanted)
    assert [len(one.reasons) for one in match.refused] == [4]
    assert match.help == (
        "profile it: vedette profile lite0 --device cpu:1 --size 640x480 --tile 320x320 --tile-overlap 32 "
        "--neighbours 1"
    )
