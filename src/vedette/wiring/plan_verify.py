"""`vedette plan verify`: a plan is carried out on this machine, and what came of it is kept.

Plan -> profiles of its devices, images, cores -> Duty each -> flows/planning/verify -> Verification, stored -> Pair
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vedette.adapters.probes.fingerprint import fingerprint
from vedette.clock import SystemClock
from vedette.errors import InvalidError, UnsupportedError
from vedette.flows.bench.device import DeviceOrder, Devices
from vedette.flows.planning.verify import Duty, Verifier
from vedette.flows.planning.verify_turns import TurnsVerifier
from vedette.rules.capacity.calibration import calibrations
from vedette.rules.capacity.column import column, why_no_size
from vedette.rules.capacity.matching import Wanted, refusals
from vedette.rules.capacity.placement import place
from vedette.values.calibration import Calibration, Pair
from vedette.values.demand import PlanKind
from vedette.values.environment import Environment
from vedette.values.plan import Assignment, Plan
from vedette.values.profile import Profile
from vedette.values.trial import Placement
from vedette.values.verification import Verification
from vedette.wiring.carried import Carried, share_of
from vedette.wiring.devices import ProcessDevices
from vedette.wiring.plan_models import model_files
from vedette.wiring.plan_store import home_calibration, home_plans, keep_verification, profiles_of
from vedette.wiring.profile_images import image_files

__all__ = ["Carried", "calibrated", "devices_here", "duties_of", "open_plan", "verify_plan"]

Say = Callable[[str], None]


def open_plan(name: str) -> Plan:
    """The stored plan of an id, the start of one, `last`, or a file.

    Raises:
        NotFoundError: no plan, or several, have that name.
        InvalidError: its file is damaged.
    """
    return home_plans().get(name)


def verify_plan(
    plan: Plan,
    images_from: Path | None,
    say: Say,
    how: Carried | None = None,
    given: Mapping[str, Profile] | None = None,
) -> Verification:
    """Carry a plan out here, keep what came of it, and add it to the calibration.

    Args:
        plan: to be carried out.
        images_from: folder of the user's images; None: those that profiles are measured with.
        say: told what is being done.
        how: everything else.
        given: profiles by id that are not kept.

    Raises:
        UsageError: the plan assigns nothing: there is nothing to carry out.
        UnsupportedError: its devices are not of this machine, or do not fit on its cores.
        NotFoundError: a profile, or the model, is not there any more.
    """
    how = replace(how or Carried(), images_from=images_from)
    profiles = profiles_of(plan, given or {})
    files = model_files(plan, profiles, say)
    environment = fingerprint(Placement.IN_PROCESS)
    if plan.replicas is not None:
        from vedette.wiring.plan_rate import verify_rate

        found = verify_rate(plan, profiles, how, say)
    else:
        found = _carried_out(plan, profiles, environment, how, say)
    doubts = tuple(dict.fromkeys(_doubts(plan, profiles, environment, files)))
    found = replace(found, environment=environment, notes=(*found.notes, *doubts))
    return keep_verification(plan, found)


def calibrated(promise: float) -> tuple[tuple[Pair, ...], tuple[Calibration, ...], tuple[str, ...]]:
    """Every pair that was kept, how predictions came out in groups, and lines that cannot be used.

    Raises:
        UnavailableError: the file cannot be read.
    """
    pairs, problems = home_calibration().read()
    return pairs, calibrations(pairs, promise), problems


def devices_here(say: Say) -> Devices:
    """Processes of this machine as devices."""
    return ProcessDevices(say)


def _carried_out(
    plan: Plan, profiles: Mapping[str, Profile], environment: Environment, how: Carried, say: Say
) -> Verification:
    devices, size = devices_here(say), plan.demand.size
    with image_files(how.names, () if size is None else (size,), how.seed) as images:
        duties = duties_of(plan, profiles, images[size], devices.free_cores())
        verifier = (TurnsVerifier if plan.demand.kind is PlanKind.BESIDE else Verifier)(devices, SystemClock(), say)
        return asyncio.run(verifier.verify(plan, duties, environment, probe=how.probe))


def duties_of(
    plan: Plan, profiles: Mapping[str, Profile], images: Sequence[str], cores: Sequence[int]
) -> tuple[Duty, ...]:
    """What each device is to do. Each begins where the one before it ends, so that every image has its turn.

    Devices that only stand by, for those that may be lost, are not started.

    Raises:
        UnsupportedError: a device is not of this machine, or they do not fit on the cores.
        InvalidError: a profile cannot tell at the size of the images.
    """
    working = [one for one in plan.assignments if one.images]
    bound = _bound(plan, working, cores)
    duties, first = [], 0
    for one, own in zip(working, bound, strict=True):
        profiled = profiles[one.profile].profiled
        turn = first % len(images)
        mine = (*images[turn:], *images[:turn])
        order = DeviceOrder(one.device, own, one.model, profiled.version, profiled.execution, mine, plan.demand.tiling)
        duties.append(Duty(one, order, _later_s(plan, one, profiles[one.profile])))
        first += one.images
    return tuple(duties)


def _bound(plan: Plan, working: Sequence[Assignment], cores: Sequence[int]) -> Sequence[tuple[int, ...]]:
    """The cores of each; models that take turns have the same ones."""
    if plan.demand.kind is PlanKind.BESIDE:
        return place([share_of(working[0].device)], cores) * len(working)
    _demand_one_each(working)
    return place([share_of(one.device) for one in working], cores)


def _demand_one_each(working: Sequence[Assignment]) -> None:
    names = [(one.device.name, one.number) for one in working]
    shared = next((name for name in names if names.count(name) > 1), None)
    if shared is not None:
        raise UnsupportedError(
            f"the plan has several models side by side on {shared[0]} {shared[1]}, which is not carried out here",
            help="verify a plan for each of the models",
        )


def _later_s(plan: Plan, assignment: Assignment, profile: Profile) -> float | None:
    """L(mbs) as profiled.

    Raises:
        InvalidError: the profile cannot tell at the size of the images.
    """
    if reason := why_no_size(profile, plan.demand.size):
        raise InvalidError(f"profile {profile.id}: {reason}", help="profile again at that size, and plan again")
    later = column(profile, plan.demand.size).latency.at(assignment.batch)
    return None if later is None else later.mean


def _doubts(
    plan: Plan, profiles: Mapping[str, Profile], environment: Environment, files: Mapping[str, str]
) -> list[str]:
    """What has changed since the profiles were measured, in words."""
    used = [(one.profile, one.model, one.device) for one in plan.assignments]
    if plan.replicas is not None:
        used.append((plan.replicas.profile, plan.replicas.model, plan.replicas.device))
    return [
        f"profile {name}: {reason}"
        for name, model, device in used
        for reason in refusals(
            profiles[name],
            Wanted(
                model,
                device,
                model_sha256=files.get(name, ""),
                size=plan.demand.size,
                tiling=plan.demand.tiling,
                environment=environment,
            ),
        )
    ]
